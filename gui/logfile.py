"""The log on disk: what happened, what Qt complained of, and where the interpreter crashed."""

import faulthandler
import logging
import logging.handlers
from pathlib import Path
from typing import IO

import platformdirs

__all__ = ["LogFile", "log_folder"]

LOG_NAME, CRASH_NAME = "sinscope.log", "crash.log"
_BYTES, _KEPT = 1_000_000, 3
_OURS = ("gui", "engine")


class _QuietHandler(logging.handlers.RotatingFileHandler):
    """A log that is given up where it cannot be written: a full disk must not disturb the window."""

    def handleError(self, _record: logging.LogRecord) -> None:
        """Nothing: there is nobody to tell."""


def log_folder() -> Path:
    """The folder for logs that the system has for us."""
    return platformdirs.user_log_path("sinscope", appauthor=False)


class LogFile:
    """A file that starts anew at 1 MB, three former ones kept; ours from INFO on, libraries from WARNING on.

    Parameters
    ----------
    folder : Path, optional
        ``log_folder()`` if ``None``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or log_folder()
        self.path: Path | None = None
        self._handler: _QuietHandler | None = None
        self._crashes: IO[str] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handler = _QuietHandler(
                folder / LOG_NAME, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8", errors="replace"
            )
            # Open for as long as the log is: it is written to when nothing else works.
            self._crashes = (folder / CRASH_NAME).open("a", encoding="utf-8")
        except OSError:
            return
        self.path = folder / LOG_NAME
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self._handler.addFilter(_is_wanted)
        logging.getLogger().addHandler(self._handler)
        for name in _OURS:
            logging.getLogger(name).setLevel(logging.INFO)
        faulthandler.enable(self._crashes)

    def close(self) -> None:
        """Write what is left and let the files go."""
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
        if self._crashes is not None:
            faulthandler.disable()
            self._crashes.close()


def _is_wanted(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS
