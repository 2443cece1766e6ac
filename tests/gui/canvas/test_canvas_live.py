"""The canvas in the window, with the real engine: the patch is moved, and the answer belongs to where it is."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from waiting import settle

from engine.placement import Placement
from gui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def test_the_patch_dragged_is_where_the_engine_puts_it(qtbot: QtBot, at_rest: MainWindow, patch_path: str):
    state, canvas = at_rest.state, at_rest.canvas
    clean = state.snapshot
    assert clean is not None
    state.change("Patch", patch=patch_path, patch_on=True, placement=Placement(100, 80, 0.5))
    settle(qtbot, at_rest)
    qtbot.waitUntil(lambda: canvas._hand.has_patch)
    viewport, start = canvas.view.viewport(), canvas.to_viewport(112, 90)
    target = canvas.to_viewport(142, 130)
    qtbot.mousePress(viewport, LEFT, pos=start)
    for step in range(1, 7):
        QTest.mouseMove(viewport, start + QPoint(target - start) * step / 6, 15)
    assert state.holding
    qtbot.mouseRelease(viewport, LEFT, pos=target)
    settle(qtbot, at_rest)
    snapshot, placement = state.snapshot, state.document.placement
    assert snapshot is not None
    assert abs(placement.left - 130) <= 1
    # The left half of the picture is transparent.
    box = (placement.top, placement.left + 20, placement.top + 20, placement.left + 40)
    assert snapshot.patch_box == pytest.approx(box, abs=1)
    assert np.shares_memory(canvas.view.main.picture.image, snapshot.view)
    assert (snapshot.view[box[0] + 5 : box[2] - 5, box[1] + 5 : box[3] - 5] == (255, 0, 255)).all()
    state.undo_stack.undo()
    settle(qtbot, at_rest)
    assert state.document.placement == Placement(100, 80, 0.5)


def test_a_window_clicked_is_the_row_of_the_table(qtbot: QtBot, at_rest: MainWindow):
    state, canvas = at_rest.state, at_rest.canvas
    snapshot = state.snapshot
    assert snapshot is not None
    assert snapshot.windows is not None
    bottom, right = snapshot.windows.boxes_px[-1, 2:].tolist()
    point = canvas.to_viewport(min(right, 224) - 4, min(bottom, 224) - 4)
    qtbot.mouseClick(canvas.view.viewport(), LEFT, pos=point)
    assert state.selection.window == len(snapshot.windows) - 1


def test_what_the_engine_saw_is_laid_on_the_original(at_rest: MainWindow):
    snapshot = at_rest.state.snapshot
    assert snapshot is not None
    top, left, bottom, right = snapshot.seen
    height, width = snapshot.original.shape[:2]
    assert (bottom - top) * height == pytest.approx((right - left) * width, rel=0.01)
    assert np.isclose((left + right) / 2, 0.5, atol=0.01)
