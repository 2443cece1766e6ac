"""The verdict: one word to be read from afar, one sentence, for what it holds, and the numbers behind it."""

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.panels.facts import Facts
from gui.panels.fault import Fault
from gui.panels.telling import tell
from gui.panels.words import votes
from gui.snapshot import Snapshot
from gui.state import Phase, State
from gui.widgets import Scroller
from gui.widgets.badge import VerdictBadge
from gui.widgets.vote_bar import VoteBar

__all__ = ["VerdictPanel"]


class VerdictPanel(QWidget):
    """Draws every phase; no certified style but for a verdict that belongs to what is asked.

    Signals
    -------
    retry
        The user wants the engine to try again after an error.
    """

    retry = Signal()

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.badge = VerdictBadge()
        self.badge.setObjectName("verdictLabel")
        self.sentence = _wrapped("What the verdict says")
        self.scope = _wrapped("What the verdict holds for")
        self.scope.setObjectName("verdictScope")
        font = self.sentence.font()
        font.setPointSizeF(font.pointSizeF() * 1.1)
        self.sentence.setFont(font)
        self.fault = Fault()
        self.votes = VoteBar()
        self.facts = Facts()
        self.details = QWidget()
        details = QVBoxLayout(self.details)
        gap = self.fontMetrics().height()
        details.setContentsMargins(0, 0, 0, 0)
        details.setSpacing(gap // 2)
        for part in (self.scope, self.votes, self.facts):
            details.addWidget(part)
        column = QWidget()
        body = QVBoxLayout(column)
        body.setContentsMargins(0, 0, gap // 4, gap // 2)
        body.setSpacing(gap // 2)
        for piece in (self.sentence, self.fault, self.details):
            body.addWidget(piece)
        body.addStretch(1)
        scroller = Scroller()
        scroller.setWidget(column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(gap // 2, gap // 2, gap // 4, 0)
        layout.setSpacing(gap // 2)
        layout.addWidget(self.badge)
        layout.addWidget(scroller, 1)
        self.fault.retry.connect(self.retry)
        state.phase_changed.connect(self._follow)
        state.snapshot_changed.connect(self._follow)
        state.problem_changed.connect(self._follow)
        state.document_changed.connect(self._follow)
        self.refresh()

    def sizeHint(self) -> QSize:
        """Wide enough for the word in large letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 46, self.fontMetrics().height() * 32)

    def refresh(self) -> None:
        """Show the state as it stands."""
        state, snapshot = self._state, self._state.snapshot
        told = tell(state)
        self.badge.show_badge(told.badge)
        _set(self.sentence, told.sentence)
        failed = state.phase is Phase.ERROR and state.problem is not None
        self.fault.setVisible(failed)
        if failed and state.problem is not None:
            self.fault.show_problem(state.problem)
        shown = snapshot is not None and not failed
        self.details.setVisible(shown)
        if shown and snapshot is not None:
            self._fill(snapshot)
            self.details.setEnabled(told.belongs)

    def _fill(self, snapshot: Snapshot) -> None:
        verdict = snapshot.verdict if not snapshot.request.preview else None
        _set(self.scope, f"Holds {verdict.scope}." if verdict is not None and verdict.word == "certified" else "")
        if verdict is not None and verdict.word != "certified":
            _set(self.scope, f"Asked {verdict.scope}.")
        self.votes.show_votes(votes(snapshot))
        self.facts.show_snapshot(snapshot)

    def changeEvent(self, event: QEvent) -> None:
        """Take over another palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "facts"):
            self.refresh()

    @Slot(object)
    def _follow(self, _what: object) -> None:
        self.refresh()


def _wrapped(name: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAccessibleDescription(name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


def _set(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setAccessibleName(text)
    label.setVisible(bool(text))
