"""Ctrl-C in the terminal that a window was started from."""

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

__all__ = ["Interrupt"]


class Interrupt(QObject):
    """Tells of Ctrl-C at once, until it is taken down; Qt's loop alone would not hear of it before the next event.

    Signals
    -------
    came
        Somebody pressed Ctrl-C.
    """

    came = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.has_come = False
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._near.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._before = signal.signal(signal.SIGINT, _nothing)
        self._fd_before = signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)

    def take_down(self) -> None:
        """Give the signal back."""
        signal.set_wakeup_fd(self._fd_before)
        signal.signal(signal.SIGINT, self._before)
        self._notifier.setEnabled(False)
        self._near.close()
        self._far.close()

    @Slot()
    def _read(self) -> None:
        if signal.SIGINT in self._near.recv(64):
            self.has_come = True
            self.came.emit()


def _nothing(*_: object) -> None:
    """Python has to have a handler for the signal's number to be sent to the socket."""
