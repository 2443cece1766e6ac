"""The verdict panel in every phase: a certified style only where there is a verdict."""

from collections.abc import Callable

import numpy as np
import pytest
from contrast import contrast
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot, make_verdict, make_windows

from gui.document import Document
from gui.panels.facts import notes_of
from gui.panels.verdict import VerdictPanel
from gui.panels.words import votes
from gui.snapshot import Prediction, Problem
from gui.state import Phase, State
from gui.theme import VERDICTS, ThemeName, apply_theme

HALF = make_windows(
    done=np.arange(36) < 14, label=np.where(np.arange(36) == 3, 1, np.where(np.arange(36) < 14, 0, -1))
)


@pytest.fixture
def state(qapp: QApplication) -> State:  # noqa: ARG001
    """A state with a photo."""
    state = State()
    state.document = Document(image="sample:flower")
    return state


@pytest.fixture
def panel(qtbot: QtBot, state: State) -> VerdictPanel:
    """The panel at the width of a narrow dock."""
    panel = VerdictPanel(state)
    qtbot.addWidget(panel)
    panel.resize(300, 620)
    panel.show()
    return panel


def texts(widget: QWidget) -> str:
    """All that can be read on it."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


@pytest.mark.parametrize("word", VERDICTS)
def test_each_verdict(state: State, panel: VerdictPanel, word: str) -> None:
    state.show(make_snapshot(word))
    style = VERDICTS[word]
    badge = panel.findChild(QLabel, "verdictLabel")
    assert isinstance(badge, QLabel)
    assert badge.accessibleName() == badge.text() == style.word
    assert panel.badge.badge.style is style
    assert panel.sentence.text() == f"A sentence that says why the answer is {word}."
    scope = panel.findChild(QLabel, "verdictScope")
    assert isinstance(scope, QLabel)
    assert "for one square patch of up to 32 px" in scope.text()
    assert scope.text().startswith("Holds") is (word == "certified")
    facts = panel.facts
    assert facts.value("Pruned model") == "daisy, 91\u202f%"
    assert facts.value("Passes") == "34 run, 4 reused"
    assert facts.value("Time") == "642 ms"
    certified = "100" if word == "certified" else "95.7"
    assert facts.value("Places certified").endswith(f"({certified}\u202f%)")
    assert panel.details.isEnabled()
    assert "safe" not in texts(panel).lower()


def preview(state: State) -> None:
    state.show(make_snapshot("certified", preview=True, windows=make_windows(done=np.arange(36) < 9)))


def partial(state: State) -> None:
    state.show(make_snapshot(None, windows=HALF))


def ranked(state: State) -> None:
    state.show(make_snapshot(None, stage="superficial", windows=None, base=None, full=None))


def updating(state: State) -> None:
    state.show(make_snapshot("certified"))
    state.show_computing()


def stale(state: State) -> None:
    state.show(make_snapshot("certified"))
    state.show_stale()


def stopped(state: State) -> None:
    partial(state)
    state.show_cancelled()


def stopped_early(state: State) -> None:
    updating(state)
    state.show_cancelled()


def failed(state: State) -> None:
    state.show(make_snapshot("certified"))
    state.report(Problem(1, "The photo x.png cannot be read; give a JPEG or PNG."))


@pytest.mark.parametrize(
    ("bring_about", "phase", "word", "sentence"),
    [
        (lambda _: None, Phase.EMPTY, "Not run yet", "Press F5"),
        (lambda state: state.show_loading("lite0"), Phase.LOADING, "Loading model", "lite0 is being loaded"),
        (lambda state: state.show_computing(), Phase.COMPUTING, "Computing", "asked for now"),
        (updating, Phase.COMPUTING, "Certified (updating)", "asked for now"),
        (ranked, Phase.PARTIAL, "Preview", "windows come next"),
        (partial, Phase.PARTIAL, "Preview, 14 of 36", "14 of 36 windows are done; 1 of them differ"),
        (preview, Phase.PARTIAL, "Preview, 9 of 36", "while you drag: 9 of 36 windows, none of them differs"),
        (stale, Phase.STALE, "Certified (out of date)", "press F5"),
        (stopped, Phase.CANCELLED, "Stopped", "Stopped after 14 of 36 windows"),
        (stopped_early, Phase.CANCELLED, "Stopped", "before there was a verdict"),
        (failed, Phase.ERROR, "No verdict", "The photo x.png cannot be read."),
    ],
)
def test_no_phase_but_a_verdict_looks_like_one(
    state: State,
    panel: VerdictPanel,
    bring_about: Callable[[State], None],
    phase: Phase,
    word: str,
    sentence: str,
) -> None:
    bring_about(state)
    panel.refresh()
    assert state.phase is phase
    assert panel.badge.badge.style is None
    assert panel.badge.accessibleName() == word
    assert sentence in panel.sentence.text()
    assert panel.details.isEnabled() is (phase is Phase.PARTIAL or not panel.details.isVisible())
    if phase is Phase.PARTIAL:
        assert panel.facts.value("Places certified") == "–"
        assert not panel.scope.isVisible()
    assert "safe" not in texts(panel).lower()


def test_without_a_photo_it_says_how_to_get_one(qtbot: QtBot) -> None:
    panel = VerdictPanel(State())
    qtbot.addWidget(panel)
    assert panel.badge.text() == "No photo"
    assert "Drop a photo" in panel.sentence.text()


def test_an_error_says_what_to_try_and_retries(qtbot: QtBot, state: State, panel: VerdictPanel) -> None:
    state.report(Problem(1, "The engine met an internal error; try again.", "Traceback: details"))
    assert panel.sentence.text() == "The engine met an internal error."
    assert panel.fault.advice.text().startswith("Try again.")
    assert not panel.fault.text.isVisible()
    qtbot.keyClick(panel.fault.fold.button, Qt.Key.Key_Space)
    assert panel.fault.text.isVisible()
    assert panel.fault.text.toPlainText() == "Traceback: details"
    with qtbot.waitSignal(panel.retry):
        qtbot.mouseClick(panel.fault.button, Qt.MouseButton.LeftButton)
    state.show_computing()
    state.show(make_snapshot("alert"))
    assert not panel.fault.isVisible()
    assert panel.badge.text() == "Alert"


def test_votes_are_counted_per_label(state: State, panel: VerdictPanel) -> None:
    state.show(make_snapshot("alert"))
    assert [(vote.name, vote.count, vote.kind) for vote in panel.votes.votes] == [
        ("daisy", 33, "agree"),
        ("tench", 2, "differ"),
        ("goldfish", 1, "differ"),
    ]
    assert "33 daisy" in panel.votes.accessibleName()
    assert [(vote.count, vote.kind) for vote in votes(make_snapshot(None, windows=HALF))] == [
        (13, "agree"),
        (1, "differ"),
        (22, "pending"),
    ]


def test_notes_name_what_else_matters(state: State, panel: VerdictPanel) -> None:
    shot = make_snapshot(
        "certified",
        notes=("Only the first of 3 frames is shown.",),
        full=Prediction(1, "tench", 0.5),
        patch_box=(10, 20, 61, 52),
    )
    state.show(shot)
    first, models, patch = notes_of(shot)
    assert first == "Only the first of 3 frames is shown."
    assert "disagree" in models
    assert "51 × 32 px, is larger than the feared one, 32 × 32 px" in patch
    assert panel.facts.value("Full model") == "≠ tench, 50\u202f%"
    assert panel.facts.notes.text().count("\n") == 2
    assert notes_of(make_snapshot("certified", patch_box=(10, 20, 42, 52))) == []


def test_a_label_of_the_users_is_named(state: State, panel: VerdictPanel) -> None:
    state.show(make_snapshot(verdict=make_verdict("consistent", label=2, label_given=True)))
    assert panel.facts.value("Label") == "goldfish"
    state.show(make_snapshot("certified"))
    assert panel.facts.value("Label") == ""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("word", VERDICTS)
def test_the_word_stands_out_and_is_large(state: State, panel: VerdictPanel, theme: ThemeName, word: str) -> None:
    apply_theme(theme)
    state.show(make_snapshot(word))
    badge = panel.badge
    assert contrast(*badge._colours()) >= 4.5
    state.show_computing()
    assert contrast(*badge._colours()) >= 4.5
    letters = badge._fitting_font(badge.rect().toRectF().adjusted(60, 10, -12, -10))
    assert letters.pointSizeF() >= 1.8 * badge.font().pointSizeF()
    apply_theme("light")
