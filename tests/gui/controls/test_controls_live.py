"""Controls, verdict and table on the real engine with the embedded model and a small family of windows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.settings import Settings
from gui.document import Document
from gui.live import LiveLoop
from gui.panels.controls import ControlsPanel
from gui.panels.verdict import VerdictPanel
from gui.panels.window_table import WindowTable
from gui.state import Phase, State
from gui.theme import VERDICTS
from gui.worker import EngineThread

PATIENCE_MS = 60_000


@dataclass
class Bench:
    """The panels around one state."""

    state: State
    controls: ControlsPanel
    verdict: VerdictPanel
    table: WindowTable


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    """Panels at their first verdict."""
    state = State()
    state.document = Document(settings=Settings(window=96, backend="torch"))
    engine = EngineThread()
    loop = LiveLoop(state, engine)
    bench = Bench(state, ControlsPanel(state), VerdictPanel(state), WindowTable(state))
    for panel in (bench.controls, bench.verdict, bench.table):
        qtbot.addWidget(panel)
        panel.show()
    state.change("Photo", image="sample:flower")
    wait_for_verdict(qtbot, bench)
    yield bench
    loop.stop()
    engine.close()


def wait_for_verdict(qtbot: QtBot, bench: Bench) -> None:
    """Wait until what is shown is the verdict on what is asked."""

    def there() -> bool:
        state = bench.state
        assert state.problem is None, state.problem
        shown = state.snapshot
        return state.phase is Phase.VERDICT and shown is not None and shown.request.document == state.document

    qtbot.waitUntil(there, timeout=PATIENCE_MS)


def test_a_slider_moves_everything_and_undo_brings_it_back(qtbot: QtBot, bench: Bench) -> None:
    state, controls = bench.state, bench.controls
    first = state.snapshot
    assert first is not None
    assert first.windows is not None
    assert bench.table.model.rowCount() == len(first.windows) <= 9
    assert state.model is not None
    assert controls.model.layer.itemText(0) == f"1 · {state.model.usual_layers[0]}"
    assert controls.sweep.window_note.text().startswith(f"{len(first.windows)} windows")

    seen: list[str] = []
    state.phase_changed.connect(lambda _: seen.append(bench.verdict.badge.text()))
    qtbot.keyPress(controls.sweep.top.slider, Qt.Key.Key_PageDown)
    assert bench.verdict.badge.badge.style is None  # the old word is no verdict on this
    qtbot.keyRelease(controls.sweep.top.slider, Qt.Key.Key_PageDown)
    wait_for_verdict(qtbot, bench)
    assert seen
    second = state.snapshot
    assert second is not None
    assert second.verdict is not None
    assert second.settings.top == pytest.approx(0.4)
    assert not np.array_equal(second.count, first.count)
    assert bench.verdict.badge.text() == VERDICTS[second.verdict.word].word
    assert state.undo_stack.undoText() == "Top-ranking rate"

    state.undo_stack.undo()
    wait_for_verdict(qtbot, bench)
    assert controls.sweep.top.value() == 50
    third = state.snapshot
    assert third is not None
    assert third.verdict is not None
    assert first.verdict is not None
    assert third.verdict.word == first.verdict.word
    assert third.verdict.passes == 0  # everything was known


def test_adapted_weights_are_used_at_their_rate_unless_they_are_off(qtbot: QtBot, bench: Bench) -> None:
    state, model = bench.state, bench.controls.model
    assert state.snapshot is not None
    assert state.snapshot.adapted == ""
    state.set_knobs("Top-ranking rate", top=0.2)
    wait_for_verdict(qtbot, bench)
    adapted = state.snapshot.adapted
    assert adapted.startswith("adapted to 20 %")
    assert model.note.text().endswith(f"; {adapted}")
    assert state.snapshot.verdict is not None
    assert state.snapshot.verdict.report["model"]["adapted"]["rate"] == 0.2
    model.adapted.activated.emit(model.adapted.findData("off"))
    wait_for_verdict(qtbot, bench)
    assert state.snapshot.adapted == ""
    assert adapted not in model.note.text()
    assert state.snapshot.verdict.report["settings"]["adapted"] == "off"


def test_windows_out_of_range_are_an_error_that_retry_and_undo_leave(qtbot: QtBot, bench: Bench) -> None:
    state = bench.state
    bench.verdict.retry.connect(lambda: state.undo_stack.undo())
    state.set_knobs("Window size", window=1)
    qtbot.waitUntil(lambda: state.phase is Phase.ERROR, timeout=PATIENCE_MS)
    assert bench.verdict.badge.text() == "No verdict"
    assert "cannot hide a patch" in bench.verdict.sentence.text()
    assert bench.controls.sweep.window_size.field.value() == 1  # what was asked is what is shown
    qtbot.mouseClick(bench.verdict.fault.button, Qt.MouseButton.LeftButton)
    wait_for_verdict(qtbot, bench)
    assert bench.controls.sweep.window_size.value() == 96
