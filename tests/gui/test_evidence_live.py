"""Importance, distribution and deep maps on the real engine: what they show is what the engine computes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot
from tiny import TINY, WITHOUT_MEAN, make_inspector
from waiting import PATIENCE_MS

import gui.sources
from engine.analysis.class_activation import class_activation
from engine.analysis.look import Look
from engine.analysis.reference import reference_document
from engine.analysis.sin_distribution import image_distribution, sin_distribution
from engine.pipeline import Inspection, Inspector
from engine.placement import Placement
from engine.settings import Settings
from engine.superficial import superficial, to_pixels
from gui.live import LiveLoop
from gui.maps import maps_key
from gui.panels.plots import DeepPlot, DistributionPlot, ImportancePlot
from gui.state import Phase, State
from gui.worker import EngineThread

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(scope="module")
def inspector() -> Inspector:
    """The tiny network, asked beside the window."""
    return make_inspector()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    """A state with the live loop and the engine's thread behind it; a patch is at hand."""
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(tmp_path / "p.png")
    made, engine = State(), EngineThread()
    loop = LiveLoop(made, engine, made)
    made.change("Tiny", settings=TINY, patch=str(tmp_path / "p.png"), placement=Placement(4, 9))
    yield made
    loop.stop()
    engine.close()


def wait(qtbot: QtBot, state: State) -> None:
    """For the verdict of what is asked."""

    def settled() -> bool:
        shown = state.snapshot
        return state.phase is Phase.VERDICT and shown is not None and shown.request.document == state.document

    qtbot.waitUntil(settled, timeout=PATIENCE_MS)


def stage_of(inspector: Inspector, view: np.ndarray, settings: Settings = TINY) -> Inspection:
    """The stage with clusters."""
    return next(found for found in inspector.inspect(view, settings) if found.clusters is not None)


def test_a_patched_photo_alone_brings_the_benign_curve_and_clusters(qtbot: QtBot, state: State, inspector: Inspector):
    plot = ImportancePlot(state)
    qtbot.addWidget(plot)
    plot.show()
    state.change("Open", image="sample:flower", patch_on=True)
    wait(qtbot, state)
    shown = state.snapshot
    assert shown.patch_box == (9, 4, 17, 12)
    clean, patched = (stage_of(inspector, view) for view in (shown.clean_view, shown.view))
    # Not to the last bit: the engine's thread may run on fewer cores than this one.
    np.testing.assert_allclose(plot.curves()[0], clean.superficial.curve, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(plot.curves()[1], patched.superficial.curve, rtol=1e-5, atol=1e-5)
    assert not np.allclose(clean.superficial.curve, patched.superficial.curve, rtol=1e-3)
    assert [shape.std_px for shape in shown.benign.clusters] == pytest.approx(
        [each.std_px for each in clean.clusters.clusters], rel=1e-2
    )
    state.change("Patch off", patch_on=False)
    wait(qtbot, state)
    assert state.snapshot.benign is None
    assert plot.curves()[1] is None


def test_a_reference_is_found_by_model_layer_and_importance(
    qtbot: QtBot, state: State, inspector: Inspector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gui.sources, "_REFERENCES", tmp_path)
    plot = DistributionPlot(state)
    qtbot.addWidget(plot)
    plot.show()
    views = np.random.default_rng(2).integers(0, 255, (4, 32, 32, 3), dtype=np.uint8)
    stages = [stage_of(inspector, view) for view in views]
    sides = [image_distribution(stage.clusters, stage.cut.shapes[0]) for stage in stages]
    path = gui.sources.reference_path(inspector.classifier.name)
    found = sin_distribution(Look("stem", "contrast"), sides[:2], sides[2:])
    path.write_bytes(reference_document([found], {"model": inspector.classifier.name}))
    state.change("Open", image="sample:flower")
    wait(qtbot, state)
    np.testing.assert_array_equal(
        state.snapshot.reference.clusters["benign"], sorted(side.clusters for side in sides[:2])
    )
    assert f"{len(state.snapshot.clusters)} cluster" in plot.caption.text()
    state.set_knobs("Importance", importance="activation")
    wait(qtbot, state)
    assert state.snapshot.reference is None
    assert "importance activation" in plot._hint.text()


def test_a_damaged_reference_is_noted_and_nothing_else_fails(
    qtbot: QtBot, state: State, inspector: Inspector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gui.sources, "_REFERENCES", tmp_path)
    path = gui.sources.reference_path(inspector.classifier.name)
    path.write_text("{")
    state.change("Open", image="sample:flower")
    wait(qtbot, state)
    assert any("is not a reference distribution" in note for note in state.snapshot.notes)
    assert state.verdict is not None


def test_maps_come_only_while_they_can_be_seen_and_follow(qtbot: QtBot, state: State, inspector: Inspector):
    plot = DeepPlot(state)
    qtbot.addWidget(plot)
    made: list[object] = []
    state.maps_changed.connect(made.append)
    state.change("Open", image="sample:flower", patch_on=True)
    wait(qtbot, state)
    assert state.maps is None
    plot.show()
    qtbot.waitUntil(lambda: state.maps is not None, timeout=PATIENCE_MS)
    maps, shown = state.maps, state.snapshot
    activation = class_activation(inspector.classifier, inspector.graph)
    cut, _ = inspector.cut("stem")
    for copy, view in ((maps.benign, shown.clean_view), (maps.patched, shown.view)):
        deep = activation.map_of(to_pixels(view))
        np.testing.assert_allclose(copy.deep.values, deep.heatmap, rtol=1e-5, atol=1e-6)
        assert copy.predicted == inspector.classifier.labels[deep.label]
        wanted = superficial(cut, to_pixels(view), "contrast", "neutral").heatmap
        np.testing.assert_allclose(copy.superficial.values, wanted, rtol=1e-5, atol=1e-6)
        assert copy.deep.milliseconds > 0
    assert maps.area == 64 / 1024
    assert 0 <= maps.patched.deep.inside <= 1
    assert all(tile.isVisible() for tile in plot.tiles.values())
    assert "of the superficial and" in plot.caption.text()
    assert f"for the class {maps.patched.predicted}" in plot.tiles["patched", "deep"].toolTip()

    state.set_knobs("Top-ranking rate", top=0.3)  # decides nothing of the maps
    wait(qtbot, state)
    state.move_patch(Placement(20, 20))
    qtbot.waitUntil(lambda: state.maps.key == maps_key(state.document), timeout=PATIENCE_MS)
    assert made[-1].box == (20, 20, 28, 28)
    assert len(made) == 2
    plot.hide()
    state.change("Patch off", patch_on=False)
    wait(qtbot, state)
    assert len(made) == 2
    plot.show()
    qtbot.waitUntil(lambda: state.maps.patched is None, timeout=PATIENCE_MS)
    assert not plot.tiles["patched", "deep"].isVisible()
    assert "times as long" in plot.caption.text()


def test_a_model_without_class_activation_maps_says_so(qtbot: QtBot, state: State):
    plot = DeepPlot(state)
    qtbot.addWidget(plot)
    plot.show()
    state.change("Open", image="sample:flower", settings=WITHOUT_MEAN)
    qtbot.waitUntil(lambda: state.maps is not None, timeout=PATIENCE_MS)
    assert "has no class activation map" in plot.caption.text()
    assert plot.tiles["benign", "superficial"].isVisible()
    assert not plot.tiles["benign", "deep"].isVisible()
