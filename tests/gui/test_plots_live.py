"""The plots on the real engine: what they show is what the engine found, and the cut moves it."""

import pytest
from pytestqt.qtbot import QtBot

from gui.live import LiveLoop
from gui.panels import words
from gui.panels.plots import ClusterPlot, ImportancePlot, WindowGridPlot
from gui.state import Phase, State
from gui.worker import EngineThread

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def state() -> State:
    """A state with the live loop and the engine's thread behind it."""
    made, engine = State(), EngineThread()
    loop = LiveLoop(made, engine, made)
    yield made
    loop.stop()
    engine.close()


def test_plots_follow_the_engine(qtbot: QtBot, state: State):
    plots = [ImportancePlot(state), WindowGridPlot(state), ClusterPlot(state)]
    for plot in plots:
        qtbot.addWidget(plot)
        plot.show()
    importance, grid, clusters = plots
    state.set_knobs("Window size", window=100)
    state.change("Open", image="sample:flower")
    qtbot.waitUntil(lambda: state.phase is Phase.VERDICT, timeout=120_000)
    windows = state.snapshot.windows
    assert grid._view.cells.shape == windows.grid
    assert len(clusters._sizes._stems.opts["height"]) == len(state.snapshot.clusters)
    before = state.snapshot.count
    assert f"{words.count(before)} of" in importance.caption.text()

    importance._cut.setValue(20.0)
    importance._cut.sigDragged.emit(importance._cut)
    assert state.holding
    qtbot.waitUntil(lambda: state.snapshot.count != before, timeout=60_000)
    importance._cut.sigPositionChangeFinished.emit(importance._cut)
    qtbot.waitUntil(lambda: state.phase is Phase.VERDICT and state.snapshot.settings.top == 0.2, timeout=60_000)
    assert state.snapshot.count == round(0.2 * state.snapshot.neurons)
    assert f"{words.count(state.snapshot.count)} of" in importance.caption.text()
    assert importance.rate == 0.2
    assert grid.status.text() == ""
