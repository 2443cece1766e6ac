"""The log of this run: kept in memory for reports, written to a file with crashes and Qt's own complaints."""

import faulthandler
import logging
import platform
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, Slot, qInstallMessageHandler, qVersion

from engine.cli.version import version
from gui.state import State

__all__ = ["Journal", "log_folder", "watch_for_crashes"]

log = logging.getLogger("sinscope")
_LINES = 400
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_folder() -> Path | None:
    """The user's folder for logs, made if need be; ``None`` where nothing can be written."""
    folder = user_log_path("sinscope", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


class Journal(QObject):
    """What happened in this window, line by line, and the text of a bug report.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.lines: deque[str] = deque(maxlen=_LINES)
        state.logged.connect(self._note)

    @Slot(str)
    def _note(self, line: str) -> None:
        self.lines.append(f"{datetime.now():%H:%M:%S}  {line}")
        log.info("%s", line)

    def report(self) -> str:
        """Versions, machine, settings and the last lines, for the clipboard."""
        snapshot = self._state.snapshot
        model = f"{snapshot.model.name}, layer {snapshot.layer}, {snapshot.backend}" if snapshot else "none yet"
        document = self._state.document
        settings = "\n".join(f"  {name}: {value}" for name, value in document.settings.as_dict().items())
        return "\n".join(
            [
                f"SINscope {version()}",
                f"Python {platform.python_version()}, Qt {qVersion()}, PySide6 {pyside_version}",
                f"{platform.platform()}, {platform.machine()}",
                f"Model: {model}",
                f"Phase: {self._state.phase.value}",
                f"Photo: {Path(document.image).name if document.image else 'none'}",
                f"Patch: {Path(document.patch).name if document.patch else 'none'}, "
                f"{'on' if document.patch_on else 'off'}, {document.placement}",
                "Settings:",
                settings,
                "Log:",
                *(f"  {line}" for line in self.lines),
            ]
        )


class _Bell(QObject):
    """Carries a crash from whatever thread it happened in to the window."""

    rung = Signal(str)


def watch_for_crashes(tell: Callable[[str], None], folder: Path | None) -> Callable[[], None]:
    """Write unhandled exceptions to ``crash.log`` and tell the window; undone by calling what is returned.

    Parameters
    ----------
    tell : callable
        A bound slot of the window; given the traceback, in the window's thread.
    folder : Path, optional
        Where ``sinscope.log`` and ``crash.log`` are written; nowhere if ``None``.
    """
    handlers, crash_file = _open_logs(folder)
    bell = _Bell()
    bell.rung.connect(tell)
    before = sys.excepthook, threading.excepthook

    def caught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        log.critical("%s", text)
        if crash_file is not None:
            crash_file.write(f"{datetime.now().isoformat(timespec='seconds')} SINscope {version()}\n{text}\n")
            crash_file.flush()
        else:
            sys.__excepthook__(kind, error, trace)
        bell.rung.emit(text)

    def caught_in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            caught(args.exc_type, args.exc_value, args.exc_traceback)

    def heard(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        log.log(_LEVELS.get(kind, logging.INFO), "Qt: %s", text)

    sys.excepthook, threading.excepthook = caught, caught_in_thread
    qInstallMessageHandler(heard)
    if crash_file is not None:
        faulthandler.enable(crash_file)

    def undo() -> None:
        sys.excepthook, threading.excepthook = before
        qInstallMessageHandler(None)
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        if crash_file is not None:
            faulthandler.disable()
            crash_file.close()

    return undo


def _open_logs(folder: Path | None):  # type: ignore[no-untyped-def]
    if folder is None:
        return [], None
    try:
        handler = RotatingFileHandler(folder / "sinscope.log", maxBytes=2**20, backupCount=1, encoding="utf-8")
        crash_file = (folder / "crash.log").open("a", encoding="utf-8")
    except OSError:
        return [], None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    log.setLevel(logging.INFO)
    return [handler], crash_file
