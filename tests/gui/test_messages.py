"""The message bar: one at a time, repeats counted, errors before notes."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QToolButton
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.messages import Message, MessageBar
from gui.snapshot import Problem


def bar(qtbot: QtBot) -> MessageBar:
    """A bar on the screen."""
    made = MessageBar()
    qtbot.addWidget(made)
    return made


def sentence(shown: MessageBar) -> str:
    """What it says."""
    return shown._sentence.text()


def test_the_newest_takes_the_place_and_the_same_is_counted(qtbot: QtBot):
    shown = bar(qtbot)
    assert not shown.isVisible()
    for _ in range(200):
        shown.show_message(Message("The photo is damaged.", "error"))
    assert sentence(shown) == "The photo is damaged.  (×200)"
    shown.show_message(Message("The patch is damaged.", "error"))
    assert sentence(shown) == "The patch is damaged."
    assert "The patch is damaged." in shown.accessibleName()


def test_a_note_goes_by_itself_and_does_not_hide_an_error(qtbot: QtBot):
    shown = bar(qtbot)
    shown.show_message(Message("Saved."))
    assert shown._timer.isActive()
    shown.show_message(Message("Damaged.", "error"))
    assert not shown._timer.isActive()
    shown.show_message(Message("Saved."))
    assert sentence(shown) == "Damaged."
    shown.clear()
    assert shown.isHidden()


def test_details_are_folded_until_asked_for(qtbot: QtBot):
    shown = bar(qtbot)
    shown.show_message(Message("Broken.", "error", "Traceback (most recent call last)"))
    details = shown.findChild(QPlainTextEdit, "messageText")
    assert details.isHidden()
    qtbot.mouseClick(shown.findChild(QToolButton, "messageDetails"), Qt.MouseButton.LeftButton)
    assert details.isVisible()
    assert "Traceback" in details.toPlainText()
    shown.show_message(Message("Another.", "error"))
    assert details.isHidden()
    assert shown.findChild(QToolButton, "messageDetails").isHidden()


def test_retry_takes_the_message_away_and_tries(qtbot: QtBot):
    shown, tried = bar(qtbot), []
    shown.show_message(Message("Broken.", "error", retry=lambda: tried.append(True)))
    button = shown.findChild(QToolButton, "messageRetry")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert tried == [True]
    assert shown.isHidden()


def test_a_problem_of_the_engine_is_shown_in_window_and_log_and_goes_when_mended(window: MainWindow):
    window.state.report(Problem(0, "The model cannot be loaded; choose another.", "details"))
    assert window.messages.message.sentence.startswith("The model cannot be loaded")
    assert any("The model cannot be loaded" in line for line in window.activity.lines())
    window.state.show_computing()
    assert window.messages.isHidden()


def test_a_crash_is_told_in_the_window(window: MainWindow):
    window.show_crash("Traceback: boom")
    assert window.messages.message.details == "Traceback: boom"
    assert "Copy report" in window.messages.message.sentence
