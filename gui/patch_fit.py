"""Where a patch picture fits: from its size alone, which is read from the file's header."""

from dataclasses import replace

import numpy as np
from PySide6.QtGui import QImageIOHandler, QImageReader

from engine.errors import PatchError
from engine.placement import Patch, Placement, largest_scale, placed_size
from gui.sources import sample_patches

__all__ = ["clamped", "first_placement", "patch_size", "rescaled", "size_on_photo", "turned"]

Size = tuple[int, int]


def patch_size(reference: str) -> Size | None:
    """Height and width of a patch picture in its own pixels; ``None`` if the header does not say."""
    name = reference.removeprefix("sample:")
    path = str(sample_patches().get(name, reference)) if name != reference else reference
    reader = QImageReader(path)
    size = reader.size()
    if not size.isValid():
        return None
    if reader.transformation() & QImageIOHandler.Transformation.TransformationRotate90:
        return size.width(), size.height()
    return size.height(), size.width()


def size_on_photo(size: Size, placement: Placement) -> Size | None:
    """Height and width of the placed patch's bounding box; ``None`` if no pixel of it is left."""
    try:
        return placed_size(_blank(size), placement.scale, placement.rotation)
    except PatchError:
        return None


def first_placement(size: Size, feared: Size, view: Size) -> Placement:
    """A newly chosen patch: centred, at its own size, or at the feared one if it would fill half the photo."""
    scale = 1.0
    if max(size[0] / view[0], size[1] / view[1]) > 0.5:
        scale = float(f"{min(feared[0] / size[0], feared[1] / size[1]):.4g}")
    height, width = size_on_photo(size, Placement(0, 0, scale)) or (1, 1)
    return clamped(Placement((view[1] - width) // 2, (view[0] - height) // 2, scale), size, view)


def clamped(placement: Placement, size: Size, view: Size) -> Placement:
    """The nearest placement that lies wholly inside a view of (height, width) px."""
    on_photo = size_on_photo(size, placement)
    if on_photo is None:
        smallest = 0.5 / min(size) * 1.01
        placement = replace(placement, scale=float(f"{smallest:.3g}"))
    elif on_photo[0] > view[0] or on_photo[1] > view[1]:
        placement = replace(placement, scale=largest_scale(_blank(size), placement.rotation, view) or placement.scale)
    height, width = size_on_photo(size, placement) or (1, 1)
    return replace(
        placement,
        left=min(max(placement.left, 0), max(0, view[1] - width)),
        top=min(max(placement.top, 0), max(0, view[0] - height)),
    )


def rescaled(placement: Placement, size: Size, before: Size, after: Size) -> Placement:
    """The same part of a view of another size."""
    ratio = min(after[0] / before[0], after[1] / before[1])
    larger = replace(
        placement,
        left=round(placement.left * after[1] / before[1]),
        top=round(placement.top * after[0] / before[0]),
        scale=float(f"{placement.scale * ratio:.4g}"),
    )
    return clamped(larger, size, after)


def turned(
    placement: Placement, size: Size, view: Size, centre: tuple[float, float], scale: float, rotation: float
) -> Placement:
    """The placement scaled and turned about a centre (x, y), and moved inside the view."""
    changed = clamped(replace(placement, left=0, top=0, scale=scale, rotation=rotation), size, view)
    height, width = size_on_photo(size, changed) or (1, 1)
    corner = replace(changed, left=round(centre[0] - width / 2), top=round(centre[1] - height / 2))
    return clamped(corner, size, view)


def _blank(size: Size) -> Patch:
    """A patch of a size without its pixels: what the engine's arithmetic asks for."""
    return Patch("", "", "", np.broadcast_to(np.uint8(0), (*size, 4)))
