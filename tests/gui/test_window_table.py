"""The table of windows: sorted by number, filtered, and linked with the selection both ways."""

import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from snapshots import LABELS, make_snapshot, make_verdict, make_windows

from gui.document import Document
from gui.panels.window_model import CONFIDENCE, LABEL, NUMBER, STATE
from gui.panels.window_table import WindowTable
from gui.snapshot import WindowsView
from gui.state import State

AT = Qt.ItemDataRole


@pytest.fixture
def state(qapp: QApplication) -> State:  # noqa: ARG001
    """A state with a photo."""
    state = State()
    state.document = Document(image="sample:flower")
    return state


@pytest.fixture
def table(qtbot: QtBot, state: State) -> WindowTable:
    """An alert's table, wide enough for all its words."""
    table = WindowTable(state)
    qtbot.addWidget(table)
    table.resize(700, 400)
    table.show()
    state.show(make_snapshot("alert"))
    return table


def column(table: WindowTable, number: int) -> list[str]:
    """What a column says, from the top."""
    model = table.model
    return [model.data(model.index(row, number)) for row in range(model.rowCount())]


def mixed() -> WindowsView:
    """Four windows in four states, and one that agrees too timidly for the rule."""
    return make_windows(
        2,
        done=np.array([True, True, True, False]),
        skipped=np.array([False, False, True, False]),
        label=np.array([0, 1, 0, -1]),
    )


def test_every_state_has_its_word(state: State, table: WindowTable) -> None:
    state.show(make_snapshot(None, windows=mixed()))
    assert column(table, STATE) == ["agrees", "differs, unsure", "no SIN", "not yet"]
    assert column(table, LABEL) == ["daisy", "tench", "daisy", "–"]
    firing = np.array([True, True, False, False])
    windows = make_windows(2, done=mixed().done, skipped=mixed().skipped, label=mixed().label, firing=firing)
    state.show(make_snapshot("alert", windows=windows))
    assert column(table, STATE) == ["agrees, unsure", "differs", "no SIN", "not yet"]


def test_sorts_by_number_not_by_text(qtbot: QtBot, state: State, table: WindowTable) -> None:
    state.show(make_snapshot(windows=make_windows(4, confidence=np.linspace(1.0, 0.05, 16))))
    header = table.view.horizontalHeader()
    middle = header.sectionViewportPosition(CONFIDENCE) + header.sectionSize(CONFIDENCE) // 2
    pos = header.rect().center()
    pos.setX(middle)
    for _ in range(2):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=pos)
    shown = [float(text.split("\u202f")[0]) for text in column(table, CONFIDENCE)]
    assert shown in (sorted(shown), sorted(shown, reverse=True))
    assert len(set(shown)) == 16
    table.model.sort(LABEL, Qt.SortOrder.DescendingOrder)
    assert column(table, NUMBER) == [str(window) for window in range(16)]  # equal names: by number


def test_a_row_selects_the_window_and_the_window_a_row(qtbot: QtBot, state: State, table: WindowTable) -> None:
    table.model.sort(CONFIDENCE, Qt.SortOrder.DescendingOrder)
    where = table.view.visualRect(table.model.index(2, LABEL)).center()
    qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert state.selection.window == 33
    qtbot.keyClick(table.view, Qt.Key.Key_Down)
    assert state.selection.window == 32
    state.select(window=0)
    rows = table.view.selectionModel().selectedRows()
    assert [row.row() for row in rows] == [35]
    assert table.view.viewport().rect().contains(table.view.visualRect(rows[0]))
    state.select(place=(3, 4))
    assert not table.view.selectionModel().hasSelection()


def test_the_selection_outlives_newer_snapshots_and_sorting(state: State, table: WindowTable) -> None:
    state.select(window=15)
    state.show(make_snapshot("alert"))
    table.model.sort(CONFIDENCE, Qt.SortOrder.DescendingOrder)
    assert [row.row() for row in table.view.selectionModel().selectedRows()] == [20]
    assert state.selection.window == 15


def test_only_those_that_differ(qtbot: QtBot, state: State, table: WindowTable) -> None:
    qtbot.mouseClick(table.only_differing, Qt.MouseButton.LeftButton)
    assert column(table, NUMBER) == ["14", "15", "20"]
    assert table.note.text() == "3 of 36 differ"
    state.select(window=3)  # filtered out: nothing is selected here, and nothing is changed there
    assert not table.view.selectionModel().hasSelection()
    assert state.selection.window == 3
    qtbot.keyClick(table.only_differing, Qt.Key.Key_Space)
    assert table.model.rowCount() == 36
    assert [row.row() for row in table.view.selectionModel().selectedRows()] == [3]


def test_says_what_the_numbers_are_worth(state: State, table: WindowTable) -> None:
    assert table.note.text() == "3 of 36 differ"
    state.show_computing()
    assert table.note.text().endswith("updating")
    state.show(make_snapshot(None, windows=mixed()))
    assert table.note.text().endswith("preview")


class Stopwatch:
    """Seconds of processor time spent inside it: other processes do not disturb it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self._began = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds = time.process_time() - self._began


def test_thousands_of_rows_stay_quick(state: State, table: WindowTable) -> None:
    rng = np.random.default_rng(0)
    windows = make_windows(70, confidence=rng.random(4900), label=rng.integers(0, len(LABELS), 4900))
    shot = make_snapshot("alert", windows=windows, verdict=make_verdict("alert"))
    clock = Stopwatch()
    with clock:
        for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
            state.show(shot)
            table.model.sort(CONFIDENCE, order)
            table.model.sort(LABEL, order)
            table.grab()
    assert clock.seconds < 1.0


def test_a_narrow_table_needs_no_sideways_scrolling(qtbot: QtBot, table: WindowTable) -> None:
    table.resize(280, 400)
    qtbot.waitUntil(lambda: table.view.horizontalScrollBar().maximum() == 0)
    assert table.view.columnWidth(LABEL) > table.fontMetrics().horizontalAdvance("goldfish")
    model = table.model
    cell = model.index(14, STATE)
    assert model.data(cell) == ""
    assert model.data(cell, AT.AccessibleTextRole) == "differs"
    assert model.data(cell, AT.DecorationRole) is not None
    assert "differs" in model.data(cell, AT.ToolTipRole)
