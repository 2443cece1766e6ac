"""What is remembered between runs, and that a settings file of any kind never stops the window."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QTabBar

from gui.main_window import MainWindow
from gui.preferences import Preferences


def settings_file() -> Path:
    """Where this test's settings lie."""
    return Path(QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "SINscope", "SINscope").fileName())


def test_theme_guide_and_recent_files_are_remembered(tmp_path: Path):
    (tmp_path / "a.png").touch()
    first = Preferences()
    assert (first.theme, first.guide_seen) == ("system", False)
    first.theme, first.guide_seen = "dark", True
    first.recent("photos").add(str(tmp_path / "a.png"))
    second = Preferences()
    assert (second.theme, second.guide_seen) == ("dark", True)
    assert second.recent("photos").paths() == [str(tmp_path / "a.png")]
    assert second.last_folder("photos") == tmp_path
    second.forget_recent()
    assert Preferences().last_folder("photos") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe rubbish \x80",
        b"[General]\nversion=1\ntheme=@Variant(\\0\\0\\0\\x7f\\0)\nguide=[[[\n[layout]\ngeometry=@ByteArray(zzzz)\ndocks=7\n",
        b"[General]\nversion=99\ntheme=dark\n",
        b"[General]\nversion=1\ntheme=neon\n[recent]\nphotos={{{\n",
        b"[General]\nversion=1\n[layout]\ngeometry=@ByteArray(\\x1\\xd9\\xd0\\xcb\\0\\x3)\ndocks=@ByteArray(\\0\\0\\0\\xff)\n",
    ],
    ids=["empty", "binary", "rubbish", "another version", "unknown values", "cut short"],
)
def test_no_settings_file_stops_the_window(content: bytes, make_window: Callable[..., MainWindow]):
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    window = make_window()
    assert window.preferences.theme == "system"
    assert window.preferences.recent("photos").paths() == []
    assert window.docks.by_name["verdict"].isVisible()


def test_the_layout_comes_back_and_can_be_reset(make_window: Callable[..., MainWindow]):
    first = make_window()
    first.docks.by_name["layers"].hide()
    first.resize(first.width(), 700)
    first.close()
    second = make_window()
    assert not second.docks.by_name["layers"].isVisible()
    assert second.height() == 700
    second.registry["resetLayout"].trigger()
    assert second.docks.by_name["layers"].isVisible()
    assert not second.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly), "stray tab bars"


def test_a_window_saved_on_a_screen_that_is_gone_comes_back_where_it_can_be_seen(
    make_window: Callable[..., MainWindow],
):
    first = make_window()
    first.setGeometry(QRect(9000, -4000, 1000, 700))
    first.close()
    room = QGuiApplication.primaryScreen().availableGeometry()
    assert room.contains(make_window().geometry().center())


def test_two_windows_share_the_settings_file(make_window: Callable[..., MainWindow]):
    first, second = make_window(), make_window()
    first.preferences.theme = "dark"
    second.preferences.theme = "light"
    first.close()
    second.close()
    assert Preferences().theme in ("dark", "light")
