"""The patch on the photo: on and off, moved, scaled and turned, from a sample or a file."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from engine.placement import Placement, read_patch
from gui.panels.controls import ControlsPanel
from gui.sources import sample_patches
from gui.state import State


def sample() -> str:
    """A patch that comes with the program."""
    names = list(sample_patches())
    if not names:
        pytest.skip("no sample patch in assets/patches")
    return f"sample:{names[0]}"


def test_the_patch_goes_on_and_off(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    reference = sample()
    toggle = panel.findChild(QAbstractButton, "patchToggle")
    assert isinstance(toggle, QAbstractButton)
    qtbot.mouseClick(toggle, Qt.MouseButton.LeftButton)
    document = state.document
    assert (document.patch, document.patch_on) == (reference, True)
    height, width = read_patch(sample_patches()[reference.removeprefix("sample:")]).rgba.shape[:2]
    middle = Placement((224 - width) // 2, (224 - height) // 2)
    assert document.placement == middle
    assert panel.patch.note.text().startswith(f"{height} × {width} px")
    assert "Larger than the feared patch" in panel.patch.larger.text()
    qtbot.keyClick(toggle, Qt.Key.Key_Space)
    assert not state.document.patch_on
    assert panel.patch.larger.text() == ""
    state.undo_stack.undo()
    assert toggle.isChecked()


def test_the_patch_is_moved_scaled_and_turned_inside_the_input(panel: ControlsPanel, state: State) -> None:
    panel.put_patch(sample())
    before = state.document.placement
    panel.patch.left.setValue(0)
    panel.patch.top.setValue(10_000)  # the field ends where the patch would leave
    placement = state.document.placement
    assert placement.left == 0
    assert placement.top == panel.patch.top.maximum() == 224 - panel.patch._size()[0]
    panel.patch.rotation.setValue(45.0)
    turned = state.document.placement
    assert turned.rotation == 45.0
    assert turned.top < placement.top  # its corners would stick out
    panel.patch.scale.setValue(50.0)
    assert state.document.placement.scale < 50
    for _ in range(5):
        state.undo_stack.undo()
    assert state.document.patch is None or state.document.placement == before


def test_a_file_is_asked_for_and_taken(qtbot: QtBot, panel: ControlsPanel, state: State, tmp_path: Path) -> None:
    combo = panel.patch.source
    row = combo.findText("From a file…")
    with qtbot.waitSignal(panel.patch_file_wanted):
        combo.setCurrentIndex(row)
        combo.activated.emit(row)
    assert state.document.patch is None
    path = tmp_path / "own patch.png"
    path.write_bytes(b"not a picture")  # the engine will say so; the controls must not raise
    panel.put_patch(str(path))
    assert state.document.patch == str(path)
    assert combo.currentText() == "own patch.png"
    assert panel.patch.note.text() == ""
