"""The window grid: a cell for each window, marked beyond colour, linked to the selection."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QToolTip
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot, make_windows

from gui.panels.plots import WindowGridPlot
from gui.panels.plots.grid_view import GridView, hatch
from gui.snapshot import Snapshot
from gui.state import State
from gui.theme import AGREE, DIFFER

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def state() -> State:
    """A state of the test's own."""
    return State()


@pytest.fixture
def panel(qtbot: QtBot, state: State) -> WindowGridPlot:
    """The grid on the screen."""
    made = WindowGridPlot(state)
    qtbot.addWidget(made)
    made.resize(760, 320)
    made.show()
    qtbot.waitExposed(made)
    return made


def view(panel: WindowGridPlot) -> GridView:
    """The grid itself."""
    return panel.findChild(GridView, "windowGrid")


def corner_colour(panel: WindowGridPlot, index: int) -> QColor:
    """The colour a little inside a cell's corner, beside its words and frames."""
    grid = view(panel)
    place = grid.cell_rect(index).topLeft() + QPointF(2, 2)
    return QColor(grid.grab().toImage().pixel(place.toPoint()))


def colours(panel: WindowGridPlot, index: int) -> set[str]:
    """The colours along a line near the upper edge of a cell: above its words and its frame."""
    grid = view(panel)
    rect, image = grid.cell_rect(index), grid.grab().toImage()
    y = int(rect.top()) + 2
    return {QColor(image.pixel(x, y)).name() for x in range(int(rect.left()) + 2, int(rect.right()) - 2)}


def test_agreeing_and_differing_windows_differ_beyond_colour(panel: WindowGridPlot, state: State):
    state.show(make_snapshot("alert"))
    assert corner_colour(panel, 0) == QColor(AGREE)
    assert corner_colour(panel, 14) == QColor(DIFFER)
    assert colours(panel, 0) == {AGREE.lower()}
    assert len(colours(panel, 14)) > 1  # hatching
    frame = view(panel).cell_rect(14)
    place = QPointF(frame.center().x(), frame.top() + 4)
    assert QColor(view(panel).grab().toImage().pixel(place.toPoint())).lightness() < 40
    assert panel.caption.text() == "3 of 36 windows differ from daisy, 3 fire the rule"


def test_a_differing_window_that_does_not_fire_has_no_frame(panel: WindowGridPlot, state: State):
    label = np.where(np.arange(36) == 14, 1, 0)
    state.show(make_snapshot("consistent", windows=make_windows(label=label)))
    cell = view(panel).cell_rect(14)
    frame = cell.topLeft() + QPointF(cell.width() / 2, 4)
    assert QColor(view(panel).grab().toImage().pixel(frame.toPoint())).lightness() > 40
    assert panel.caption.text() == "1 of 36 windows differ from daisy, 0 fire the rule"


def test_windows_that_were_not_run_are_empty(panel: WindowGridPlot, state: State):
    done = np.arange(36) < 7
    label = np.where(done, 0, -1)
    windows = make_windows(done=done, label=label, skipped=np.arange(36) == 3)
    state.show(make_snapshot(None, windows=windows))
    ground = panel.palette().base().color()
    assert corner_colour(panel, 20) not in (QColor(AGREE), QColor(DIFFER))
    assert corner_colour(panel, 3) not in (QColor(AGREE), ground)  # without a SIN: half way
    assert panel.caption.text() == "0 of 7 windows differ from daisy"
    assert panel.status.text() == "preview, 7 of 36 windows"


def test_colour_by_confidence_by_key(qtbot: QtBot, panel: WindowGridPlot, state: State):
    state.show(make_snapshot("alert"))
    combo = panel.findChild(QComboBox, "windowGridColour")
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentText() == "Colour: confidence"
    assert corner_colour(panel, 35).lightness() > corner_colour(panel, 0).lightness()  # 95 % against 60 %
    assert len(colours(panel, 14)) > len(colours(panel, 13)) == 1  # those that differ stay hatched
    assert view(panel).by_confidence
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert corner_colour(panel, 0) == QColor(AGREE)


def test_a_click_selects(qtbot: QtBot, panel: WindowGridPlot, state: State):
    state.show(make_snapshot())
    for index in (0, 7, 35):
        middle = view(panel).cell_rect(index).center().toPoint()
        qtbot.mouseClick(view(panel), Qt.MouseButton.LeftButton, pos=middle)
        assert state.selection.window == index
        assert f"window {index} (row {index // 6 + 1}, column {index % 6 + 1})" in panel.caption.text()
    qtbot.mouseClick(view(panel), Qt.MouseButton.RightButton, pos=view(panel).cell_rect(3).center().toPoint())
    assert state.selection.window == 35


