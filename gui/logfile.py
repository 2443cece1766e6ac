"""The log on disk, and the report that a user can copy from it: versions, what was asked, the last lines."""

import contextlib
import faulthandler
import importlib.metadata
import logging
import logging.handlers
import platform
import sys
import threading
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import qVersion

from gui.state import State

__all__ = ["LOG_NAME", "catch_crashes", "last_lines", "log_folder", "report_text", "start_log"]

LOG_NAME = "sinscope.log"
CRASH_NAME = "crash.log"
_BYTES, _KEPT = 1_000_000, 3
_OURS = ("gui", "engine", "sinscope")
_LIBRARIES = (
    "torch",
    "torchvision",
    "timm",
    "openvino",
    "numpy",
    "pillow",
    "scikit-learn",
    "PySide6-Essentials",
    "pyqtgraph",
)

log = logging.getLogger(__name__)


class _QuietHandler(logging.handlers.RotatingFileHandler):
    """A log that is given up where it cannot be written: a full disk must not disturb the window."""

    def handleError(self, _record: logging.LogRecord) -> None:
        """Nothing: there is nobody to tell."""


def log_folder() -> Path:
    """The folder for logs that the system has for us."""
    return platformdirs.user_log_path("sinscope", appauthor=False)


def start_log(folder: Path | None = None) -> Path | None:
    """Keep a log in a file that starts anew at 1 MB; three former ones stay.

    Ours from INFO on, the libraries' from WARNING on.

    Parameters
    ----------
    folder : Path, optional
        ``log_folder()`` if ``None``.

    Returns
    -------
    Path or None
        The file; ``None`` where none can be written.
    """
    path = (folder or log_folder()) / LOG_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _QuietHandler(path, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8", errors="replace")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_wanted)
    root = logging.getLogger()
    stop_log()
    root.addHandler(handler)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    return path


def stop_log() -> None:
    """Close the log's file."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _QuietHandler)]:
        root.removeHandler(handler)
        handler.close()


def catch_crashes(folder: Path | None = None) -> None:
    """Write what nobody caught into the log, and a crash of the interpreter into a file beside it."""

    def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("nobody caught this", exc_info=(kind, error, trace))

    def caught_in_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            caught(found.exc_type, found.exc_value, found.exc_traceback)

    sys.excepthook = caught
    threading.excepthook = caught_in_thread
    with contextlib.suppress(OSError):
        # Open for as long as the process lives: it is written to when nothing else works.
        faulthandler.enable(((folder or log_folder()) / CRASH_NAME).open("a", encoding="utf-8"))


def last_lines(path: Path | None, count: int = 200) -> list[str]:
    """The end of the log; nothing where there is none."""
    if path is None:
        return []
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 400 * count))
            return file.read().decode("utf-8", "replace").splitlines()[-count:]
    except OSError:
        return []


def report_text(state: State, lines: list[str]) -> str:
    """What to send with a report of a fault; it leaves the machine only by the user's own hand.

    Parameters
    ----------
    state : State
    lines : list of str
        Lines of a log.
    """
    from engine.cli.version import version  # reads a file

    verdict, problem = state.verdict, state.problem
    facts = [
        f"SINscope {version()}",
        f"Python {platform.python_version()} on {platform.platform()}, Qt {qVersion()}",
        ", ".join(f"{name} {_installed(name)}" for name in _LIBRARIES),
        f"Phase: {state.phase.value}, stage: {state.stage}",
        f"Asked: {state.document}",
        f"Verdict: {verdict.word}: {verdict.reason}" if verdict else "Verdict: none",
    ]
    if problem is not None:
        facts.append(f"Problem: {problem.sentence}\n{problem.details}".rstrip())
    return "\n".join([*facts, "", "Log:", *lines]) + "\n"


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "-"


def _is_wanted(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS
