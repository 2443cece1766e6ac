"""The importance plot: curves of the snapshot, and a cut that is the top-ranking rate."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from gui.document import Document
from gui.panels.plots import ImportancePlot
from gui.snapshot import Benign, Problem, Snapshot
from gui.state import Phase, State
from gui.theme import apply_theme
from gui.widgets import Switch

pytestmark = pytest.mark.usefixtures("qapp")

CLEAN = np.linspace(5, 0, 512, dtype=np.float32)
PATCHED = np.linspace(9, 0, 512, dtype=np.float32)


@pytest.fixture
def state() -> State:
    """A state with a photo and no snapshot yet."""
    made = State()
    made.change("Open", image="sample:flower")
    return made


@pytest.fixture
def panel(qtbot: QtBot, state: State) -> ImportancePlot:
    """The plot on the screen."""
    made = ImportancePlot(state)
    qtbot.addWidget(made)
    made.resize(700, 260)
    made.show()
    qtbot.waitExposed(made)
    return made


def clean(**overrides: object) -> Snapshot:
    """A snapshot without the patch."""
    return make_snapshot(**({"curve": CLEAN} | overrides))


def patched(image: str = "sample:flower", **overrides: object) -> Snapshot:
    """A snapshot with the patch."""
    document = Document(image=image, patch="sample:x", patch_on=True)
    known = {"curve": PATCHED, "patch_box": (1, 1, 9, 9), "benign": Benign(CLEAN, ())}
    return make_snapshot("alert", document=document, **(known | overrides))


def legend(panel: ImportancePlot) -> bool:
    """Whether the legend can be seen."""
    return panel.findChild(QLabel, "importanceLegend").isVisible()


def on_viewport(panel: ImportancePlot, share: float, height: float = 0.5) -> QPoint:
    """The pixel of the plot at a share of the neurons, in percent."""
    plot = panel._plot
    box = plot.getPlotItem().getViewBox()
    y = box.sceneBoundingRect().top() + box.sceneBoundingRect().height() * height
    x = box.mapViewToScene(QPointF(share, 0)).x()
    return plot.mapFromScene(QPointF(x, y))


def test_before_a_photo_there_is_a_hint(panel: ImportancePlot, state: State):
    assert panel.shown is None
    assert "open a photo" in panel._hint.text()
    assert panel._hint.isVisible()
    state.show_loading("efficientnet_lite0")
    assert "loading efficientnet_lite0" in panel._hint.text()


def test_the_curve_is_that_of_the_snapshot(panel: ImportancePlot, state: State):
    state.show(clean())
    x, y = panel._benign.getData()
    np.testing.assert_array_equal(y, CLEAN)
    np.testing.assert_allclose(x, np.linspace(0, 100, 512))
    assert not panel._patched.isVisible()
    assert not legend(panel)
    assert panel.caption.text() == "200\u202f704 of 401\u202f408 neurons of bn1 are kept"
    assert panel.rate == 0.5


def test_with_a_patch_on_the_benign_curve_stands_beside_it(panel: ImportancePlot, state: State):
    state.show(patched())  # without the clean photo having been seen before
    np.testing.assert_array_equal(panel._benign.getData()[1], CLEAN)
    np.testing.assert_array_equal(panel._patched.getData()[1], PATCHED)
    assert legend(panel)
    state.show(clean())
    assert not legend(panel)


@pytest.mark.parametrize(
    "curve", [np.zeros(512), np.full(512, np.nan), np.r_[np.nan, np.inf, 5, 4, 0, 0], [3.0], [2.0] * 5]
)
@pytest.mark.parametrize("log", [False, True])
def test_odd_curves_are_drawn(panel: ImportancePlot, state: State, curve: object, log: bool):
    panel.findChild(Switch, "importanceLog").setChecked(log)
    state.show(clean(curve=np.array(curve, dtype=np.float32)))
    assert not panel.grab().isNull()
    low, high = panel._plot.getPlotItem().viewRange()[1]
    assert np.isfinite([low, high]).all()
    assert low < high


def test_log_scale_by_mouse_and_key(qtbot: QtBot, panel: ImportancePlot, state: State):
    state.show(clean())
    box = panel.findChild(Switch, "importanceLog")
    assert panel._plot.getPlotItem().viewRange()[1][0] == 0
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    low, high = panel._plot.getPlotItem().viewRange()[1]
    assert low == pytest.approx(np.log10(CLEAN[CLEAN > 0].min()))
    assert high > np.log10(5)
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert panel._plot.getPlotItem().viewRange()[1][0] == 0


def test_dragging_the_cut_changes_the_rate_in_one_step(qtbot: QtBot, panel: ImportancePlot, state: State):
    state.show(clean())
    held: list[bool] = []
    state.holding_changed.connect(held.append)
    steps = state.undo_stack.count()
    viewport = panel._plot.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=on_viewport(panel, 50))
    for share in (45, 40, 35, 30):
        qtbot.wait(15)
        qtbot.mouseMove(viewport, on_viewport(panel, share))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=on_viewport(panel, 30))
    assert held == [True, False]
    assert state.settings.top == pytest.approx(0.3, abs=0.01)
    assert state.settings.top == round(state.settings.top, 3)
    assert panel.rate == state.settings.top
    assert state.undo_stack.count() == steps + 1
    assert state.undo_stack.undoText() == "Top-ranking rate"
    state.undo_stack.undo()
    assert state.settings.top is None
    assert panel.rate == 0.5  # the engine's own choice


@pytest.mark.parametrize(("to", "rate"), [(-30, 0.001), (130, 1.0)])
def test_the_cut_stays_in_range(qtbot: QtBot, panel: ImportancePlot, state: State, to: float, rate: float):
    state.show(clean())
    viewport = panel._plot.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=on_viewport(panel, 50))
    qtbot.mouseMove(viewport, on_viewport(panel, 50 + (to - 50) / 2))
    qtbot.mouseMove(viewport, on_viewport(panel, to))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=on_viewport(panel, to))
    assert state.settings.top == rate


@pytest.mark.parametrize(
    ("key", "rate"),
    [
        (Qt.Key.Key_Left, 0.49),
        (Qt.Key.Key_Right, 0.51),
        (Qt.Key.Key_PageUp, 0.6),
        (Qt.Key.Key_PageDown, 0.4),
        (Qt.Key.Key_Home, 0.001),
        (Qt.Key.Key_End, 1.0),
    ],
)
def test_keys_move_the_cut(qtbot: QtBot, panel: ImportancePlot, state: State, key: Qt.Key, rate: float):
    state.show(clean())
    panel._plot.setFocus()
    qtbot.keyClick(panel._plot, key)
    assert state.settings.top == pytest.approx(rate)
    assert not state.holding


def test_a_key_held_down_is_one_step(qtbot: QtBot, panel: ImportancePlot, state: State):
    state.show(clean())
    steps = state.undo_stack.count()
    for _ in range(5):
        qtbot.keyPress(panel._plot, Qt.Key.Key_Left)
    assert state.holding
    qtbot.keyRelease(panel._plot, Qt.Key.Key_Left)
    assert not state.holding
    assert state.undo_stack.count() == steps + 1
    assert state.settings.top == pytest.approx(0.45)
    qtbot.keyPress(panel._plot, Qt.Key.Key_Left)
    QApplication.sendEvent(panel._plot, QEvent(QEvent.Type.FocusOut))
    assert not state.holding


def test_arrow_keys_are_claimed_before_shortcuts(panel: ImportancePlot, state: State):
    state.show(clean())
    for key, modifier, claimed in (
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, True),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier, False),
        (Qt.Key.Key_P, Qt.KeyboardModifier.NoModifier, False),
    ):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifier)
        event.ignore()
        QApplication.sendEvent(panel._plot, event)
        assert event.isAccepted() is claimed


def test_the_cut_follows_other_controls(panel: ImportancePlot, state: State):
    state.show(clean())
    state.set_knobs("Top-ranking rate", top=0.125)
    assert panel.rate == 0.125
    assert panel._label.format == "top 12.5\u202f%,  k = 50\u202f176"


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.LOADING, "loading lite1"),
        (Phase.COMPUTING, "updating"),
        (Phase.PARTIAL, "preview, 20 of 36 windows"),
        (Phase.VERDICT, ""),
        (Phase.STALE, "not up to date"),
        (Phase.CANCELLED, "stopped"),
        (Phase.ERROR, "failed"),
    ],
)
def test_each_phase_is_told(panel: ImportancePlot, state: State, phase: Phase, words: str):
    state.show(clean())
    if phase is Phase.PARTIAL:
        part = make_snapshot(None, curve=CLEAN)
        state.show(replace(part, windows=replace(part.windows, done=np.arange(36) < 20)))
    elif phase is Phase.ERROR:
        state.report(Problem(1, "It failed."))
    elif phase is Phase.LOADING:
        state.show_loading("lite1")
    elif phase is not Phase.VERDICT:
        {Phase.COMPUTING: state.show_computing, Phase.STALE: state.show_stale, Phase.CANCELLED: state.show_cancelled}[
            phase
        ]()
    assert state.phase is phase
    assert panel.status.text().startswith(words)
    assert panel.status.isVisible() is bool(words)
    dimmed = panel._benign.opacity() < 1
    assert dimmed is (phase not in (Phase.VERDICT, Phase.PARTIAL))


def test_nothing_flickers_while_a_slider_is_held(panel: ImportancePlot, state: State):
    state.show(clean())
    state.hold(True)
    state.show_computing()
    assert panel._benign.opacity() == 1
    state.hold(False)
    assert panel._benign.opacity() < 1


def test_it_follows_the_theme(qtbot: QtBot, panel: ImportancePlot, state: State):
    state.show(clean())
    for theme, dark in (("dark", True), ("light", False)):
        apply_theme(theme)
        qtbot.waitUntil(lambda dark=dark: (panel._plot.backgroundBrush().color().lightness() < 128) is dark)
        ground = panel._plot.backgroundBrush().color()
        for colour in (panel._label.color, panel._plot.getPlotItem().getAxis("left").textPen().color()):
            assert abs(colour.lightness() - ground.lightness()) > 150


def test_there_is_no_menu_of_pyqtgraph(panel: ImportancePlot):
    item = panel._plot.getPlotItem()
    assert not item.menuEnabled()
    assert not item.getViewBox().menuEnabled()
    assert panel._plot.objectName() == "importancePlot"
    assert panel._plot.accessibleName()
