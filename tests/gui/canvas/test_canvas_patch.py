"""The patch on the canvas: mouse, keys, undo, and its picture until the engine has answered."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from engine.placement import Placement
from gui.canvas import CanvasPanel
from gui.canvas.patch_loader import PatchLoader
from gui.document import Document
from gui.state import State

LEFT = Qt.MouseButton.LeftButton
MAGENTA = "#ff00ff"


def drag(qtbot: QtBot, canvas: CanvasPanel, start: QPoint, shift: QPoint, release: bool = True) -> None:
    """Press, move in eight steps 15 ms apart, let go."""
    viewport = canvas.view.viewport()
    qtbot.mouseMove(viewport, start)
    qtbot.mousePress(viewport, LEFT, pos=start)
    for step in range(1, 9):
        QTest.qWait(15)
        _move(canvas, start + shift * step / 8)
    if release:
        qtbot.mouseRelease(viewport, LEFT, pos=start + shift)


def _move(canvas: CanvasPanel, point: QPoint) -> None:
    """A move with the button down, as a real mouse sends it."""
    viewport, place = canvas.view.viewport(), QPointF(point)
    moved = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        place,
        viewport.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        LEFT,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, moved)


def scene_to_viewport(canvas: CanvasPanel, point: QPointF) -> QPoint:
    """Where a handle lies on the screen."""
    return canvas.view.mapFromScene(point)


def corner(canvas: CanvasPanel, which: int) -> QPoint:
    """A corner of the patch on the screen, clockwise from its own top left."""
    patch = canvas._marks.patch
    return scene_to_viewport(canvas, patch._corners(patch.sceneTransform())[which])


def knob(canvas: CanvasPanel) -> QPoint:
    """The handle that turns."""
    patch = canvas._marks.patch
    return scene_to_viewport(canvas, patch._knob(patch._corners(patch.sceneTransform())))


def test_a_drag_moves_the_patch_and_is_one_step_to_undo(qtbot: QtBot, patched: CanvasPanel, state: State):
    held: list[bool] = []
    placements: list[Placement] = []
    state.holding_changed.connect(held.append)
    state.document_changed.connect(lambda document: placements.append(document.placement))
    start = patched.to_viewport(112, 90)
    shift = patched.to_viewport(142, 70) - start
    drag(qtbot, patched, start, shift)
    assert held == [True, False]
    assert len(placements) > 3
    assert abs(state.document.placement.left - 130) <= 1
    assert abs(state.document.placement.top - 60) <= 1
    assert state.undo_stack.count() == 1
    state.undo_stack.undo()
    assert state.document.placement == Placement(100, 80, 0.5)


def test_a_press_without_a_move_changes_nothing(qtbot: QtBot, patched: CanvasPanel, state: State):
    with qtbot.assertNotEmitted(state.holding_changed):
        qtbot.mouseClick(patched.view.viewport(), LEFT, pos=patched.to_viewport(112, 90))
    assert state.undo_stack.count() == 0


def test_the_mouse_meets_the_patch_and_its_handles_only(patched: CanvasPanel):
    patch, scene = patched._marks.patch, patched.view.scene()

    def is_met(point: QPoint) -> bool:
        return patch in scene.items(patched.view.mapToScene(point))

    assert is_met(patched.to_viewport(101, 81))
    assert is_met(patched.to_viewport(139, 99))
    assert is_met(knob(patched))
    assert is_met(corner(patched, 0) - QPoint(6, 0))
    assert not is_met(corner(patched, 0) - QPoint(12, 0))
    assert not is_met(patched.to_viewport(60, 130))


def test_a_drag_beside_the_patch_pans(qtbot: QtBot, patched: CanvasPanel, state: State):
    before = patched.to_viewport(60, 150)
    drag(qtbot, patched, before, QPoint(30, 20))
    assert (patched.to_viewport(60, 150) - before - QPoint(30, 20)).manhattanLength() <= 4
    assert state.document.placement == Placement(100, 80, 0.5)


def test_a_drag_beyond_the_edge_stops_there(qtbot: QtBot, patched: CanvasPanel, state: State):
    drag(qtbot, patched, patched.to_viewport(112, 90), QPoint(-600, -600))
    assert (state.document.placement.left, state.document.placement.top) == (0, 0)


def test_a_corner_resizes(qtbot: QtBot, patched: CanvasPanel, state: State):
    start = corner(patched, 2)
    drag(qtbot, patched, start, patched.to_viewport(180, 120) - patched.to_viewport(140, 100))
    placement = state.document.placement
    assert placement.scale == pytest.approx(1.0, abs=0.06)
    assert abs(placement.left - 100) <= 1
    assert abs(placement.top - 80) <= 1


def test_the_knob_turns_in_notches_with_shift(qtbot: QtBot, patched: CanvasPanel, state: State):
    viewport, start = patched.view.viewport(), knob(patched)
    qtbot.mousePress(viewport, LEFT, pos=start)
    patch = patched._marks.patch
    middle = patched.to_viewport(120, 90)
    target = middle + QPoint(start.y() - middle.y(), 0)  # as far to the left as it was above
    QTest.mouseMove(viewport, target, 15)
    assert state.document.placement.rotation == pytest.approx(90, abs=3)
    assert "°" in patch.size_text()
    qtbot.mouseRelease(viewport, LEFT, pos=target)
    assert not state.holding


def test_escape_takes_a_gesture_back(qtbot: QtBot, patched: CanvasPanel, state: State):
    drag(qtbot, patched, patched.to_viewport(112, 90), QPoint(60, 40), release=False)
    assert state.document.placement.left > 100
    assert state.holding
    qtbot.keyClick(patched.view, Qt.Key.Key_Escape)
    assert state.document.placement == Placement(100, 80, 0.5)
    assert not state.holding


def test_a_patch_taken_off_in_mid_drag_ends_the_gesture(qtbot: QtBot, patched: CanvasPanel, state: State):
    drag(qtbot, patched, patched.to_viewport(112, 90), QPoint(60, 40), release=False)
    state.change("Patch off", patch_on=False)
    assert not state.holding
    assert not patched._marks.patch.is_dragged


def test_a_layer_hidden_in_mid_drag_ends_the_gesture(qtbot: QtBot, patched: CanvasPanel, state: State):
    drag(qtbot, patched, patched.to_viewport(112, 90), QPoint(60, 40), release=False)
    patched.layers.set_visible("patch", False)
    assert not state.holding


@pytest.mark.parametrize(
    ("key", "modifier", "left", "top"),
    [
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 99, 80),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 101, 80),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier, 100, 72),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier, 100, 88),
    ],
)
def test_arrows_move_the_patch(
    qtbot: QtBot,
    patched: CanvasPanel,
    state: State,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier,
    left: int,
    top: int,
):
    qtbot.keyClick(patched.view, key, modifier)
    assert (state.document.placement.left, state.document.placement.top) == (left, top)


def test_presses_in_quick_succession_are_one_step_to_undo(qtbot: QtBot, patched: CanvasPanel, state: State):
    for _ in range(5):
        patched.nudge_patch(1, 0)
    assert state.holding
    qtbot.waitUntil(lambda: not state.holding)
    assert state.undo_stack.count() == 1
    patched.nudge_patch(0, 1)
    assert state.undo_stack.count() == 2


def test_brackets_scale_the_patch_about_its_middle(qtbot: QtBot, patched: CanvasPanel, state: State):
    qtbot.keyClick(patched.view, Qt.Key.Key_BracketRight)
    assert state.document.placement.scale == pytest.approx(41 / 80, abs=1e-3)
    patched.scale_patch(-21)
    room = patched._marks.patch.room
    assert room is not None
    assert room.box(state.document.placement) == (10, 20)
    assert abs(room.middle(state.document.placement).x() - 120) <= 1


def test_keys_do_nothing_without_a_patch(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot())
    canvas.nudge_patch(1, 1)
    canvas.scale_patch(1)
    qtbot.keyClick(canvas.view, Qt.Key.Key_Left)
    assert state.undo_stack.count() == 0
    assert not state.holding


def test_its_size_is_told_in_pixels_and_in_percent(patched: CanvasPanel):
    assert patched._marks.patch.size_text() == "40 × 20 px, 1.6%"


def colour(canvas: CanvasPanel, x: float, y: float) -> str:
    """The colour on the screen at a point of the model's input."""
    return QColor(canvas.view.viewport().grab().toImage().pixel(canvas.to_viewport(x, y))).name()


