"""The evaluation that is running or has run, and what another one could do: what the tab Batch shows."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from gui.batching import BatchRequest, BatchSurvey, BatchView
from gui.long_work import LongWork, Stand
from gui.snapshot import Problem
from gui.state import State
from gui.worker import BatchThread

__all__ = ["Batch"]


class Batch(LongWork):
    """One evaluation at a time; its view is a :class:`BatchView`. In between it looks at what could be done.

    Parameters
    ----------
    state : State

    Signals
    -------
    surveyed
        It is known, or not known any more, what another evaluation could do.
    """

    surveyed = Signal()

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(state, BatchThread(), parent)
        self.survey: BatchSurvey | None = None
        self.survey_problem: Problem | None = None
        self._at_work: BatchRequest | None = None
        self._next: BatchRequest | None = None

    @property
    def is_looking(self) -> bool:
        """Whether it is being found out what could be done."""
        return any(one is not None and not one.defenses for one in (self._at_work, self._next))

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
        self._begin(f"Batch over {Path(request.data).name}: {', '.join(request.defenses)}.")
        self._ask(request)
        self.changed.emit()

    @Slot()
    def stop(self) -> None:
        """End it; what is finished is kept and reported, and the same evaluation goes on from there."""
        if self.can_stop:
            self._next = None  # it may wait for a look to end
        super().stop()

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread; a photo that is being answered is given up, and what is finished is written."""
        self._next = None
        super().close(patience_ms)

    def _ask(self, request: BatchRequest) -> None:
        self._number += 1
        request = replace(request, number=self._number)
        if self._at_work is None:
            self._at_work = request
            self._thread.begin(request)
        else:
            self._next = request
            self._thread.stop()

    @Slot(object)
    def _take(self, found: BatchSurvey | BatchView) -> None:
        if isinstance(found, BatchView):
            super()._take(found)
        elif self._next is None:
            self.survey, self.survey_problem = found, None

    @Slot(object)
    def _fail(self, problem: Problem) -> None:
        if self._at_work is not None and self._at_work.defenses:
            super()._fail(problem)
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

    def _is_whole(self, view: BatchView) -> bool:
        return view.done + len(view.faults) >= view.photos

    def _ending(self, view: BatchView) -> tuple[str, ...]:
        return (f"Batch ended: {view.done} of {view.photos} photos, kept in {view.request.out}.", *view.faults)
