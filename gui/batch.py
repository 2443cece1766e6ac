"""The evaluation that is running or has run, and what another one could do: what the tab Batch shows."""

from dataclasses import replace
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from gui.batching import BatchRequest, BatchSurvey, BatchView
from gui.snapshot import Problem
from gui.state import State
from gui.worker import BatchThread

__all__ = ["Batch", "Stand"]


class Stand(Enum):
    """How far an evaluation has come; the tab draws each of them."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class Batch(QObject):
    """One evaluation at a time, watched over by a thread of its own; looks at what could be done in between.

    Parameters
    ----------
    state : State
        Whose log tells of it.

    Signals
    -------
    changed
        Stand, view or anything else of it is another.
    surveyed
        It is known, or not known any more, what another evaluation could do.
    """

    changed = Signal()
    surveyed = Signal()

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.stand = Stand.IDLE
        self.view: BatchView | None = None
        self.survey: BatchSurvey | None = None
        self.survey_problem: Problem | None = None
        self.preparing = ""
        self.problem: Problem | None = None
        self._number = 0
        self._at_work: BatchRequest | None = None
        self._next: BatchRequest | None = None
        self._thread = BatchThread(self)
        self._thread.view.connect(self._take)
        self._thread.preparing.connect(self._prepare)
        self._thread.failed.connect(self._fail)
        self._thread.ended.connect(self._end)

    @property
    def is_busy(self) -> bool:
        """Whether an evaluation is running."""
        return self.stand in (Stand.PREPARING, Stand.RUNNING, Stand.STOPPING)

    @property
    def is_looking(self) -> bool:
        """Whether it is being found out what could be done."""
        return any(one is not None and not one.defenses for one in (self._at_work, self._next))

    @property
    def is_running(self) -> bool:
        """Whether the thread has not come to its end."""
        return self._thread.is_running

    def look(self, request: BatchRequest) -> None:
        """Find out what an evaluation could do, unless one is running: it comes first."""
        if not self.is_busy:
            self._ask(replace(request, defenses=()))
            self.surveyed.emit()

    def forget(self) -> None:
        """Nothing could be done: there are no photos, or no model."""
        self.survey = self.survey_problem = None
        self.surveyed.emit()

    def start(self, request: BatchRequest) -> None:
        """Begin an evaluation, or go on with one, unless one is running."""
        if self.is_busy or not request.defenses:
            return
        self.view, self.problem, self.preparing = None, None, "starting"
        self.stand = Stand.PREPARING
        self._state.log(f"Batch over {Path(request.data).name}: {', '.join(request.defenses)}.")
        self._ask(request)
        self.changed.emit()

    @Slot()
    def stop(self) -> None:
        """End it; what is finished is kept and reported, and the same evaluation goes on from there."""
        if self.stand in (Stand.PREPARING, Stand.RUNNING):
            self.stand = Stand.STOPPING
            if self._next is not None:  # it waits for a look to end
                self._next = None
            self._thread.stop()
            self.changed.emit()

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread; a photo that is being answered is given up, and what is finished is written."""
        self._next = None
        self._thread.close(patience_ms)

    def _ask(self, request: BatchRequest) -> None:
        self._number += 1
        request = replace(request, number=self._number)
        if self._at_work is None:
            self._at_work = request
            self._thread.begin(request)
        else:
            self._next = request
            self._thread.stop()

    @Slot(str)
    def _prepare(self, what: str) -> None:
        self.preparing = what
        self.changed.emit()

    @Slot(object)
    def _take(self, found: BatchSurvey | BatchView) -> None:
        if isinstance(found, BatchSurvey):
            if self._next is None:
                self.survey, self.survey_problem = found, None
            return
        self.view = found
        if self.stand is Stand.PREPARING:
            self.stand = Stand.RUNNING
        self.changed.emit()

    @Slot(object)
    def _fail(self, problem: Problem) -> None:
        if self._at_work is not None and self._at_work.defenses:
            self.problem = problem
            self._state.log(problem.sentence)
        elif self._next is None:
            self.survey, self.survey_problem = None, problem

    @Slot(int)
    def _end(self, _number: int) -> None:
        ended, self._at_work = self._at_work, None
        if ended is not None and ended.defenses:
            self._conclude()
        elif self.stand is Stand.STOPPING:  # before it had begun
            self.stand = Stand.IDLE
            self.changed.emit()
        following, self._next = self._next, None
        if following is not None:
            self._at_work = following
            self._thread.begin(following)
        self.surveyed.emit()

    def _conclude(self) -> None:
        view = self.view
        if self.problem is not None:
            self.stand = Stand.FAILED
        elif view is None:
            self.stand = Stand.IDLE
        else:
            is_whole = view.done + len(view.faults) >= view.photos
            self.stand = Stand.DONE if is_whole else Stand.STOPPED
            self._state.log(f"Batch ended: {view.done} of {view.photos} photos, kept in {view.request.out}.")
            for fault in view.faults:
                self._state.log(fault)
        self.changed.emit()
