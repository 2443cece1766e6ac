"""Adapted weights in the window: by rule, off, or a file; undone, and left behind by another network."""

from pathlib import Path

import pytest
from handling import find
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from engine.settings import Settings
from gui.main_window import MainWindow
from gui.panels.controls import ControlsPanel
from gui.panels.facts import facts_of
from gui.state import State
from gui.widgets import Picker


@pytest.fixture
def picker(panel: ControlsPanel) -> Picker:
    """The choice, unfolded."""
    panel.model.fold.open()
    found = find(panel, "adaptedCombo")
    assert isinstance(found, Picker)
    return found


def test_by_keyboard_and_back_by_undo(qtbot: QtBot, picker: Picker, state: State) -> None:
    assert picker.currentText() == "Automatic"
    qtbot.keyClick(picker, Qt.Key.Key_Down)
    assert state.settings == Settings(adapted="off")
    assert picker.currentText() == "Off: original weights"
    assert state.undo_stack.undoText() == "Adapted weights"
    state.undo_stack.undo()
    assert state.settings == Settings()
    assert picker.currentText() == "Automatic"
    state.undo_stack.redo()
    assert picker.value() == "off"


def test_a_file_is_shown_by_its_name(picker: Picker, state: State, tmp_path: Path) -> None:
    path = str(tmp_path / "own.safetensors")
    state.set_knobs("Adapted weights", adapted=path)
    assert (picker.currentText(), picker.value()) == ("own.safetensors", path)
    assert picker.findText("From a file…") == picker.count() - 1
    state.undo_stack.undo()
    assert picker.currentText() == "Automatic"


def test_a_file_is_asked_for(qtbot: QtBot, panel: ControlsPanel, picker: Picker, state: State) -> None:
    with qtbot.waitSignal(panel.adapted_file_wanted):
        picker.activated.emit(picker.findText("From a file…"))
    assert picker.currentText() == "Automatic"
    assert state.undo_stack.count() == 0


def test_another_network_or_layer_leaves_a_file_behind(panel: ControlsPanel, state: State) -> None:
    for knobs in ({"layer": "2"}, {"model": "efficientnet_lite1"}, {"input_size": (96, 96)}, {"mean": (0.5,)}):
        state.change("Begin", settings=Settings(adapted="own.safetensors"))
        panel.model.ask("Knob", top=0.3)
        assert state.settings.adapted == "own.safetensors"
        panel.model.ask("Knob", **knobs)
        assert state.settings.adapted == "auto"
        state.undo_stack.undo()
        assert state.settings.adapted == "own.safetensors"
        state.change("Begin", settings=Settings(adapted="off"))
        panel.model.ask("Knob", **knobs)
        assert state.settings.adapted == "off"


def test_the_dialog_gives_the_file(window: MainWindow, tmp_path: Path) -> None:
    window.dialogs.answers += [tmp_path / "own.safetensors", None]
    window.controls.adapted_file_wanted.emit()
    window.controls.adapted_file_wanted.emit()
    assert window.state.settings.adapted == str(tmp_path / "own.safetensors")
    assert window.state.undo_stack.count() == 1


def test_the_network_that_ran_is_named_with_the_verdict() -> None:
    told = dict(facts_of(make_snapshot(adapted="adapted to 20 % SINs of bn1")))
    assert told["Network"] == "efficientnet_lite0, adapted to 20 % SINs of bn1"
    assert "Network" not in dict(facts_of(make_snapshot()))
