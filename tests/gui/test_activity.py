"""The activity log: each line with its time, at most so many, and a report for the clipboard."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from gui.activity import ActivityPanel
from gui.snapshot import Problem
from gui.state import State

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def state() -> State:
    """A state of the test's own."""
    return State()


def shown(qtbot: QtBot, panel: ActivityPanel) -> ActivityPanel:
    """The panel on the screen."""
    qtbot.addWidget(panel)
    panel.resize(500, 200)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_lines_have_their_time(qtbot: QtBot, state: State):
    panel = shown(qtbot, ActivityPanel(state))
    assert panel.lines() == []
    state.log("Opened a photo.\nOf two lines.")
    state.show(make_snapshot("alert"))
    state.report(Problem(1, "The photo x.png cannot be read; choose another."))
    texts = [re.fullmatch(r"\d\d:\d\d:\d\d  (.*)", line)[1] for line in panel.lines()]
    assert texts == [
        "Opened a photo. Of two lines.",
        "Alert: A sentence that says why the answer is alert.",
        "The photo x.png cannot be read; choose another.",
    ]


def test_a_flood_does_not_pile_up(qtbot: QtBot, state: State):
    panel = shown(qtbot, ActivityPanel(state))
    for index in range(2100):
        state.log(f"line {index}")
    state.log("x" * 100_000)
    assert len(panel.lines()) == 2000
    assert len(panel.lines()[-1]) < 2100
    assert panel.lines()[-2].endswith("line 2099")


@pytest.mark.parametrize("by_key", [False, True])
def test_the_report_goes_to_the_clipboard(qtbot: QtBot, state: State, by_key: bool):
    panel = shown(qtbot, ActivityPanel(state, lambda: "versions and lines"))
    button = panel.findChild(QPushButton, "copyReport")
    assert button.text() == "Copy report"
    if by_key:
        button.setFocus()
        qtbot.keyClick(button, Qt.Key.Key_Space)
    else:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "versions and lines"


def test_without_a_report_the_lines_are_copied(qtbot: QtBot, state: State):
    panel = shown(qtbot, ActivityPanel(state))
    state.log("Opened a photo.")
    button = panel.findChild(QPushButton, "copyReport")
    assert button.text() == "Copy log"
    button.click()
    assert QGuiApplication.clipboard().text() == panel.lines()[0] + "\n"


def test_the_list_cannot_be_changed(qtbot: QtBot, state: State):
    panel = shown(qtbot, ActivityPanel(state))
    state.log("Opened a photo.")
    qtbot.keyClicks(panel.findChild(QPlainTextEdit, "activityLog"), "abc")
    assert len(panel.lines()) == 1
    assert panel.lines()[0].endswith("Opened a photo.")
