"""What each command of the table does: a few lines each, or a call to the part that knows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QActionGroup, QGuiApplication

from engine.cli.version import version
from engine.datasets.cifar10 import CIFAR10_CLASSES, cifar10_is_here
from engine.settings import Settings
from gui.messages import Message
from gui.palette import Entry, Palette
from gui.shortcuts import ShortcutsDialog
from gui.sources import SAMPLE_IMAGES, SMALL_IMAGES, sample_patches
from gui.theme import ThemeName, apply_theme

if TYPE_CHECKING:
    from gui.main_window import MainWindow

__all__ = ["LAYER_COMMANDS", "Commands"]

LAYER_COMMANDS = {
    "layerImage": "image",
    "layerHeatmap": "heatmap",
    "layerSins": "sins",
    "layerWindows": "windows",
    "layerLocations": "locations",
    "layerPatch": "patch",
}
_THEMES: dict[str, ThemeName] = {"themeSystem": "system", "themeLight": "light", "themeDark": "dark"}
_ABOUT = (
    "<h3>SINscope {version}</h3><p>Shows live whether an image classifier can be fooled by an adversarial patch, "
    "and proves when it cannot.</p><p>Apache-2.0. Built with Qt for Python, pyqtgraph, PyTorch, timm and "
    "OpenVINO.</p>"
)


class Commands(QObject):
    """Handlers of the registry, and the switches that follow the state.

    Parameters
    ----------
    window : MainWindow
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._registry = window.registry
        self._registry.add_all(self._handlers())
        themes = QActionGroup(self)
        for name in _THEMES:
            themes.addAction(self._registry[name])
        state = window.state
        state.document_changed.connect(self.refresh)
        state.phase_changed.connect(self.refresh)
        state.live_changed.connect(self.refresh)
        state.undo_stack.indexChanged.connect(self.refresh)
        for changing in (window.attack_panel, window.batch_panel, window.comparison):
            changing.changed.connect(self._refresh_work)
        for changed in (window.canvas.layers.changed, window.canvas.original_changed, window.canvas.compare_changed):
            changed.connect(self.refresh)
        self.refresh()

    def _handlers(self) -> dict[str, Callable[..., object]]:
        window, state = self._window, self._window.state
        opener, filing, canvas = window.opener, window.filing, window.canvas
        handlers: dict[str, Callable[..., object]] = {
            "open": opener.ask_photo,
            "openFolder": opener.ask_folder,
            "openPatch": opener.ask_patch,
            "paste": opener.paste,
            "samples": lambda: self._show(self._samples()),
            "saveSession": filing.save_session,
            "loadSession": filing.load_session,
            "exportFigure": filing.export_figure,
            "exportData": filing.export_data,
            "copy": filing.copy,
            "quit": window.close,
            "undo": state.undo_stack.undo,
            "redo": state.undo_stack.redo,
            "reset": lambda: state.change("Reset settings", settings=Settings()),
            "patchOn": lambda on: window.controls.patch.toggle.setChecked(on),
            "patchSmaller": lambda: canvas.scale_patch(-1),
            "patchLarger": lambda: canvas.scale_patch(1),
            "previousWindow": lambda: self._step_window(-1),
            "nextWindow": lambda: self._step_window(1),
            "palette": self.show_palette,
            "fit": canvas.fit,
            "original": canvas.set_original,
            "compare": canvas.set_compare,
            "resetLayout": window.reset_layout,
            "run": window.live.run,
            "stop": window.stop,
            "live": state.set_live,
            "compareAll": self._compare_all,
            "startAttack": self._start_attack,
            "usePatch": filing.use_patch,
            "savePatch": filing.save_patch,
            "startBatch": self._start_batch,
            "openReport": window.batch_panel.open_report,
            "guide": window.guide.start,
            "shortcuts": self._show_shortcuts,
            "explain": window.show_explanation,
            "tour": window.tour.start,
            "copyReport": self._copy_report,
            "about": lambda: window.dialogs.tell("About SINscope", _ABOUT.format(version=version())),
        }
        for name, layer in LAYER_COMMANDS.items():
            handlers[name] = _setter(canvas.layers.set_visible, layer)
        for name, theme in _THEMES.items():
            handlers[name] = lambda _checked, theme=theme: self.choose_theme(theme)
        return handlers

    @Slot()
    def refresh(self, _what: object = None) -> None:
        """Show every switch as it is, and grey out what has nothing to do."""
        window, state, actions = self._window, self._window.state, self._registry
        document, stack = state.document, state.undo_stack
        actions["patchOn"].setChecked(document.patch_on and document.patch is not None)
        actions["live"].setChecked(state.live)
        actions["original"].setChecked(window.canvas.is_original)
        actions["compare"].setChecked(window.canvas.is_comparing)
        for name, layer in LAYER_COMMANDS.items():
            actions[name].setChecked(window.canvas.layers[layer].visible)
        for name, theme in _THEMES.items():
            actions[name].setChecked(window.preferences.theme == theme)
        actions["undo"].setEnabled(stack.canUndo())
        actions["undo"].setText(f"&Undo {_lowered(stack.undoText())}".rstrip())
        actions["redo"].setEnabled(stack.canRedo())
        actions["redo"].setText(f"&Redo {_lowered(stack.redoText())}".rstrip())
        for name in ("run", "compareAll"):
            actions[name].setEnabled(document.image is not None)
        for name in ("patchSmaller", "patchLarger"):
            actions[name].setEnabled(document.patch is not None and document.patch_on)
        self._refresh_work()

    @Slot()
    def _refresh_work(self) -> None:
        """Up to 30 times a second while an attack or a batch runs: only what depends on it."""
        window, actions = self._window, self._registry
        running = window.state.phase.value in ("loading", "computing", "partial")
        busy = any(work.is_busy for work in (window.attack, window.comparison, window.batch))
        actions["stop"].setEnabled(running or busy)
        actions["startAttack"].setEnabled(not window.attack_panel.obstacle())
        for name in ("usePatch", "savePatch"):
            actions[name].setEnabled(window.attack.view is not None)
        actions["startBatch"].setEnabled(not window.batch.is_busy)
        actions["openReport"].setEnabled(window.batch_panel.report_button.isEnabled())

    def _compare_all(self) -> None:
        self._window.docks.show_tab("compare")
        self._window.compare_panel.run_all()

    def _start_attack(self) -> None:
        self._window.docks.show_tab("attack")
        self._window.attack_panel.start()

    def _start_batch(self) -> None:
        self._window.docks.show_tab("batch")
        self._window.batch_panel.start()

    def choose_theme(self, theme: ThemeName) -> None:
        """Take over a theme now and for the next time."""
        self._window.preferences.theme = theme
        apply_theme(theme)
        self.refresh()

    def show_palette(self) -> None:
        """Open the command palette."""
        self._show(self._entries())

    def _show(self, entries: list[Entry]) -> None:
        Palette(self._window, entries).show()

    def _entries(self) -> list[Entry]:
        entries = []
        for command, action in self._registry:
            if command.name != "palette" and action.isEnabled():
                on = "  ✓" if action.isCheckable() and action.isChecked() else ""
                entries.append(Entry(f"{command.title}{on}", command.place, command.shown_keys, action.trigger))
        opener = self._window.opener
        recent = self._window.preferences.recent("photos").paths()
        entries += [Entry(f"Recent: {_short(path)}", "File", "", _call(opener.photo, path)) for path in recent]
        return entries + self._samples()

    def _samples(self) -> list[Entry]:
        opener, entries = self._window.opener, []
        for reference in (*SAMPLE_IMAGES, *SMALL_IMAGES):
            name = reference.removeprefix("sample:").capitalize()
            entries.append(Entry(f"Sample photo: {name}", "File", "", _call(opener.photo, reference)))
        for name in CIFAR10_CLASSES if cifar10_is_here("test") else ():
            entries.append(Entry(f"Sample photos: CIFAR-10, {name}", "File", "", _call(opener.cifar10, name)))
        for name in sample_patches():
            entries.append(Entry(f"Sample patch: {name}", "File", "", _call(opener.patch, f"sample:{name}")))
        return entries

    def _step_window(self, by: int) -> None:
        state = self._window.state
        windows = state.snapshot.windows if state.snapshot else None
        if windows is None or len(windows) == 0:
            return
        selected = state.selection.window
        state.select(
            window=(0 if by > 0 else len(windows) - 1) if selected is None else (selected + by) % len(windows)
        )

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self._window.journal.report())
        self._window.messages.show_message(
            Message("The report is in the clipboard; paste it where you ask for help.")
        )

    def _show_shortcuts(self) -> None:
        ShortcutsDialog(self._window, [command for command, _ in self._registry]).show()


def _setter(call: Callable[[str, bool], None], name: str) -> Callable[[bool], None]:
    return lambda checked: call(name, checked)


def _call(function: Callable[[str], None], argument: str) -> Callable[[], None]:
    return lambda: function(argument)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _short(reference: str) -> str:
    return reference if len(reference) < 60 else f"…{reference[-58:]}"
