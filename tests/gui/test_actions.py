"""The table of commands: complete, without clashes, and what menus, palette and tooltips show."""

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from gui.actions import COMMANDS, Registry
from gui.main_window import MainWindow


def test_names_and_keys_are_each_used_once():
    keys = [QKeySequence(key).toString() for command in COMMANDS for key in command.keys]
    names = [command.name for command in COMMANDS]
    assert all(keys), "a key that Qt does not know"
    assert not [key for key, uses in Counter(keys).items() if uses > 1]
    assert not [name for name, uses in Counter(names).items() if uses > 1]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("open", "Ctrl+O"),
        ("samples", "Ctrl+Shift+O"),
        ("saveSession", "Ctrl+S"),
        ("exportFigure", "Ctrl+E"),
        ("undo", "Ctrl+Z"),
        ("redo", "Ctrl+Shift+Z"),
        ("palette", "Ctrl+Shift+P"),
        ("guide", "F1"),
        ("run", "F5"),
        ("stop", "Esc"),
        ("live", "L"),
        ("patchOn", "P"),
        ("patchSmaller", "["),
        ("patchLarger", "]"),
        ("previousWindow", ","),
        ("nextWindow", "."),
        ("layerHeatmap", "H"),
        ("layerWindows", "W"),
        ("fit", "F"),
        *(
            (f"layer{name}", str(i))
            for i, name in enumerate(("Image", "Heatmap", "Sins", "Windows", "Locations", "Patch"), 1)
        ),
    ],
)
def test_the_keys_of_the_design_are_there(name: str, key: str):
    command = next(command for command in COMMANDS if command.name == name)
    assert key in command.keys


def test_every_command_stands_in_a_menu_with_a_tip_and_its_keys(window: MainWindow):
    shown = {action.objectName() for menu in window.menuBar().findChildren(QMenu) for action in menu.actions()}
    for command, action in window.registry:
        assert action.objectName() == f"{command.name}Action"
        assert action.objectName() in shown
        assert action.statusTip()
        assert not command.keys or command.shown_keys in action.toolTip()


def test_no_menu_uses_a_mnemonic_twice(window: MainWindow):
    for menu in window.menuBar().findChildren(QMenu):
        marked = [action.text().replace("&&", "") for action in menu.actions()]
        letters = Counter(text[text.index("&") + 1].lower() for text in marked if "&" in text)
        assert not [letter for letter, uses in letters.items() if uses > 1], menu.title()


def test_handlers_must_match_the_table(qtbot: QtBot):
    widget = QWidget()
    qtbot.addWidget(widget)
    with pytest.raises(ValueError, match="about"):
        Registry(widget).add_all({command.name: print for command in COMMANDS if command.name != "about"})
