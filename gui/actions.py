"""Every command of the window in one table: menus, palette, shortcuts dialog and tooltips read it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

__all__ = ["COMMANDS", "Command", "Registry"]


@dataclass(frozen=True)
class Command:
    """One thing the user can do.

    Parameters
    ----------
    name : str
        Its handle; the action's ``objectName`` is ``nameAction``.
    text : str
        What menus say, with ``&`` before the mnemonic.
    menu : str
        Where it stands; ``/`` divides a menu from its submenu.
    keys : tuple of str
        Shortcuts, the first one shown.
    tip : str
        One sentence for the tooltip.
    checkable : bool
    icon : str
        A name in ``gui.glyphs``.
    starts_group : bool
        Whether a separator stands before it.
    """

    name: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    tip: str = ""
    checkable: bool = False
    icon: str = ""
    starts_group: bool = False

    @property
    def title(self) -> str:
        """The text without its mnemonic and dots."""
        return self.text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")


COMMANDS = (
    Command("open", "&Open photo…", "File", ("Ctrl+O",), "Open a photo from a file", icon="photo"),
    Command("openFolder", "Open &folder…", "File", ("Ctrl+Shift+F",), "Walk through the photos of a folder"),
    Command("paste", "&Paste photo", "File", ("Ctrl+V",), "Take the photo that lies in the clipboard"),
    Command("samples", "Sa&mples…", "File", ("Ctrl+Shift+O",), "Choose a photo or patch that comes with the program"),
    Command("openPatch", "Open p&atch…", "File", ("Ctrl+Shift+A",), "Put a patch from a file on the photo", starts_group=True),
    Command("saveSession", "&Save session…", "File", ("Ctrl+S",), "Keep photo, patch and settings in a file", starts_group=True),
    Command("loadSession", "&Load session…", "File", ("Ctrl+Shift+L",), "Go back to a saved session"),
    Command("exportFigure", "&Export figure…", "File", ("Ctrl+E",), "Save the picture as PNG, SVG or PDF", starts_group=True),
    Command("exportData", "Export &data…", "File", ("Ctrl+Shift+E",), "Save report, windows or maps as JSON, CSV or NPZ"),
    Command("copy", "&Copy figure", "File", ("Ctrl+Shift+C",), "Copy the picture to the clipboard"),
    Command("quit", "&Quit", "File", ("Ctrl+Q",), "Close the window", starts_group=True),
    Command("undo", "&Undo", "Edit", ("Ctrl+Z",), "Take the last change back", icon="undo"),
    Command("redo", "&Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "Make the change again", icon="redo"),
    Command("reset", "Reset &settings", "Edit", (), "Every setting as it was at the start; the photo stays", starts_group=True),
    Command("patchOn", "&Patch on", "Edit", ("P",), "Put the patch on the photo, or take it off", True, "patch", True),
    Command("patchSmaller", "Patch s&maller", "Edit", ("[",), "Make the patch one step smaller"),
    Command("patchLarger", "Patch &larger", "Edit", ("]",), "Make the patch one step larger"),
    Command("previousWindow", "Pre&vious window", "Edit", (",",), "Select the window before this one", starts_group=True),
    Command("nextWindow", "&Next window", "Edit", (".",), "Select the window after this one"),
    Command("palette", "Command &palette…", "View", ("Ctrl+Shift+P",), "Find any command by typing", icon="search"),
    Command("fit", "&Fit photo", "View", ("F",), "Show the whole photo", starts_group=True),
    Command("original", "&Original photo", "View", ("O",), "Show the photo as it was read, not as the model sees it", True),
    Command("compare", "&Compare with the clean photo", "View", ("C",), "A second canvas: benign against patched", True),
    Command("layerImage", "&Image", "View/&Layers", ("1",), "Show or hide the photo", True),
    Command("layerHeatmap", "&Heatmap", "View/&Layers", ("2", "H"), "Show or hide the superficial importance", True),
    Command("layerSins", "&SINs and clusters", "View/&Layers", ("3",), "Show or hide SINs and clusters", True),
    Command("layerWindows", "&Windows", "View/&Layers", ("4", "W"), "Show or hide the windows", True),
    Command("layerLocations", "&Locations", "View/&Layers", ("5",), "Show or hide the map of certified places", True),
    Command("layerPatch", "&Patch outline", "View/&Layers", ("6",), "Show or hide the outline of the patch", True),
    Command("themeSystem", "&System", "View/&Theme", (), "Colours of the desktop", True),
    Command("themeLight", "&Light", "View/&Theme", (), "Light colours", True),
    Command("themeDark", "&Dark", "View/&Theme", (), "Dark colours", True),
    Command("resetLayout", "&Reset layout", "View", (), "Panels back to where they were at the start", starts_group=True),
    Command("run", "&Run now", "Run", ("F5",), "Inspect the photo with the settings as they are", icon="run"),
    Command("stop", "&Stop", "Run", ("Esc",), "Stop the engine", icon="stop"),
    Command("live", "&Live", "Run", ("L",), "Follow every change at once", True, "live", True),
    Command("guide", "&Guide", "Help", ("F1",), "Three hints on what is where"),
    Command("shortcuts", "&Shortcuts", "Help", ("Ctrl+/",), "Every key"),
    Command("explain", "&What the verdict means", "Help", ("Ctrl+I",), "What was proved, and what would break it"),
    Command("tour", "&Tour", "Help", (), "Watch the window show itself; any key takes over", starts_group=True),
    Command("copyReport", "&Copy report", "Help", (), "Copy versions, settings and the log, for a bug report", starts_group=True),
    Command("about", "&About SINscope", "Help", (), "Version, licence and source"),
)  # fmt: skip


class Registry(QObject):
    """Makes a ``QAction`` of every command and keeps them together.

    Parameters
    ----------
    window : QWidget
        Where the shortcuts hold.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}

    def add_all(self, handlers: Mapping[str, Callable[[], None] | Callable[[bool], None]]) -> None:
        """Make an action of every command in ``COMMANDS``; handlers of checkable ones get the state.

        Raises
        ------
        ValueError
            If commands and handlers do not match one to one.
        """
        names = {command.name for command in COMMANDS}
        if names != set(handlers):
            raise ValueError(f"commands and handlers differ in {sorted(names ^ set(handlers))}")
        for command in COMMANDS:
            self.add(command, handlers[command.name])

    def add(self, command: Command, handler: Callable[..., None]) -> QAction:
        """Make an action of one command."""
        action = QAction(command.text, self._window)
        action.setCheckable(command.checkable)
        action.triggered.connect(handler if command.checkable else lambda _checked=False: handler())
        return self.adopt(command, action)

    def adopt(self, command: Command, action: QAction) -> QAction:
        """Take in an action made elsewhere, such as a dock's own switch."""
        action.setObjectName(f"{command.name}Action")
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setStatusTip(command.tip)
        action.setToolTip(f"{command.tip or command.title}{keys_in_brackets(command)}")
        self._window.addAction(action)
        self._commands[command.name] = command
        self._actions[command.name] = action
        return action

    def __getitem__(self, name: str) -> QAction:
        """The action of a command."""
        return self._actions[name]

    def __iter__(self) -> Iterator[tuple[Command, QAction]]:
        """Commands with their actions, in the order of the menus."""
        return ((command, self._actions[name]) for name, command in self._commands.items())


def keys_in_brackets(command: Command) -> str:
    """The command's shortcuts as a tooltip ends with."""
    keys = " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in command.keys)
    return f" ({keys})" if keys else ""
