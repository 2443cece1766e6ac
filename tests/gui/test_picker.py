"""The list that can be typed into."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from gui.widgets import Picker


@pytest.fixture
def layers(qtbot: QtBot) -> Picker:
    """Three layers, a line, and two more."""
    widget = Picker()
    qtbot.addWidget(widget)
    widget.set_entries([("1 · bn1", "1"), ("2 · act", "2"), None, ("bn1", "bn1"), ("blocks.0", "blocks.0")])
    widget.set_value("1")
    widget.show()
    return widget


def line_of(picker: Picker) -> QLineEdit:
    """Where it is typed into."""
    line = picker.lineEdit()
    assert line is not None
    return line


def test_down_picks_the_next_and_skips_the_line(qtbot: QtBot, layers: Picker) -> None:
    picked: list[str] = []
    layers.picked.connect(picked.append)
    for _ in range(2):
        qtbot.keyClick(layers, Qt.Key.Key_Down)
    assert picked == ["2", "bn1"]
    assert layers.value() == "bn1"


@pytest.mark.parametrize(("typed", "value"), [("blocks.0", "blocks.0"), ("2 · act", "2"), ("blocks.7", "blocks.7")])
def test_return_picks_what_was_typed(qtbot: QtBot, layers: Picker, typed: str, value: str) -> None:
    line = line_of(layers)
    line.selectAll()
    qtbot.keyClicks(line, typed)
    with qtbot.waitSignal(layers.picked) as said:
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert said.args == [value]


def test_a_part_of_a_name_finds_it(qtbot: QtBot, layers: Picker) -> None:
    line = line_of(layers)
    line.selectAll()
    qtbot.keyClicks(line, "ocks")
    completer = layers.completer()
    assert completer is not None
    assert completer.completionCount() == 1
    assert completer.currentCompletion() == "blocks.0"


def test_what_is_typed_stays_while_others_change_and_goes_when_left(qtbot: QtBot, layers: Picker) -> None:
    line = line_of(layers)
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    line.selectAll()
    qtbot.keyClicks(line, "bl")
    layers.follow("2")
    assert line.text().startswith("bl")
    completer = layers.completer()
    assert completer is not None
    completer.popup().hide()  # as a click elsewhere does
    line.clearFocus()
    assert line.text() == "2 · act"
