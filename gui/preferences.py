"""What the window remembers between runs; a file of another version or full of rubbish only loses itself."""

from pathlib import Path
from typing import get_args

from PySide6.QtCore import QByteArray, QRect, QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from gui.recent import RecentFiles
from gui.theme import ThemeName

__all__ = ["LAYOUT_VERSION", "Preferences"]

VERSION = 1
LAYOUT_VERSION = 1


class Preferences:
    """Theme, layout, recent files and whether the guide was seen, in the user's settings file.

    Nothing of it is needed: what cannot be read is as if it were not there, and several windows may write
    the same file, of which the last one wins.
    """

    def __init__(self) -> None:
        self._file = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "SINscope", "SINscope")
        if self._text("version") != str(VERSION):
            self._file.clear()
            self._file.setValue("version", VERSION)

    @property
    def theme(self) -> ThemeName:
        """The theme that was chosen; the desktop's at first."""
        stored = self._text("theme")
        return next((name for name in get_args(ThemeName) if name == stored), "system")

    @theme.setter
    def theme(self, name: ThemeName) -> None:
        self._file.setValue("theme", name)

    @property
    def guide_seen(self) -> bool:
        """Whether the first-run guide has been shown."""
        return self._text("guide") == "seen"

    @guide_seen.setter
    def guide_seen(self, seen: bool) -> None:
        self._file.setValue("guide", "seen" if seen else "")

    def recent(self, kind: str) -> RecentFiles:
        """What was opened last: ``photos``, ``patches``, ``folders`` or ``sessions``."""
        return RecentFiles(self._file, kind)

    def last_folder(self, kind: str) -> Path | None:
        """The folder that something of a kind was opened from last."""
        for path in map(Path, self.recent(kind).paths()):
            return path if kind == "folders" else path.parent
        return None

    def forget_recent(self) -> None:
        """Empty the lists of what was opened last."""
        self._file.remove("recent")

    def save_layout(self, window: QMainWindow) -> None:
        """Keep place, size and docks of the window."""
        self._file.setValue("layout/geometry", window.saveGeometry())
        self._file.setValue("layout/docks", window.saveState(LAYOUT_VERSION))
        self._file.sync()

    def restore_layout(self, window: QMainWindow) -> bool:
        """Put the window where it was, on the screens there are now; False if nothing fits."""
        geometry, docks = self._file.value("layout/geometry"), self._file.value("layout/docks")
        if not isinstance(geometry, QByteArray) or not window.restoreGeometry(geometry):
            return False
        window.setGeometry(_on_screen(window.geometry()))
        return isinstance(docks, QByteArray) and window.restoreState(docks, LAYOUT_VERSION)

    def forget_layout(self) -> None:
        """Start with the default layout next time."""
        self._file.remove("layout")

    def _text(self, key: str) -> str:
        value = self._file.value(key)
        return value if isinstance(value, str) else "" if value is None else str(value)


def _on_screen(wanted: QRect) -> QRect:
    """The same rectangle, moved and shrunk so that all of it can be seen."""
    screen = QGuiApplication.screenAt(wanted.center()) or QGuiApplication.primaryScreen()
    room = screen.availableGeometry()
    size = wanted.size().boundedTo(room.size())
    left = min(max(wanted.left(), room.left()), room.right() - size.width() + 1)
    top = min(max(wanted.top(), room.top()), room.bottom() - size.height() + 1)
    return QRect(left, top, size.width(), size.height())
