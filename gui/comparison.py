"""The comparison of all defenses on what is shown: which answers are there, and which are asked for when."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Signal, Slot

from gui.comparing import (
    CompareRequest,
    CompareView,
    DefenseAnswer,
    DefenseLine,
    ShownPlaces,
    answer_key,
    is_cheap,
    line_key,
    photo_key,
)
from gui.document import Document
from gui.snapshot import Problem
from gui.state import Phase, State
from gui.worker import CompareThread

__all__ = ["Comparison", "Row", "Standing"]

_ANSWERS_KEPT = 400


class Standing(Enum):
    """How a defense stands; the table draws each of them."""

    ANSWERED = "answered"
    RUNNING = "running"
    WAITING = "waiting"
    UNKNOWN = "not known yet"
    ON_DEMAND = "on demand"
    FAILED = "failed"
    REFUSED = "cannot run here"


_TO_COME = (Standing.WAITING, Standing.UNKNOWN)


@dataclass(frozen=True, eq=False)
class Row:
    """A defense as the table shows it.

    Parameters
    ----------
    line : DefenseLine
    standing : Standing
    answer : DefenseAnswer, optional
        Where it has answered; else what it answered for other settings, if it did for this photo.
    sentence : str
        Why it cannot run, or failed.
    seconds : float, optional
        What running it is expected to take at most, while that is of interest and known.
    """

    line: DefenseLine
    standing: Standing
    answer: DefenseAnswer | None = None
    sentence: str = ""
    seconds: float | None = None


class Comparison(QObject):
    """Asks for the answers that are missing while nothing else is computed, in a thread of its own.

    Cheap defenses are run while somebody looks, others when they are asked for. Whatever the live loop has to do
    comes first: the defense at work is given up, and begun again once the verdict is there.

    Parameters
    ----------
    state : State

    Signals
    -------
    changed
        Rows, progress or problem are others.
    """

    changed = Signal()

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.problem: Problem | None = None
        self.preparing = ""
        self.running = ""
        self.is_stopped = False
        self._began = 0.0
        self._is_seen = False
        self._lines: tuple[DefenseLine, ...] = ()
        self._lines_for: Document | None = None
        self._pace: float | None = None
        self._answers: OrderedDict[Hashable, DefenseAnswer] = OrderedDict()
        self._former: dict[str, DefenseAnswer] = {}  # of this photo, by defense, before something was changed
        self._failures: dict[Hashable, str] = {}
        self._wanted: frozenset[str] = frozenset()
        self._wants_all = False
        self._document = state.document
        self._number = 0
        self._asked: CompareRequest | None = None
        self._thread = CompareThread(self)
        self._thread.view.connect(self._take)
        self._thread.preparing.connect(self._prepare)
        self._thread.failed.connect(self._fail)
        self._thread.ended.connect(self._end)
        state.document_changed.connect(self._follow)
        state.phase_changed.connect(self._look)
        state.holding_changed.connect(self._look)

    @property
    def is_busy(self) -> bool:
        """Whether the thread is at work."""
        return self._asked is not None

    @property
    def is_ready(self) -> bool:
        """Whether what is shown is the verdict of what is asked: only then are defenses run."""
        state = self._state
        return state.phase is Phase.VERDICT and not state.holding and state.document.image is not None

    @property
    def elapsed(self) -> float:
        """Seconds that the defense at work has taken so far."""
        return time.monotonic() - self._began if self.running else 0.0

    def rows(self) -> tuple[Row, ...]:
        """Every defense, in the order of the lines."""
        return tuple(self._row(line) for line in self._lines)

    def obstacle(self) -> str:
        """Why nothing can be run now, in a sentence; empty if something can."""
        if self._state.document.image is None:
            return "There is no photo to defend; open one first."
        if not any(row.standing in (*_TO_COME, Standing.ON_DEMAND, Standing.FAILED) for row in self.rows()):
            return "All that can run here has answered." if self._lines else "It is not known yet what can run here."
        return ""

    def see(self, seen: bool) -> None:
        """Say whether somebody looks at the comparison."""
        if seen != self._is_seen:
            self._is_seen = seen
            self._look()

    def run(self, name: str | None = None) -> None:
        """Run a defense whatever it costs; all of them if none is named."""
        self.is_stopped, self.problem = False, None
        if name is None:
            self._wants_all = True
        else:
            self._wanted |= {name}
        for line in self._lines:
            if name in (None, line.name):
                self._failures.pop(answer_key(self._state.document, line), None)
        self._look()  # what is at work now comes to its end first
        self.changed.emit()

    @Slot()
    def stop(self) -> None:
        """Stop, until something is asked for or changed; answers stay."""
        if self.is_busy or self._wanted or self._wants_all:
            self.is_stopped = True
            self._wanted, self._wants_all = frozenset(), False
            self._thread.stop()
            self.changed.emit()

    def show_places(self, name: str | None) -> None:
        """Show a defense's location map and its weakest place on the canvas; the verdict's own if ``None``."""
        row = next((row for row in self.rows() if row.line.name == name), None)
        if row is None or row.answer is None or row.standing is not Standing.ANSWERED:
            if self._state.places is not None and self._state.selection.place is not None:
                self._state.select()
            self._state.show_places(None)
            return
        answer = row.answer
        self._state.show_places(ShownPlaces(row.line.title, answer.locations, answer.computed))
        self._state.select(place=answer.worst)

    @property
    def is_running(self) -> bool:
        """Whether the thread has not come to its end."""
        return self._thread.is_running

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread; it stops within one batch."""
        self.is_stopped = True
        self._thread.close(patience_ms)

    def _row(self, line: DefenseLine) -> Row:
        document = self._state.document
        key = answer_key(document, line)
        if (answer := self._answers.get(key)) is not None:
            return Row(line, Standing.ANSWERED, answer)
        former = self._former.get(line.name)
        if self._lines_for is None or line_key(self._lines_for, line) != line_key(document, line):
            return Row(line, Standing.UNKNOWN, former)
        if line.refusal:
            return Row(line, Standing.REFUSED, None, line.refusal)
        if key in self._failures:
            return Row(line, Standing.FAILED, None, self._failures[key])
        seconds = line.passes * self._pace if self._pace is not None else None
        if self.running == line.name and self._asked is not None and self._asked.document == document:
            return Row(line, Standing.RUNNING, former, seconds=seconds)
        due = line.name in self._wanted or self._wants_all or is_cheap(line.passes, self._pace)
        return Row(
            line, Standing.WAITING if due and not self.is_stopped else Standing.ON_DEMAND, former, seconds=seconds
        )

    @Slot(object)
    def _follow(self, document: Document) -> None:
        """The document is another: what was wanted for another photo or model is not wanted for this one."""
        before, self._document = self._document, document
        if photo_key(document) != photo_key(before):
            self._former, self._wanted, self._wants_all = {}, frozenset(), False
        else:
            answers = ((line.name, self._answers.get(answer_key(before, line))) for line in self._lines)
            self._former |= {name: answer for name, answer in answers if answer is not None}
        self.is_stopped, self.problem = False, None
        self.show_places(None)
        self._look()
        self.changed.emit()

    @Slot()
    def _look(self, _what: object = None) -> None:
        """Ask for what is missing, or make way."""
        if self._asked is not None:
            if not self.is_ready or self._asked.document != self._state.document or not self._is_due():
                self._thread.stop()
            return
        if not self.is_ready or self.is_stopped or self.problem is not None or not self._is_due():
            return
        rows = self.rows()
        if self._lines and not any(row.standing in _TO_COME for row in rows):
            self._wants_all = False  # and will not run anything of other settings
            return
        known = {row.line.name for row in rows if row.standing in (Standing.ANSWERED, Standing.FAILED)}
        wanted = {line.name for line in self._lines} if self._wants_all else self._wanted
        self._number += 1
        self._asked = CompareRequest(self._number, self._state.document, frozenset(known), frozenset(wanted))
        self._thread.begin(self._asked)
        self.changed.emit()

    def _is_due(self) -> bool:
        return self._is_seen or bool(self._wanted) or self._wants_all

    @Slot(str)
    def _prepare(self, what: str) -> None:
        self.preparing = what
        self.changed.emit()

    @Slot(object)
    def _take(self, view: CompareView) -> None:
        document, self.preparing = view.request.document, ""
        self._lines, self._lines_for, self._pace = view.lines, document, view.pace
        if view.running != self.running:
            self.running, self._began = view.running, time.monotonic()
        for line in view.lines:
            key = answer_key(document, line)
            if (answer := view.answers.get(line.name)) is not None and key not in self._answers:
                self._answers[key] = answer
                self._state.log(f"{line.title}: {answer.word}. {answer.reason}")
            if line.name in view.failures:
                self._failures[key] = view.failures[line.name]
            if line.name in view.answers or line.name in view.failures:
                self._wanted -= {line.name}
        while len(self._answers) > _ANSWERS_KEPT:
            self._answers.popitem(last=False)
        self.changed.emit()

    @Slot(object)
    def _fail(self, problem: Problem) -> None:
        self.problem = problem
        self._state.log(problem.sentence)

    @Slot(int)
    def _end(self, _number: int) -> None:
        self._asked, self.running, self.preparing = None, "", ""
        self._look()
        self.changed.emit()
