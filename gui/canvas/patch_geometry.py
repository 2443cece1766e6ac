"""What a gesture makes of a patch: moved, scaled or turned, always wholly inside the model's input."""

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QSizeF

from engine.placement import Placement
from gui.patch_fit import Size, clamped, size_on_photo, turned

__all__ = ["PatchRoom"]

_SMALLEST_SIDE = 2  # px that a gesture leaves of a patch's shorter side


@dataclass(frozen=True)
class PatchRoom:
    """A patch picture of (height, width) px of its own, and the model's input ``view`` that it has to stay in."""

    size: Size
    view: Size

    def box(self, placement: Placement) -> Size:
        """Height and width of the placed patch's bounding box, in pixels of the input; 1 at the least."""
        return size_on_photo(self.size, placement) or (1, 1)

    def share(self, placement: Placement) -> float:
        """Area of the bounding box over that of the input."""
        height, width = self.box(placement)
        return height * width / (self.view[0] * self.view[1])

    def middle(self, placement: Placement) -> QPointF:
        """Middle of the placed patch."""
        height, width = self.box(placement)
        return QPointF(placement.left + width / 2, placement.top + height / 2)

    def upright(self, placement: Placement) -> QSizeF:
        """Width and height of the scaled patch before it is turned."""
        height, width = (max(1, math.floor(side * placement.scale + 0.5)) for side in self.size)
        return QSizeF(width, height)

    def moved(self, placement: Placement, across: float, down: float) -> Placement:
        """Moved by pixels of the input, as far as there is room."""
        return self.at(placement, round(placement.left + across), round(placement.top + down))

    def at(self, placement: Placement, left: int, top: int) -> Placement:
        """The same patch with its top-left corner elsewhere, kept inside."""
        return clamped(replace(placement, left=left, top=top), self.size, self.view)

    def resized(self, placement: Placement, anchor: QPointF, point: QPointF) -> Placement:
        """Scaled so that one corner stays at ``anchor`` and the opposite one comes nearest to ``point``."""
        half = self.middle(placement) - anchor
        length = math.hypot(half.x(), half.y())
        if length == 0:
            return placement
        along = QPointF.dotProduct(point - anchor, half) / length
        scale = self._scale(placement, placement.scale * along / (2 * length))
        middle = anchor + half * (scale / placement.scale)
        return self._turned(placement, middle, scale, placement.rotation)

    def rotated(self, placement: Placement, rotation: float) -> Placement:
        """Turned to degrees counter-clockwise about its middle; scaled down where it would not fit."""
        return self._turned(placement, self.middle(placement), placement.scale, round(rotation % 360, 1) % 360)

    def stepped(self, placement: Placement, step: float) -> Placement:
        """Its longer side made longer by pixels of the input, about its middle."""
        scale = self._scale(placement, placement.scale + step / max(self.size))
        return self._turned(placement, self.middle(placement), scale, placement.rotation)

    def _scale(self, placement: Placement, asked: float) -> float:
        """The nearest scale at which something is left of the patch and it fits, to four digits."""
        least = min(_SMALLEST_SIDE, *self.size) / min(self.size)
        wanted = replace(placement, left=0, top=0, scale=float(f"{max(least, asked):.4g}"))
        return clamped(wanted, self.size, self.view).scale

    def _turned(self, placement: Placement, middle: QPointF, scale: float, rotation: float) -> Placement:
        return turned(placement, self.size, self.view, (middle.x(), middle.y()), scale, rotation)
