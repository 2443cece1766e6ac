"""A patch on the photo itself: how far it spreads when the photo is resized to the model's input."""

import math

from engine.classifiers.preprocessing import Preprocessing
from engine.errors import ThreatError
from engine.threat import PatchThreat

__all__ = ["on_photo", "resized_side"]

# Half width of the resampling filters, in pixels of the coarser of the two grids.
_SUPPORT = {"nearest": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}


def resized_side(side: int, scale: float, interpolation: str) -> int:
    """The most lines of a resized photo that ``side`` neighbouring lines of the photo can touch.

    Parameters
    ----------
    side : int
        In pixels of the photo.
    scale : float
        Resized over original extent.
    interpolation : str
        ``nearest``, ``bilinear``, ``bicubic`` or ``lanczos``; antialiased where the photo shrinks, as Pillow does it.
    """
    reach = scale * (side - 1) + 2 * _SUPPORT[interpolation] * max(scale, 1.0)
    return math.ceil(reach - 1e-9)


def on_photo(patch: str, photo_size: tuple[int, int], preprocessing: Preprocessing) -> PatchThreat:
    """The patch in the model's input that holds whatever a patch on the photo can touch.

    A patch of 5 x 5 px on a photo of 32 x 32 px that is resized bicubically to 224 touches 56 x 56 px and not
    35 x 35.

    Parameters
    ----------
    patch : str
        As in :meth:`PatchThreat.parse`, in pixels of the photo.
    photo_size : (int, int)
        Height and width of the photo.
    preprocessing : Preprocessing

    Raises
    ------
    ThreatError
        If it does not fit the photo, or after the resize not the model's input.
    """
    native = PatchThreat.parse(patch, photo_size)
    sides = [
        resized_side(side, after / before, preprocessing.interpolation)
        for side, before, after in zip(
            (native.height, native.width), photo_size, preprocessing.resized(*photo_size), strict=True
        )
    ]
    height, width = preprocessing.input_size
    was = f"{native.height} x {native.width} px on photos of {photo_size[0]} x {photo_size[1]} px"
    if sides[0] > height or sides[1] > width:
        raise ThreatError(
            f"A patch of {was} spreads to {sides[0]} x {sides[1]} px when they are resized, more than the model's "
            f"input of {height} x {width} px; give a smaller patch."
        )
    return PatchThreat(sides[0], sides[1], height, width, f"{was}, before the resize")
