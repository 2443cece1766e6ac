"""Menu bar and toolbar, built from the table of commands."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from gui.actions import Registry
from gui.glyphs import glyph

__all__ = ["TOOLBAR", "build_menus", "build_toolbar", "dress", "filled_on_show"]

# Commands on the toolbar; "|" divides, ">" pushes what follows to the right.
TOOLBAR = (
    "open",
    "samples",
    "|",
    "undo",
    "redo",
    "|",
    "patchOn",
    "compare",
    ">",
    "live",
    "run",
    "stop",
    "|",
    "palette",
)
_WORDS = {
    "open": "Open",
    "samples": "Samples",
    "patchOn": "Patch",
    "compare": "Compare",
    "run": "Run",
    "live": "Live",
}
_GLYPHS = {
    "open": "photo",
    "samples": "samples",
    "undo": "undo",
    "redo": "redo",
    "patchOn": "patch",
    "palette": "search",
    "compare": "compare",
    "run": "run",
    "stop": "stop",
    "live": "live",
}


def build_menus(window: QMainWindow, registry: Registry, behind: Mapping[str, QMenu]) -> None:
    """Fill the menu bar.

    Parameters
    ----------
    behind : mapping of str to QMenu
        Submenus, by the command that they stand behind.
    """
    menus: dict[str, QMenu] = {}
    for command, action in registry:
        menu = _menu(window, menus, command.menu)
        if command.starts_group and not menu.isEmpty():
            menu.addSeparator()
        menu.addAction(action)
        if command.name in behind:
            menu.addMenu(behind[command.name])


def filled_on_show(menu: QMenu, fill: Callable[[QMenu], None]) -> None:
    """Make a menu's entries when it is about to be shown."""

    def renew() -> None:
        menu.clear()
        fill(menu)
        if menu.isEmpty():
            menu.addAction("None yet").setEnabled(False)

    menu.aboutToShow.connect(renew)


def build_toolbar(window: QMainWindow, registry: Registry) -> QToolBar:
    """The slim bar under the menus."""
    bar = QToolBar("Toolbar", window)
    bar.setObjectName("toolBar")
    bar.setMovable(False)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    side = round(window.fontMetrics().height() * 1.25)
    bar.setIconSize(QSize(side, side))
    for name in TOOLBAR:
        if name == "|":
            bar.addSeparator()
        elif name == ">":
            gap = QWidget()
            gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            bar.addWidget(gap)
        else:
            action = registry[name]
            bar.addAction(action)
            button = bar.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setAccessibleName(action.text().replace("&", ""))
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                if action.menu() is not None:
                    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
                if name in _WORDS:
                    action.setIconText(_WORDS[name])
                    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    window.addToolBar(bar)
    return bar


def dress(registry: Registry) -> None:
    """Give the toolbar's actions their icons in the colours of now."""
    for name, drawing in _GLYPHS.items():
        action = registry[name]
        words = action.iconText()
        action.setIcon(glyph(drawing))
        action.setIconText(words)
        action.setIconVisibleInMenu(False)


def _menu(window: QMainWindow, menus: dict[str, QMenu], path: str) -> QMenu:
    if path not in menus:
        parent, _, last = path.rpartition("/")
        title = last if "&" in last else f"&{last}"
        menus[path] = _menu(window, menus, parent).addMenu(title) if parent else window.menuBar().addMenu(title)
        menus[path].setToolTipsVisible(True)
    return menus[path]
