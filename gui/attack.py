"""The attack that is running or has run: what the tab shows, and what the thread is asked."""

from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.attacks.settings import AttackSettings
from engine.settings import Settings
from gui.snapshot import Problem
from gui.state import State
from gui.training import TrainingRequest, TrainingView
from gui.worker import TrainingThread

__all__ = ["Attack", "Course"]


class Course(Enum):
    """How far an attack has come; the tab draws each of them."""

    IDLE = "idle"
    PREPARING = "preparing"
    TRAINING = "training"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class Attack(QObject):
    """One attack at a time, in a thread of its own.

    Parameters
    ----------
    state : State
        Whose log tells of it.

    Signals
    -------
    changed
        Course, view or anything else of it is another.
    """

    changed = Signal()

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.course = Course.IDLE
        self.view: TrainingView | None = None
        self.preparing = ""
        self.problem: Problem | None = None
        self._number = 0
        self._thread = TrainingThread(self)
        self._thread.view.connect(self._take)
        self._thread.preparing.connect(self._prepare)
        self._thread.failed.connect(self._fail)
        self._thread.ended.connect(self._end)

    @property
    def is_busy(self) -> bool:
        """Whether one is running."""
        return self.course in (Course.PREPARING, Course.TRAINING, Course.STOPPING)

    def start(self, source: str, limit: int, attack: AttackSettings, settings: Settings) -> None:
        """Begin an attack, unless one is running."""
        if self.is_busy:
            return
        self._number += 1
        self.view, self.problem, self.preparing = None, None, "starting"
        self.course = Course.PREPARING
        self._state.log(f"Attack on {Path(source).name}: {attack.steps} steps.")
        self._thread.begin(TrainingRequest(self._number, source, limit, attack, settings))
        self.changed.emit()

    @Slot()
    def stop(self) -> None:
        """End it after its step; the best patch so far is kept."""
        if self.course in (Course.PREPARING, Course.TRAINING):
            self.course = Course.STOPPING
            self._thread.stop()
            self.changed.emit()

    @property
    def is_running(self) -> bool:
        """Whether the thread has not come to its end."""
        return self._thread.is_running

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread; it stops within one step."""
        self._thread.close(patience_ms)

    def write(self, path: Path, view: TrainingView) -> None:
        """Write a patch and how it was made; may run in any thread.

        Raises
        ------
        SinscopeError
            If it cannot be written there.
        """
        self._thread.write(path, view)

    @Slot(str)
    def _prepare(self, what: str) -> None:
        self.preparing = what
        self.changed.emit()

    @Slot(object)
    def _take(self, view: TrainingView) -> None:
        self.view = view
        if self.course is Course.PREPARING:
            self.course = Course.TRAINING
        self.changed.emit()

    @Slot(object)
    def _fail(self, problem: Problem) -> None:
        self.problem = problem
        self._state.log(problem.sentence)

    @Slot(int)
    def _end(self, _number: int) -> None:
        view = self.view
        if self.problem is not None:
            self.course = Course.FAILED
        elif view is None:
            self.course = Course.IDLE
        else:
            self.course = Course.DONE if view.step == view.steps else Course.STOPPED
            self._state.log(
                f"Attack ended after {view.step} of {view.steps} steps: loss {view.loss:.3g}, "
                f"success {view.success:.0%}."
            )
        self.changed.emit()
