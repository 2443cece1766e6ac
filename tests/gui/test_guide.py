"""The first-run guide: three hints beside what they are about."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gui.guide import HINTS
from gui.main_window import MainWindow
from gui.preferences import Preferences


def test_three_hints_are_offered_once(window: MainWindow, qtbot: QtBot):
    window.offer_guide()
    qtbot.waitUntil(window.guide.isVisible)
    step = window.findChild(QPushButton, "guideNext")
    for hint in HINTS:
        assert window.guide.accessibleName().startswith(hint.title)
        assert window.findChild(QWidget, hint.target).isVisible()
        assert window.rect().contains(window.guide.geometry()), "all of it can be read"
        qtbot.keyClick(step, Qt.Key.Key_Space)
    assert window.guide.isHidden()
    assert Preferences().guide_seen
    window.offer_guide()
    qtbot.wait(50)
    assert window.guide.isHidden()


def test_it_can_be_closed_at_once_and_asked_for_again(window: MainWindow, qtbot: QtBot):
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.guide.isVisible()
    qtbot.mouseClick(window.findChild(QPushButton, "guideClose"), Qt.MouseButton.LeftButton)
    assert window.guide.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.guide.isVisible()
    assert window.guide.step == 0


def test_escape_puts_it_away(window: MainWindow, qtbot: QtBot):
    stopped: list[bool] = []
    window.registry["stop"].setEnabled(True)
    window.registry["stop"].triggered.connect(stopped.append)
    qtbot.keyClick(window, Qt.Key.Key_F1)
    qtbot.keyClick(window.findChild(QPushButton, "guideNext"), Qt.Key.Key_Escape)
    assert window.guide.isHidden()
    assert stopped == [], "and what runs goes on"


def test_it_stays_beside_its_target_and_bears_that_it_is_hidden(window: MainWindow):
    window.guide.start()
    window.guide.advance()
    window.resize(window.minimumSize())
    assert window.rect().contains(window.guide.geometry())
    window.docks.by_name["controls"].hide()
    window.guide.start()
    window.guide.advance()
    assert window.guide.isVisible()
