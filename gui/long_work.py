"""Long work in a thread of its own, one request at a time: how far it has come, and stopping it."""

from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from gui.snapshot import Problem
from gui.state import State
from gui.worker.side_thread import SideThread

__all__ = ["LongWork", "Stand"]


class Stand(Enum):
    """How far the work has come; its tab draws each of them."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class LongWork(QObject):
    """What an attack and an evaluation have in common.

    Parameters
    ----------
    state : State
        Whose log tells of it.
    thread : SideThread

    Signals
    -------
    changed
        Stand, view or anything else of it is another.
    """

    changed = Signal()

    def __init__(self, state: State, thread: SideThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.stand = Stand.IDLE
        self.view: Any = None
        self.preparing = ""
        self.problem: Problem | None = None
        self._number = 0
        self._thread = thread
        thread.setParent(self)
        thread.view.connect(self._take)
        thread.preparing.connect(self._prepare)
        thread.failed.connect(self._fail)
        thread.ended.connect(self._end)

    @property
    def is_busy(self) -> bool:
        """Whether it is at work."""
        return self.stand in (Stand.PREPARING, Stand.RUNNING, Stand.STOPPING)

    @property
    def can_stop(self) -> bool:
        """Whether it is at work and has not been told to stop."""
        return self.stand in (Stand.PREPARING, Stand.RUNNING)

    @property
    def is_running(self) -> bool:
        """Whether the thread has not come to its end."""
        return self._thread.is_running

    @Slot()
    def stop(self) -> None:
        """End it after its step; what is finished is kept."""
        if self.can_stop:
            self.stand = Stand.STOPPING
            self._thread.stop()
            self.changed.emit()

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread; it stops within one step."""
        self._thread.close(patience_ms)

    def _begin(self, line: str) -> None:
        """Nothing is known any more, and work begins."""
        self.view, self.problem, self.preparing = None, None, "starting"
        self.stand = Stand.PREPARING
        self._state.log(line)

    def _is_whole(self, view: Any) -> bool:
        """Whether nothing is left to do."""
        raise NotImplementedError

    def _ending(self, view: Any) -> tuple[str, ...]:
        """What the log says of the end."""
        raise NotImplementedError

    def _conclude(self) -> None:
        if self.problem is not None:
            self.stand = Stand.FAILED
        elif self.view is None:
            self.stand = Stand.IDLE
        else:
            self.stand = Stand.DONE if self._is_whole(self.view) else Stand.STOPPED
            for line in self._ending(self.view):
                self._state.log(line)
        self.changed.emit()

    @Slot(str)
    def _prepare(self, what: str) -> None:
        self.preparing = what
        self.changed.emit()

    @Slot(object)
    def _take(self, view: Any) -> None:
        self.view = view
        if self.stand is Stand.PREPARING:
            self.stand = Stand.RUNNING
        self.changed.emit()

    @Slot(object)
    def _fail(self, problem: Problem) -> None:
        self.problem = problem
        self._state.log(problem.sentence)

    @Slot(int)
    def _end(self, _number: int) -> None:
        self._conclude()
