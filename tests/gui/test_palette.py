"""The command palette: what matches, in which order, and what it runs."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.main_window import MainWindow
from gui.palette import Entry, Palette, match


def names(palette: Palette) -> list[str]:
    """The titles that are listed."""
    return [palette.list.item(row).text() for row in range(palette.list.count())]


def test_letters_in_order_match_and_others_do_not():
    assert match("expfig", "Export figure") == match("exp fig", "Export figure")
    assert match("ef", "Export figure")[1] == (0, 7)
    assert match("xyz", "Export figure") is None
    assert match("", "anything") == (0.0, ())
    assert match("é", "Export") is None


def test_beginnings_and_neighbours_count_more():
    titles = ["Command palette", "Save session", "Copy figure", "Reset layout", "Layer: Patch", "Export data"]
    best = max(titles, key=lambda title: (match("pal", title) or (-1.0, ()))[0])
    assert best == "Command palette"
    assert match("se", "Save session")[1] == (5, 6)


def test_typing_narrows_arrows_move_and_enter_runs(qtbot: QtBot):
    ran: list[str] = []
    parent = QWidget()
    parent.resize(900, 600)
    qtbot.addWidget(parent)
    parent.show()
    entries = [
        Entry(title, "Menu", "", lambda title=title: ran.append(title))
        for title in ("Open photo", "Open patch", "Quit")
    ]
    palette = Palette(parent, entries)
    palette.show()
    assert names(palette) == ["Open photo", "Open patch", "Quit"]
    qtbot.keyClicks(palette.line, "op")
    assert sorted(names(palette)) == ["Open patch", "Open photo"]
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    second = names(palette)[1]
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert ran == [second]
    assert not parent.findChildren(Palette) or not palette.isVisible()


def test_nothing_found_is_said_and_cannot_be_run(qtbot: QtBot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(900, 600)
    palette = Palette(parent, [Entry("Quit", "File", "", lambda: None)])
    palette.show()
    qtbot.keyClicks(palette.line, "zzz")
    assert names(palette) == ["Nothing is called that"]
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()
    qtbot.keyClick(palette.line, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_the_window_offers_commands_samples_and_switches_by_their_keys(window: MainWindow, qtbot: QtBot):
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    palette = window.findChild(Palette)
    assert "Sample photo: China" in names(palette)
    assert "Live  ✓" in names(palette)
    assert not any(name.startswith("Undo") for name in names(palette)), "nothing can be undone"
    qtbot.keyClicks(palette.line, "dark theme")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert window.preferences.theme == "dark"
