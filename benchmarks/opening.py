"""One start of the window in a process of its own: when it was visible, and when its first verdict stood.

    python -m benchmarks.opening

Prints a line of JSON with times of day in seconds, for ``benchmarks.interface``; imports what the program does.
"""

import json
import os
import sys
import time

from PySide6.QtCore import QEvent, QObject, QTimer, Slot

from benchmarks.heartbeat import Heartbeat
from gui.app import application, create_window
from gui.main_window import MainWindow


class _Opening(QObject):
    """Notes the first paint and the first verdict of a window, and closes it then."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window, self.times = window, {}
        self._heartbeat = Heartbeat(self)
        window.installEventFilter(self)
        window.state.snapshot_changed.connect(self._look)
        window.state.problem_changed.connect(self._look)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """See the first paint; it is done when events are served again."""
        if event.type() == QEvent.Type.Paint and "visible" not in self.times:
            self.times["visible"] = 0.0
            QTimer.singleShot(0, self, self._painted)
        return False

    @Slot()
    def _painted(self) -> None:
        self.times["visible"] = time.time()
        self._heartbeat.start()

    @Slot()
    def _look(self) -> None:
        state = self._window.state
        if state.verdict is None and state.problem is None:
            return
        if state.verdict is not None:
            self.times["verdict"] = time.time()
        self.times["longest_gap_ms"] = max(self._heartbeat.stop(), default=0.0)
        self._window.removeEventFilter(self)
        state.snapshot_changed.disconnect(self._look)
        QTimer.singleShot(0, self._window, self._window.close)


def main() -> int:
    """Open, note, close; the exit code."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = application()
    window = create_window(sys.argv[1:])
    opening = _Opening(window)
    window.show()
    answer = app.exec()
    print(json.dumps(opening.times))
    return answer


if __name__ == "__main__":
    sys.exit(main())