def test_arrow_keys_walk_and_stop_at_the_edge(qtbot: QtBot, panel: WindowGridPlot, state: State):
    state.show(make_snapshot())
    grid = view(panel)
    grid.setFocus()
    walk = [(Qt.Key.Key_Right, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 7), (Qt.Key.Key_Left, 6)]
    for key, index in [*walk, (Qt.Key.Key_Left, 6), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Up, 0)]:
        qtbot.keyClick(grid, key)
        assert state.selection.window == index
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(grid, event)
    assert event.isAccepted()


def outlined(panel: WindowGridPlot) -> list[int]:
    """The cells with the colour of text along all four edges."""
    image, ink = view(panel).grab().toImage(), panel.palette().text().color()
    found = []
    for index in range(36):
        rect = view(panel).cell_rect(index)
        middle = rect.center()
        edges = [
            (rect.left(), middle.y()),
            (rect.right(), middle.y()),
            (middle.x(), rect.top()),
            (middle.x(), rect.bottom()),
        ]
        if all(QColor(image.pixel(int(x), int(y))) == ink for x, y in edges):
            found.append(index)
    return found


def test_a_selection_made_elsewhere_is_outlined(panel: WindowGridPlot, state: State):
    state.show(make_snapshot())
    assert outlined(panel) == []
    state.select(window=8)
    assert outlined(panel) == [8]
    state.select()
    assert outlined(panel) == []


def test_a_place_marks_the_windows_that_hide_it(panel: WindowGridPlot, state: State):
    snapshot = make_snapshot()
    state.show(snapshot)
    state.select(place=(30, 60))
    boxes = snapshot.windows.boxes_px
    hides = [top <= 30 and bottom >= 62 and left <= 60 and right >= 92 for top, left, bottom, right in boxes.tolist()]
    assert 0 < sum(hides) < 36
    np.testing.assert_array_equal(view(panel).cells.hides, hides)


def test_a_tip_says_what_is_known(panel: WindowGridPlot, state: State):
    state.show(make_snapshot("alert"))
    cell = view(panel).cell_rect(14).center().toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, cell, view(panel).mapToGlobal(cell))
    QApplication.sendEvent(view(panel), event)
    assert QToolTip.text().startswith("window 14 (row 3, column 3): tench 74\u202f%, margin 3")
    assert QToolTip.text().endswith("differs from daisy")
    QToolTip.hideText()


def many(across: int) -> Snapshot:
    """A family of very many windows, one of which differs."""
    snapshot = make_snapshot()
    count = across * across
    label = np.where(np.arange(count) == count // 2, 1, 0)
    return replace(snapshot, windows=make_windows(across, label=label))


@pytest.mark.parametrize("across", [1, 2, 20, 21, 190])
def test_any_number_of_windows_is_drawn(qtbot: QtBot, panel: WindowGridPlot, state: State, across: int):
    state.show(many(across))
    index = across * across // 2
    rect = view(panel).cell_rect(index)
    image = view(panel).grab().toImage()
    found = {QColor(image.pixel(point)).name() for point in _points(rect)}
    assert DIFFER.lower() in found
    qtbot.mouseClick(view(panel), Qt.MouseButton.LeftButton, pos=rect.center().toPoint())
    assert abs(state.selection.window % across - index % across) <= 1


def _points(rect: QRectF) -> list[QPoint]:
    middle = rect.center()
    steps = np.linspace(-0.45, 0.45, 7)
    return [
        QPointF(middle.x() + dx * rect.width(), middle.y() + dy * rect.height()).toPoint()
        for dx in steps
        for dy in steps
    ]


def test_a_smaller_family_forgets_the_selection(panel: WindowGridPlot, state: State):
    state.show(make_snapshot())
    state.select(window=30)
    state.show(replace(make_snapshot(), windows=make_windows(2)))
    assert state.selection.window is None
    assert not panel.grab().isNull()


def test_logits_without_a_number_are_told(panel: WindowGridPlot, state: State):
    label = np.where(np.arange(36) == 5, -1, 0)
    state.show(make_snapshot("alert", windows=make_windows(label=label, confidence=np.full(36, np.nan))))
    state.select(window=5)
    assert "no finite logits" in panel.caption.text()
    panel.findChild(QComboBox, "windowGridColour").setCurrentIndex(1)
    assert not panel.grab().isNull()


def test_at_small_sizes_nothing_is_cut_off(panel: WindowGridPlot, state: State):
    state.show(make_snapshot("alert"))
    for width, height in ((320, 150), (480, 200), (1200, 500)):
        panel.resize(width, height)
        QApplication.processEvents()
        last = view(panel).cell_rect(35)
        assert last.right() <= view(panel).width()
        assert last.bottom() <= view(panel).height()


def test_hatching_stays_inside_its_rectangle():
    rect = QRectF(10, 20, 37, 11)
    lines = hatch(rect, 5)
    assert len(lines) > 5
    for line in lines:
        for end in (line.p1(), line.p2()):
            assert rect.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(end)
        assert line.dx() == pytest.approx(-line.dy())
