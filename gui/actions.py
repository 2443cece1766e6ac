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
    is_switch : bool
        Whether it can be on or off.
    starts_group : bool
        Whether a separator stands before it.
    """

    name: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    tip: str = ""
    is_switch: bool = False
    starts_group: bool = False

    @property
    def title(self) -> str:
        """The text without its mnemonic and dots."""
        return self.text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")

    @property
    def place(self) -> str:
        """The menu it stands in, as one reads it."""
        return self.menu.replace("&", "").replace("/", " > ")

    @property
    def shown_keys(self) -> str:
        """Its shortcuts as this system writes them."""
        native = QKeySequence.SequenceFormat.NativeText
        return " or ".join(QKeySequence(key).toString(native) for key in self.keys)


# Name, text, keys (divided by blanks), tip; a line stands before a name that begins with a dash.
_Row = tuple[str, str, str, str]
_SWITCHES = frozenset(
    [
        "patchOn",
        "original",
        "compare",
        "layerImage",
        "layerHeatmap",
        "layerSins",
        "layerWindows",
        "layerLocations",
        "layerPatch",
        "themeSystem",
        "themeLight",
        "themeDark",
        "live",
    ]
)


def _in(menu: str, *rows: _Row) -> tuple[Command, ...]:
    return tuple(
        Command(
            name.removeprefix("-"),
            text,
            menu,
            tuple(keys.split()),
            tip,
            name.removeprefix("-") in _SWITCHES,
            name.startswith("-"),
        )
        for name, text, keys, tip in rows
    )


COMMANDS = (
    *_in(
        "File",
        ("open", "&Open photo…", "Ctrl+O", "Open a photo from a file"),
        ("openFolder", "Open &folder…", "Ctrl+Shift+F", "Walk through the photos of a folder"),
        ("paste", "&Paste photo", "Ctrl+V", "Take the photo that lies in the clipboard"),
        ("samples", "Sa&mples", "Ctrl+Shift+O", "Choose a photo or patch that comes with the program"),
        ("-openPatch", "Open p&atch…", "Ctrl+Shift+A", "Put a patch from a file on the photo"),
        ("-saveSession", "&Save session…", "Ctrl+S", "Keep photo, patch and settings in a file"),
        ("loadSession", "&Load session…", "Ctrl+Shift+L", "Go back to a saved session"),
        ("-exportFigure", "&Export figure…", "Ctrl+E", "Save the picture as PNG, SVG or PDF"),
        ("exportData", "Export &data…", "Ctrl+Shift+E", "Save report, windows or maps as JSON, CSV or NPZ"),
        ("copy", "&Copy figure", "Ctrl+Shift+C", "Copy the picture to the clipboard"),
        ("-quit", "&Quit", "Ctrl+Q", "Close the window"),
    ),
    *_in(
        "Edit",
        ("undo", "&Undo", "Ctrl+Z", "Take the last change back"),
        ("redo", "&Redo", "Ctrl+Shift+Z Ctrl+Y", "Make the change again"),
        ("-reset", "Reset &settings", "", "Every setting as it was at the start; the photo stays"),
        ("-patchOn", "&Patch on", "P", "Put the patch on the photo, or take it off"),
        ("patchSmaller", "Patch s&maller", "[", "Make the patch one step smaller"),
        ("patchLarger", "Patch &larger", "]", "Make the patch one step larger"),
        ("-previousWindow", "Pre&vious window", ",", "Select the window before this one"),
        ("nextWindow", "&Next window", ".", "Select the window after this one"),
    ),
    *_in(
        "View",
        ("palette", "Command &palette…", "Ctrl+Shift+P", "Find any command by typing"),
        ("-fit", "&Fit photo", "F", "Show the whole photo"),
        ("original", "&Original photo", "O", "Show the photo as it was read, not as the model sees it"),
        ("compare", "&Compare with the clean photo", "C", "A second canvas: benign against patched"),
    ),
    *_in(
        "View/&Layers",
        ("layerImage", "&Image", "1", "Show or hide the photo"),
        ("layerHeatmap", "&Heatmap", "2 H", "Show or hide the superficial importance"),
        ("layerSins", "&SINs and clusters", "3", "Show or hide SINs and clusters"),
        ("layerWindows", "&Windows", "4 W", "Show or hide the windows"),
        ("layerLocations", "&Locations", "5", "Show or hide the map of certified places"),
        ("layerPatch", "&Patch outline", "6", "Show or hide the outline of the patch"),
    ),
    *_in(
        "View/&Theme",
        ("themeSystem", "&System", "", "Colours of the desktop"),
        ("themeLight", "&Light", "", "Light colours"),
        ("themeDark", "&Dark", "", "Dark colours"),
    ),
    *_in(
        "View",
        ("-resetLayout", "&Reset layout", "", "Panels back to where they were at the start"),
    ),
    *_in(
        "Run",
        ("run", "&Run now", "F5", "Inspect the photo with the settings as they are"),
        ("stop", "&Stop", "Esc", "Stop the engine, defenses, and an attack or a batch, which keep what they have"),
        ("-live", "&Live", "L", "Follow every change at once"),
        ("-compareAll", "Run every &defense", "Ctrl+D", "Compare all defenses on this photo, also the costly ones"),
        ("-startAttack", "Start &attack", "Ctrl+T", "Train a patch as the tab Attack says"),
        ("usePatch", "&Use the trained patch", "Ctrl+U", "Put the best patch of the attack on the photo"),
        ("savePatch", "Save the trained &patch…", "", "Keep the best patch of the attack as PNG and JSON"),
        ("-startBatch", "Start &batch", "Ctrl+B", "Answer many photos by several defenses as the tab Batch says"),
        ("openReport", "&Open the batch's report", "", "Tables, plots and settings of the batch, in the browser"),
    ),
    *_in(
        "Help",
        ("guide", "&Guide", "F1", "Three hints on what is where"),
        ("shortcuts", "&Shortcuts", "Ctrl+/", "Every key"),
        ("explain", "&What the verdict means", "Ctrl+I", "What was proved, and what would break it"),
        ("-tour", "&Tour", "", "Watch the window show itself; any key takes over"),
        ("-copyReport", "&Copy report", "", "Copy versions, settings and the log, for a bug report"),
        ("about", "&About SINscope", "", "Version, licence and source"),
    ),
)


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

    def add_all(self, handlers: Mapping[str, Callable[..., object]]) -> None:
        """Make an action of every command in ``COMMANDS``; handlers of switches get the state.

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

    def add(self, command: Command, handler: Callable[..., object]) -> QAction:
        """Make an action of one command."""
        action = QAction(command.text, self._window)
        action.setCheckable(command.is_switch)
        action.triggered.connect(handler if command.is_switch else lambda _checked=False: handler())
        return self.adopt(command, action)

    def adopt(self, command: Command, action: QAction) -> QAction:
        """Take in an action made elsewhere, such as a dock's own switch."""
        action.setObjectName(f"{command.name}Action")
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setStatusTip(command.tip)
        keys = f" ({command.shown_keys})" if command.keys else ""
        action.setToolTip(f"{command.tip or command.title}{keys}")
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
