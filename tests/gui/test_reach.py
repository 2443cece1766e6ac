"""Everything that takes the keyboard's focus can be reached by Tab, shows it, and has a name."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot
from waiting import settle

from gui.main_window import MainWindow
from gui.sources import sample_patches
from gui.widgets import Fold

TABS = ("windows", "importance", "grid", "clusters", "activity")
ENOUGH = 150  # presses of Tab; there are some eighty stops


@pytest.fixture
def unfolded(at_rest: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with a patch on its photo and every fold open: all controls there are."""
    at_rest.opener.patch(f"sample:{next(iter(sample_patches()))}")
    for fold in at_rest.findChildren(Fold):
        fold.open()
    settle(qtbot, at_rest)
    return at_rest


def stops(window: MainWindow) -> list[QWidget]:
    """What is there for Tab to stop at."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.window() is window
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
    ]


def seen(widget: QWidget) -> QImage:
    """A widget with what its parent draws round it."""
    parent = widget.parentWidget()
    assert parent is not None
    return parent.grab(widget.geometry().adjusted(-3, -3, 3, 3)).toImage()


@pytest.mark.parametrize("tab", TABS)
def test_tab_reaches_everything_and_everything_shows_it(unfolded: MainWindow, qtbot: QtBot, tab: str):
    window = unfolded
    window.docks.show_tab(tab)
    window.canvas.setFocus()
    wanted = stops(window)
    assert len(wanted) > 60
    # All stops once; the picture of each with the focus and without it only where no other test has taken it.
    pictured = wanted if tab == TABS[0] else [one for one in wanted if window.docks.tabs.isAncestorOf(one)]
    reached: list[QWidget] = []
    dull = []
    for _ in range(ENOUGH):
        one = QApplication.focusWidget()
        if reached and one is reached[0]:
            break
        reached.append(one)
        before = seen(one) if one in pictured else None
        qtbot.keyClick(one, Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is not one, f"{told(one)} keeps Tab for itself"
        if before is not None and seen(one) == before:
            dull.append(told(one))
    assert [told(one) for one in wanted if one not in reached] == [], "not reached"
    assert dull == [], "do not show that they have the focus"


def told(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName()} {widget.accessibleName()}"


@pytest.mark.parametrize("tab", TABS)
def test_everything_has_a_name_and_says_what_it_does(unfolded: MainWindow, tab: str):
    unfolded.docks.show_tab(tab)
    wanted = stops(unfolded)
    assert [told(one) for one in wanted if not (one.accessibleName() or _caption(one))] == [], "no name"
    buttons = [one for one in unfolded.findChildren(QAbstractButton) if one.isVisible() and one.isEnabled()]
    mute = [
        told(one) for one in buttons if not (one.accessibleName() or one.text()) and one.objectName()[:3] != "qt_"
    ]
    assert mute == [], "a button without a word"


def _caption(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else ""