def test_until_the_engine_answers_the_patch_is_drawn_where_it_was_put(patched: CanvasPanel, state: State):
    patched.layers.solo("patch")
    assert colour(patched, 130, 90) != MAGENTA  # the snapshot's own pixels, as the model sees them
    state.move_patch(Placement(20, 20, 0.5))
    assert colour(patched, 50, 30) == MAGENTA
    assert colour(patched, 30, 30) != MAGENTA  # transparent there
    state.show(make_snapshot("alert", document=state.document, patch_box=(20, 40, 40, 60)))
    assert colour(patched, 50, 30) != MAGENTA


def test_a_patch_taken_off_shows_the_clean_photo_at_once(patched: CanvasPanel, state: State):
    clean = np.full((224, 224, 3), 50, dtype=np.uint8)
    snapshot = make_snapshot("alert", document=state.document, patch_box=(80, 120, 100, 140), clean_view=clean)
    state.show(snapshot)
    assert np.shares_memory(patched.view.main.picture.image, snapshot.view)
    state.change("Patch off", patch_on=False)
    assert np.shares_memory(patched.view.main.picture.image, snapshot.clean_view)
    assert not patched._hand.has_patch


def test_a_patch_that_cannot_be_read_is_not_shown(qtbot: QtBot, canvas: CanvasPanel, state: State, tmp_path: Path):
    path = tmp_path / "broken.png"
    path.write_bytes(b"no picture")
    state.document = Document(image="sample:flower", patch=str(path), patch_on=True)
    state.show(make_snapshot("alert", document=state.document))
    qtbot.waitUntil(lambda: not canvas._loader._asked)
    assert not canvas._hand.has_patch


def test_the_loader_keeps_what_it_has_read(qtbot: QtBot, patch_path: str):
    loader = PatchLoader()
    with qtbot.waitSignal(loader.loaded) as told:
        assert loader.get(patch_path) is None
    loaded = loader.get(patch_path)
    assert loaded is told.args[0]
    assert loaded.size == (40, 80)
    assert loaded.picture.pixelColor(10, 10).alpha() == 0
    assert loaded.picture.pixelColor(60, 10).name() == MAGENTA


def test_a_large_patch_is_kept_small(qtbot: QtBot, tmp_path: Path):
    path = tmp_path / "large.png"
    Image.new("RGBA", (3000, 1500), (9, 9, 9, 255)).save(path)
    loader = PatchLoader()
    with qtbot.waitSignal(loader.loaded):
        loader.get(str(path))
    loaded = loader.get(str(path))
    assert loaded is not None
    assert loaded.size == (1500, 3000)
    assert loaded.picture.width() == 1024
