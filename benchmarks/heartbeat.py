"""How long the window's thread was busy at a stretch, as a fast timer finds it."""

import time

from PySide6.QtCore import QObject, Qt, QTimer, Slot

__all__ = ["Heartbeat"]

BEAT_MS = 5


class Heartbeat(QObject):
    """A timer that should fire every ``BEAT_MS``; what lies between two of its beats is a gap."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._gaps: list[float] = []
        self._last = 0.0

    def start(self) -> None:
        """Begin to listen."""
        self._gaps.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> list[float]:
        """Every gap since the start, in milliseconds."""
        self._beat()
        self._timer.stop()
        return list(self._gaps)

    @Slot()
    def _beat(self) -> None:
        now = time.perf_counter()
        self._gaps.append((now - self._last) * 1000)
        self._last = now
