"""What nobody caught, told in the window: after the log has it, the user hears of it too."""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, qInstallMessageHandler

__all__ = ["Alarm"]

log = logging.getLogger(__name__)
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Alarm(QObject):
    """Writes what nobody caught to the log and tells the window, until it is taken down.

    Parameters
    ----------
    tell : callable
        A bound slot of a widget; given the traceback, in the window's thread, whatever thread it came from.
    """

    _rung = Signal(str)

    def __init__(self, tell: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rung.connect(tell, Qt.ConnectionType.QueuedConnection)
        self._before = sys.excepthook, threading.excepthook
        self._hooks = self._caught, self._caught_in_thread
        sys.excepthook, threading.excepthook = self._hooks
        qInstallMessageHandler(_heard)

    def take_down(self) -> None:
        """Give the hooks back."""
        if (sys.excepthook, threading.excepthook) == self._hooks:
            sys.excepthook, threading.excepthook = self._before
        qInstallMessageHandler(None)

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        log.critical("nobody caught this\n%s", text)
        self._rung.emit(text)

    def _caught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            self._caught(args.exc_type, args.exc_value, args.exc_traceback)


def _heard(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Qt's own complaints belong in the log, not in a terminal."""
    log.log(_LEVELS.get(kind, logging.INFO), "Qt: %s", text)
