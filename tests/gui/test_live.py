"""The live loop under way: what is asked last is shown last, stages come in order, frames are few and the newest."""

import pytest
from PySide6.QtWidgets import QSlider
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot
from waiting import settle

from gui.document import Document
from gui.main_window import MainWindow
from gui.snapshot import Problem, Request, Snapshot
from gui.state import Phase
from gui.worker import EngineThread

pytestmark = pytest.mark.usefixtures("qapp")

STAGES = ("superficial", "clusters", "windows", "verdict")


@pytest.fixture
def engine() -> EngineThread:
    """An engine's thread that nothing is asked of."""
    made = EngineThread()
    yield made
    made.close()


def arrive(engine: EngineThread, snapshot: Snapshot) -> None:
    """A snapshot comes from the worker."""
    if engine._outbox.put(snapshot):
        engine._worker.snapshot_ready.emit()


def found(generation: int, stage: str) -> Snapshot:
    return make_snapshot(None, request=Request(generation, Document()), stage=stage)


def test_many_moves_of_a_held_slider_end_at_the_last(at_rest: MainWindow, qtbot: QtBot):
    window, state = at_rest, at_rest.state
    slider = window.findChild(QSlider, "topRateSlider")
    seen: list[Snapshot] = []
    phases: list[Phase] = []
    state.snapshot_changed.connect(seen.append)
    state.phase_changed.connect(phases.append)
    slider.setSliderDown(True)
    for move in range(120):
        slider.setValue(30 + move % 41)
        qtbot.wait(2)
    assert state.holding
    qtbot.waitUntil(lambda: any(snapshot.request.preview for snapshot in seen), timeout=60_000)
    assert Phase.VERDICT not in phases, "a preview is no verdict"
    slider.setSliderDown(False)
    slider.setValue(17)
    settle(qtbot, window)
    state.snapshot_changed.disconnect(seen.append)
    assert state.snapshot.settings.top == 0.17
    assert state.snapshot.count == round(0.17 * state.snapshot.neurons)
    generations = [snapshot.request.generation for snapshot in seen]
    assert generations == sorted(generations)
    for generation in set(generations):
        stages = [snapshot.stage for snapshot in seen if snapshot.request.generation == generation]
        assert stages == sorted(stages, key=STAGES.index)
    assert not any(snapshot.request.preview for snapshot in seen[-1:])


def test_a_preview_stays_one_while_the_slider_is_held(at_rest: MainWindow):
    state = at_rest.state
    state.hold(True)
    at_rest.live.stop()
    state.show(make_snapshot(preview=True))
    assert state.phase is Phase.PARTIAL
    state.show_computing()
    assert state.phase is Phase.PARTIAL
    assert state.verdict is None
    state.hold(False)
    state.show_computing()
    assert state.phase is Phase.COMPUTING


def test_between_two_frames_only_the_newest_is_kept_and_rest_comes_after_it(qtbot: QtBot, engine: EngineThread):
    told: list[object] = []
    engine.snapshot.connect(lambda snapshot: told.append(snapshot.stage))
    engine.idle.connect(told.append)
    generation = engine._newest.advance()
    for stage in STAGES:
        arrive(engine, found(generation, stage))
    engine._worker.idle.emit(generation)
    assert told == ["superficial"]
    qtbot.waitUntil(lambda: generation in told)
    assert told == ["superficial", "verdict", generation]
    engine._worker.idle.emit(generation)
    assert told[3:] == [generation], "nothing waits: it is told at once"


def test_what_waits_for_its_frame_is_dropped_when_something_newer_is_asked(qtbot: QtBot, engine: EngineThread):
    told: list[int] = []
    engine.snapshot.connect(lambda snapshot: told.append(snapshot.request.generation))
    first = engine._newest.advance()
    arrive(engine, found(first, "superficial"))
    arrive(engine, found(first, "clusters"))
    second = engine._newest.advance()
    qtbot.waitUntil(lambda: not engine._frame.isActive())
    assert told == [first]
    arrive(engine, found(second, "superficial"))
    assert told == [first, second]


def test_a_problem_is_told_last(qtbot: QtBot, engine: EngineThread):
    told: list[object] = []
    engine.snapshot.connect(lambda snapshot: told.append(snapshot.stage))
    engine.failed.connect(lambda problem: told.append(problem.sentence))
    generation = engine._newest.advance()
    arrive(engine, found(generation, "superficial"))
    arrive(engine, found(generation, "clusters"))
    engine._worker.failed.emit(Problem(generation, "It failed."))
    qtbot.waitUntil(lambda: not engine._frame.isActive())
    assert told == ["superficial", "It failed."]


def test_closing_leaves_no_frame_waiting(engine: EngineThread):
    arrive(engine, found(engine._newest.advance(), "superficial"))
    assert engine._frame.isActive()
    engine.close()
    assert not engine._frame.isActive()


def test_a_preview_is_the_beginning_of_the_full_run(at_rest: MainWindow, qtbot: QtBot):
    window, state = at_rest, at_rest.state
    state.set_knobs("Window size", window=None)
    settle(qtbot, window)
    seen: list[Snapshot] = []
    state.snapshot_changed.connect(seen.append)
    state.hold(True)
    # No whole percentage: the window is shared, and the test that moves the slider leaves rows at those.
    state.set_knobs("Top-ranking rate", top=0.433)
    settle(qtbot, window)  # at rest, though it is still held
    state.snapshot_changed.disconnect(seen.append)
    preview = next(one for one in seen if one.request.preview and one.verdict is not None)
    full = state.snapshot
    assert len(preview.windows) == len(full.windows) == 36
    assert int(preview.windows.done.sum()) == 9
    assert preview.verdict.word == "undecided"
    assert preview.verdict.certified == 0
    assert preview.verdict.passes == 10, "the pruned model and 9 windows: the full model is known"
    assert full.verdict.passes == 27
    known = preview.windows.done
    assert (full.windows.label[known] == preview.windows.label[known]).all()
