"""Controls by their handle, and typing into them."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QWidget
from pytestqt.qtbot import QtBot

from gui.panels.controls import ControlsPanel

__all__ = ["find", "type_into"]


def find(panel: ControlsPanel, name: str) -> QWidget:
    """A control by its handle."""
    found = panel.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found


def type_into(qtbot: QtBot, box: QComboBox, text: str) -> None:
    """Write over what is there and press Return."""
    line = box.lineEdit()
    assert line is not None
    line.selectAll()
    qtbot.keyClicks(line, text)
    completer = box.completer()
    if completer is not None:
        completer.popup().hide()
    qtbot.keyClick(line, Qt.Key.Key_Return)
