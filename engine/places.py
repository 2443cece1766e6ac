"""Where a patch is put when nobody says where: every place wholly inside, all equally likely."""

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import PatchError
from engine.placement import Placement, box_size, scaled_size

__all__ = ["Places", "check_places", "draw_placement"]

Size = tuple[int, int]


@dataclass(frozen=True)
class Places:
    """The placements that may be drawn.

    Parameters
    ----------
    at : (int, int), optional
        X and Y of the bounding box's top-left corner; ``None`` for every offset from 0 to the last row and
        column.
    rotation : float
        Degrees: the patch is turned by anything from ``-rotation`` to ``rotation``.
    scale : (float, float)
        Least and largest factor.
    """

    at: tuple[int, int] | None = None
    rotation: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)


def draw_placement(draw: np.random.Generator, size: Size, view_size: Size, places: Places) -> Placement:
    """One placement: scale and rotation first, then an offset uniform over all that keep the box inside.

    Parameters
    ----------
    draw : numpy.random.Generator
    size, view_size : (int, int)
        Height and width of the patch and of the model's input, in pixels.
    places : Places
        Checked by :func:`check_places` for these sizes.
    """
    scale = float(draw.uniform(*places.scale)) if places.scale[0] < places.scale[1] else places.scale[0]
    rotation = float(draw.uniform(-places.rotation, places.rotation)) if places.rotation else 0.0
    if places.at is not None:
        return Placement(*places.at, scale, rotation)
    height, width = box_size(scaled_size(size, scale), rotation)
    top = int(draw.integers(0, view_size[0] - height, endpoint=True))
    left = int(draw.integers(0, view_size[1] - width, endpoint=True))
    return Placement(left, top, scale, rotation)


def check_places(size: Size, view_size: Size, places: Places) -> None:
    """Refuse placements of which one would leave the view, or leave nothing of the patch.

    Raises
    ------
    PatchError
        Naming the largest box that can come about.
    """
    if min(scaled_size(size, places.scale[0])) < 1:
        raise PatchError(
            f"A patch of {size[0]} x {size[1]} px has no pixel left at scale {places.scale[0]:.4g}; "
            f"give a larger scale."
        )
    largest = scaled_size(size, places.scale[1])
    boxes = [box_size(largest, angle) for angle in _widest_angles(largest, places.rotation)]
    height, width = max(box[0] for box in boxes), max(box[1] for box in boxes)
    left, top = places.at or (0, 0)
    if min(left, top) < 0 or top + height > view_size[0] or left + width > view_size[1]:
        where = "" if places.at is None else f" at {left},{top}"
        raise PatchError(
            f"A patch of {size[0]} x {size[1]} px takes up to {height} x {width} px{where} when it is scaled and "
            f"rotated as asked, which is not inside the model's input of {view_size[0]} x {view_size[1]} px; give "
            f"a smaller patch, scale or rotation{'' if places.at is None else ', or another place'}."
        )


def _widest_angles(size: Size, most: float) -> list[float]:
    """The angles up to ``most`` degrees among which the bounding box is highest and widest."""
    diagonal = math.degrees(math.atan2(*size))
    turns = [0.0, diagonal, 90 - diagonal, 90.0, 180 - diagonal, 90 + diagonal]
    return [most, *(angle for angle in turns if angle <= most)]
