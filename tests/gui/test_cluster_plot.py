"""The cluster plot: sizes and s_c of the snapshot's clusters, linked to the selected window."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from gui.panels.plots import ClusterPlot
from gui.snapshot import ClusterShape
from gui.state import State

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def state() -> State:
    """A state of the test's own."""
    return State()


@pytest.fixture
def panel(qtbot: QtBot, state: State) -> ClusterPlot:
    """The plot on the screen."""
    made = ClusterPlot(state)
    qtbot.addWidget(made)
    made.resize(760, 260)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_sizes_and_spreads_are_those_of_the_clusters(panel: ClusterPlot, state: State):
    state.show(make_snapshot())
    np.testing.assert_array_equal(panel._sizes._stems.opts["height"], [120, 80])
    x, y = panel._spreads._points.getData()
    np.testing.assert_array_equal(x, [1, 2])
    np.testing.assert_array_equal(y, [18.0, 22.0])
    assert panel.caption.text() == (
        "2 clusters of the top 200 SINs; the largest holds 120 (60\u202f%), s_c 18.0 px around row 80, column 90"
    )


def test_another_number_of_clusters_replaces_them(panel: ClusterPlot, state: State):
    state.show(make_snapshot(clusters=tuple(ClusterShape(5, 5, 1.0, 200 - index) for index in range(150))))
    assert panel.caption.text().startswith("150 clusters")
    assert not any(number.isVisible() for number in panel._sizes._numbers)
    state.show(make_snapshot(clusters=(ClusterShape(50, 60, 0.0, 200),)))
    assert panel.caption.text().startswith("1 cluster of the top 200 SINs")
    assert [number.isVisible() for number in panel._sizes._numbers].count(True) == 1
    assert not panel.grab().isNull()


def test_until_there_are_clusters_there_is_a_hint(panel: ClusterPlot, state: State):
    state.show(make_snapshot(None, stage="superficial", sins_px=None, cluster_of=None, clusters=(), windows=None))
    assert panel._hint.isVisible()
    assert panel.shown is None


def test_a_click_selects_the_window_over_the_cluster(qtbot: QtBot, panel: ClusterPlot, state: State):
    snapshot = make_snapshot()
    state.show(snapshot)
    for plot in (panel._sizes.plot, panel._spreads.plot):
        for number, cluster in enumerate(snapshot.clusters, start=1):
            state.select()
            place = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(number, 1))
            qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.mapFromScene(place))
            top, left, bottom, right = snapshot.windows.boxes_px[state.selection.window]
            assert top <= cluster.y < bottom
            assert left <= cluster.x < right


def test_left_and_right_walk_the_clusters(qtbot: QtBot, panel: ClusterPlot, state: State):
    snapshot = make_snapshot()
    state.show(snapshot)
    right, left = Qt.Key.Key_Right, Qt.Key.Key_Left
    for plot, key, number in (
        *((panel._sizes.plot, right, number) for number in (0, 1, 1)),
        *((panel._spreads.plot, left, number) for number in (0, 0)),
    ):
        qtbot.keyClick(plot, key)
        box = snapshot.windows.boxes_px[state.selection.window]
        assert box[0] <= snapshot.clusters[number].y < box[2]
        assert box[1] <= snapshot.clusters[number].x < box[3]


def test_clicks_beside_the_clusters_do_nothing(qtbot: QtBot, panel: ClusterPlot, state: State):
    state.show(make_snapshot())
    plot = panel._sizes.plot
    place = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(4, 1))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.mapFromScene(place))
    assert state.selection.window is None
    state.show(make_snapshot(None, stage="clusters", windows=None))
    place = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(1, 1))
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.mapFromScene(place))
    assert state.selection.window is None


def test_clusters_under_the_selected_window_are_outlined(panel: ClusterPlot, state: State):
    snapshot = make_snapshot()
    state.show(snapshot)
    index = next(
        index
        for index, (top, left, bottom, right) in enumerate(snapshot.windows.boxes_px.tolist())
        if top <= 80 < bottom and left <= 90 < right and not (top <= 140 < bottom and left <= 150 < right)
    )
    state.select(window=index)
    widths = [pen.widthF() for pen in panel._sizes._stems.opts["pens"]]
    assert widths[0] > widths[1]


def test_it_fades_while_outdated(panel: ClusterPlot, state: State):
    state.show(make_snapshot())
    assert panel._sizes._stems.opacity() == 1
    state.show_computing()
    assert panel._sizes._stems.opacity() < 1
    assert panel.status.text() == "updating"
