"""Where gestures may put a patch: always wholly inside the model's input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from engine.placement import Patch, Placement, paste
from gui.canvas.patch_drag import DragKind, PatchDrag
from gui.canvas.patch_geometry import PatchRoom
from gui.patch_fit import clamped

ROOM = PatchRoom((40, 80), (224, 224))

sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))
points = st.builds(QPointF, st.floats(-400, 600), st.floats(-400, 600))
kinds: st.SearchStrategy[DragKind] = st.sampled_from(["move", "resize", "turn"])


def is_inside(room: PatchRoom, placement: Placement) -> bool:
    """Whether the engine would take it."""
    height, width = room.box(placement)
    return (
        placement.left >= 0
        and placement.top >= 0
        and placement.left + width <= room.view[1]
        and placement.top + height <= room.view[0]
    )


@given(sizes, st.floats(0.02, 3.0), st.floats(0, 360), kinds, points, points, points, st.booleans())
def test_no_gesture_leaves_the_input(
    size: tuple[int, int],
    scale: float,
    rotation: float,
    kind: DragKind,
    pressed: QPointF,
    anchor: QPointF,
    point: QPointF,
    notched: bool,
):
    room = PatchRoom(size, (224, 180))
    start = clamped(Placement(10, 10, scale, rotation), size, room.view)
    drag = PatchDrag(kind, room, start, pressed, anchor)
    wanted = drag.to(point, notched) or start
    if is_inside(room, start):
        assert is_inside(room, wanted)


@given(st.floats(0, 360), st.integers(-300, 300))
def test_steps_of_size_stay_inside_and_leave_something(rotation: float, step: int):
    start = clamped(Placement(60, 60, 0.5, rotation), ROOM.size, ROOM.view)
    after = ROOM.stepped(start, step)
    assert is_inside(ROOM, after)
    assert min(side * after.scale for side in ROOM.size) >= 1


def test_the_engine_pastes_what_gestures_make():
    rgba = np.full((40, 80, 4), 255, dtype=np.uint8)
    patch, view = Patch("p", "p", "", rgba), np.zeros((224, 224, 3), dtype=np.uint8)
    placement = Placement(60, 60, 0.5)
    for step in range(12):
        placement = ROOM.rotated(placement, 31.0 * step)
        placement = ROOM.stepped(placement, 25)
        placement = ROOM.moved(placement, 40 * (-1) ** step, 70)
        box = paste(view, patch, placement).box
        assert box[2] <= 224
        assert box[3] <= 224


def test_a_move_is_as_long_as_the_mouse_went():
    drag = PatchDrag("move", ROOM, Placement(60, 60, 0.5), QPointF(70.0, 65.0))
    assert drag.to(QPointF(70.2, 65.3)) is None  # less than a pixel
    assert not drag.has_moved
    assert drag.to(QPointF(81.0, 60.0)) == Placement(71, 55, 0.5)
    assert drag.to(QPointF(81.4, 60.2)) is None
    assert drag.to(QPointF(70.0, 65.0)) == Placement(60, 60, 0.5)  # and back again
    assert drag.to(QPointF(90.0, 70.0), notched=True) == Placement(80, 60, 0.5)


def test_a_move_stops_at_the_edge():
    drag = PatchDrag("move", ROOM, Placement(60, 60, 0.5), QPointF(70, 65))
    assert drag.to(QPointF(-500, 900)) == Placement(0, 204, 0.5)


def test_a_resize_leaves_the_opposite_corner_where_it_is():
    start = Placement(60, 60, 0.5)  # 20 x 40 px
    drag = PatchDrag("resize", ROOM, start, QPointF(100, 80), QPointF(60, 60))
    wanted = drag.to(QPointF(140, 100))
    assert wanted is not None
    assert (wanted.left, wanted.top) == (60, 60)
    assert ROOM.box(wanted) == (40, 80)
    wanted = drag.to(QPointF(-50, -20))
    assert wanted is not None
    assert ROOM.box(wanted)[0] == 2  # the smallest


def test_a_resize_of_a_turned_patch_leaves_the_opposite_corner():
    start = Placement(60, 60, 0.8, 90.0)  # 64 x 32 px
    drag = PatchDrag("resize", ROOM, start, QPointF(92, 124), QPointF(60, 60))
    wanted = drag.to(QPointF(76, 92))
    assert wanted is not None
    assert (wanted.left, wanted.top) == (60, 60)
    assert ROOM.box(wanted) == (32, 16)


def test_a_turn_follows_the_mouse_counter_clockwise_about_the_middle():
    start = Placement(80, 90, 0.5)
    middle = ROOM.middle(start)
    drag = PatchDrag("turn", ROOM, start, middle + QPointF(0, -30))
    wanted = drag.to(middle + QPointF(-30, 0))  # from the top to the left
    assert wanted is not None
    assert wanted.rotation == 90.0
    assert math.dist(ROOM.middle(wanted).toTuple(), middle.toTuple()) <= 1
    wanted = drag.to(middle + QPointF(30, -8), notched=True)
    assert wanted is not None
    assert wanted.rotation == 285.0


def test_a_turn_makes_room_for_itself():
    room = PatchRoom((20, 200), (100, 224))
    wanted = room.rotated(Placement(10, 40), 90.0)
    assert room.box(wanted) == (100, 10)


def test_share_counts_the_bounding_box():
    assert ROOM.share(Placement(0, 0)) == pytest.approx(40 * 80 / 224**2)
