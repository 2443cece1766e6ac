"""Every key of the table reaches its command in the real window, and the dialogs list it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolBar, QToolButton
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from gui.dialogs import FigureChoice
from gui.document import Document
from gui.main_window import MainWindow
from gui.palette import Palette
from gui.shortcuts import MOUSE, ShortcutsDialog

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def shown(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window that shows an alert which no engine is behind, and has the keyboard."""
    window.state.set_live(False)
    window.state.document = Document(image="sample:flower")
    window.state.show(make_snapshot("alert"))
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def test_every_key_reaches_its_command_and_no_other(shown: MainWindow):
    reached: list[str] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: reached.append(name)

    keyed = [(command, action) for command, action in shown.registry if command.keys]
    for command, action in keyed:
        action.triggered.disconnect()  # what each does is tested elsewhere
        action.triggered.connect(note(command.name))
        action.setEnabled(True)
    assert len(keyed) > 30
    for command, _ in keyed:
        for key in command.keys:
            reached.clear()
            QTest.keySequence(shown.canvas, QKeySequence(key))
            assert reached == [command.name], key


def test_ctrl_o_asks_for_a_photo(shown: MainWindow, qtbot: QtBot):
    shown.dialogs.answers.append(None)
    qtbot.keyClick(shown.canvas, Qt.Key.Key_O, CONTROL)
    assert shown.dialogs.asked == ["Open photo"]


def test_ctrl_shift_o_offers_the_samples_only(shown: MainWindow, qtbot: QtBot):
    qtbot.keyClick(shown.canvas, Qt.Key.Key_O, CONTROL | SHIFT)
    offered = shown.findChild(Palette).list
    titles = [offered.item(row).text() for row in range(offered.count())]
    assert titles[:2] == ["Sample photo: China", "Sample photo: Flower"]
    assert all(title.startswith("Sample") for title in titles)
    qtbot.keyClicks(shown.findChild(Palette).line, "china")
    qtbot.keyClick(shown.findChild(Palette).line, Qt.Key.Key_Return)
    assert shown.state.document.image == "sample:china"


def test_ctrl_s_and_ctrl_e_write_files(shown: MainWindow, qtbot: QtBot, tmp_path: Path):
    session, figure = tmp_path / "one.sinscope", tmp_path / "figure.png"
    shown.dialogs.answers.extend([session, FigureChoice("Photo as shown", ".png", 1), figure])
    qtbot.keyClick(shown.canvas, Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: not shown.aside.is_busy and session.exists())
    qtbot.keyClick(shown.canvas, Qt.Key.Key_E, CONTROL)
    qtbot.waitUntil(figure.exists)
    assert not shown.dialogs.answers


def test_the_shortcuts_dialog_lists_every_key_of_the_table(shown: MainWindow, qtbot: QtBot):
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Slash, CONTROL)
    dialog = shown.findChild(ShortcutsDialog)
    listed = set()
    for index in range(dialog.tree.topLevelItemCount()):
        group = dialog.tree.topLevelItem(index)
        for row in range(group.childCount()):
            listed.add((group.text(0), group.child(row).text(0), group.child(row).text(1)))
    known = {(one.place, one.title, one.shown_keys) for one, _ in shown.registry if one.keys}
    assert listed == known | set(MOUSE)
    qtbot.keyClicks(dialog.line, "ctrl+e")
    visible = [
        group.child(row).text(0)
        for group in map(dialog.tree.topLevelItem, range(dialog.tree.topLevelItemCount()))
        for row in range(group.childCount())
        if not group.child(row).isHidden()
    ]
    assert visible == ["Export figure"]
    qtbot.keyClick(dialog.line, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_run_and_stop_by_mouse(shown: MainWindow, qtbot: QtBot):
    bar, pressed = shown.findChild(QToolBar), []
    for name in ("run", "stop"):
        action = shown.registry[name]
        action.triggered.disconnect()
        action.triggered.connect(lambda _on, name=name: pressed.append(name))
        action.setEnabled(True)
        button = bar.widgetForAction(action)
        assert isinstance(button, QToolButton)
        assert shown.registry[name].shortcut().toString() in button.toolTip()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pressed == ["run", "stop"]
