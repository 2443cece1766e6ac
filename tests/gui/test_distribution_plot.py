"""The distribution tab: shares of the reference, this photo's lines, and what is said where there is none."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from engine.analysis.reference import Reference
from engine.settings import Settings
from gui.panels.plots import DistributionPlot
from gui.panels.plots.distribution import _of_percentiles
from gui.snapshot import Benign, ClusterShape, Snapshot
from gui.state import State
from gui.theme import apply_theme

pytestmark = pytest.mark.usefixtures("qapp")

COUNTS = {"benign": np.array([1, 2, 2, 3, 3, 3, 5, 5]), "patched": np.array([1, 1, 1, 1, 2, 2, 2, 3])}
STDS = {"benign": np.linspace(0, 60, 101), "patched": np.linspace(0, 30, 101)}
REFERENCE = Reference("1", "contrast", COUNTS, COUNTS, STDS, STDS)


def shapes(*stds: float) -> tuple[ClusterShape, ...]:
    """Clusters of these spreads."""
    return tuple(ClusterShape(50, 60, std, 10) for std in stds)


def patched() -> Snapshot:
    """One cluster with the patch, three without it."""
    return make_snapshot(
        reference=REFERENCE,
        clusters=shapes(12.0),
        benign=Benign(np.ones(3, np.float32), shapes(40.0, 20.0, 10.0)),
        patch_box=(1, 1, 9, 9),
    )


@pytest.fixture
def state() -> State:
    """A state without a snapshot."""
    return State()


@pytest.fixture
def panel(qtbot: QtBot, state: State) -> DistributionPlot:
    """The plot on the screen."""
    made = DistributionPlot(state)
    qtbot.addWidget(made)
    made.resize(700, 180)
    made.show()
    qtbot.waitExposed(made)
    return made


def lines(panel: DistributionPlot, which: str) -> list[float]:
    """Where this photo's lines stand."""
    return [line.value() for line in getattr(panel, which)._lines if line.isVisible()]


def test_without_a_reference_it_says_which_command_makes_one(panel: DistributionPlot, state: State):
    assert "open a photo" in panel._hint.text()
    state.show(make_snapshot(settings=Settings(top=0.5, layer="2")))
    assert panel.shown is None
    assert "python main.py analyze PHOTOS" in panel._hint.text()
    assert "--reference assets/analysis/reference-efficientnet_lite0.json" in panel._hint.text()
    assert "layer 2" in panel._hint.text()


def test_bars_and_steps_are_shares_of_the_reference(panel: DistributionPlot, state: State):
    state.show(patched())
    np.testing.assert_allclose(panel._counts._bars.opts["height"], [12.5, 25, 37.5, 0, 25])
    np.testing.assert_allclose(panel._counts._steps.yData, [50, 37.5, 12.5, 0, 0])
    heights = panel._spreads._bars.opts["height"]
    np.testing.assert_allclose(heights, 100 / 16, rtol=0.02)
    np.testing.assert_allclose(panel._spreads._steps.yData[:8], 100 / 8, rtol=0.02)
    np.testing.assert_allclose(panel._spreads._steps.yData[8:], 0, atol=1e-9)


def test_the_photo_stands_in_both_without_and_with_the_patch(panel: DistributionPlot, state: State):
    state.show(patched())
    assert lines(panel, "_counts") == [3, 1]
    assert lines(panel, "_spreads") == [40, 20, 10, 12]
    text = panel.caption.text()
    assert "With the patch 1 cluster (largest s_c 12 px), without it 3 clusters (largest s_c 40 px)" in text
    assert "12.5\u202f% of 8 benign photos have 1 or fewer" in text
    state.show(make_snapshot(reference=REFERENCE, clusters=shapes(30.0, 5.0)))
    assert lines(panel, "_counts") == [2]
    assert lines(panel, "_spreads") == [30, 5]
    assert panel.caption.text().startswith("2 clusters (largest s_c 30 px); 37.5\u202f% of 8 benign photos have 2")


def test_equal_counts_stand_side_by_side(panel: DistributionPlot, state: State):
    state.show(make_snapshot(reference=REFERENCE, clusters=shapes(3.0), benign=Benign(np.ones(2), shapes(9.0))))
    benign, with_patch = lines(panel, "_counts")
    assert benign < 1 < with_patch


def test_it_follows_the_theme(qtbot: QtBot, panel: DistributionPlot, state: State):
    state.show(patched())
    for theme, dark in (("dark", True), ("light", False)):
        apply_theme(theme)
        plot = panel._counts.plot
        qtbot.waitUntil(lambda dark=dark, plot=plot: (plot.backgroundBrush().color().lightness() < 128) is dark)
        ground = plot.backgroundBrush().color().lightness()
        assert abs(panel._counts._lines[0].pen.color().lightness() - ground) > 150


def test_only_the_photo_fades_while_it_is_computed_anew(panel: DistributionPlot, state: State):
    state.show(patched())
    state.show_computing()
    assert panel._counts._lines[0].opacity() < 1
    assert panel._counts._bars.opacity() == 1


def test_shares_from_percentiles_are_those_of_the_values():
    for values in (np.random.default_rng(1).gamma(2, 8, 400), np.zeros(5), np.r_[np.zeros(90), 7.0]):
        edges = np.linspace(0, max(values.max(), 1.0), 9)
        shares = _of_percentiles(np.percentile(values, np.linspace(0, 100, 101)), edges)
        assert shares.sum() == pytest.approx(1)
        np.testing.assert_allclose(shares, np.histogram(values, edges)[0] / len(values), atol=0.02)
