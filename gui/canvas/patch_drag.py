"""One gesture on the patch, from the press on: where the mouse wants the patch to be."""

import math
from typing import Literal

from PySide6.QtCore import QPointF

from engine.placement import Placement
from gui.canvas.patch_geometry import PatchRoom

__all__ = ["DragKind", "PatchDrag"]

DragKind = Literal["move", "resize", "turn"]
_NOTCH = 15  # degrees, with Shift


class PatchDrag:
    """Starts where the mouse was pressed; every answer is reckoned from there, so that nothing drifts.

    Parameters
    ----------
    kind : str
        ``move``, ``resize`` or ``turn``.
    room : PatchRoom
    start : Placement
        Where the patch was.
    pressed : QPointF
        Where the mouse was, in pixels of the input.
    anchor : QPointF
        For ``resize``, the corner that stays.
    """

    def __init__(
        self, kind: DragKind, room: PatchRoom, start: Placement, pressed: QPointF, anchor: QPointF | None = None
    ) -> None:
        self.start = start
        self.has_moved = False
        self._kind, self._room, self._pressed = kind, room, pressed
        self._anchor = anchor if anchor is not None else QPointF(pressed)
        self._now = start
        middle = room.middle(start)
        self._corner = middle + (middle - self._anchor)

    def to(self, point: QPointF, notched: bool = False) -> Placement | None:
        """The placement that the mouse asks for at a point; ``None`` if it is no other than before.

        ``notched`` turns in steps of 15 degrees, and moves along one axis only.
        """
        wanted = self._wanted(point, notched)
        if wanted == self._now:
            return None
        self._now = wanted
        self.has_moved = True
        return wanted

    def _wanted(self, point: QPointF, notched: bool) -> Placement:
        shift = point - self._pressed
        if self._kind == "move":
            if notched:
                shift = QPointF(shift.x(), 0) if abs(shift.x()) >= abs(shift.y()) else QPointF(0, shift.y())
            return self._room.moved(self.start, shift.x(), shift.y())
        if self._kind == "resize":
            # The handle may have been grabbed beside its very corner.
            return self._room.resized(self.start, self._anchor, self._corner + shift)
        middle = self._room.middle(self.start)
        turned = _angle(point - middle) - _angle(self._pressed - middle)
        rotation = self.start.rotation + turned
        return self._room.rotated(self.start, round(rotation / _NOTCH) * _NOTCH if notched else round(rotation))


def _angle(arm: QPointF) -> float:
    """Degrees counter-clockwise, as rotations are counted; y runs down."""
    return math.degrees(math.atan2(-arm.y(), arm.x()))
