"""Greyscale of 16 and 32 bits a pixel, scaled to 8."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from engine.errors import ImageError

__all__ = ["scaled_grey", "strips"]

_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262  # tags of TIFF 6.0


def scaled_grey(
    image: Image.Image, source: ImageFile.ImageFile, path: str, notes: list[str]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Deep greyscale (16 or 32 bits, integer or float) as RGB, with the alpha of a transparent level."""
    values = np.asarray(image)
    least, most = float(values.min()), float(values.max())
    if not (math.isfinite(least) and math.isfinite(most)):
        raise ImageError(f"{path} has NaN or infinite pixels; replace them and save it again.")
    black, white = _range(image.mode, source, least, most)
    notes.append(f"Greyscale from {black:.5g} (black) to {white:.5g} (white) was scaled to 8 bits.")
    rgb = np.empty((*values.shape, 3), np.uint8)
    for rows in strips(*values.shape):
        level = (values[rows].astype(np.float64) - black) * (255 / (white - black))
        rgb[rows] = np.clip(np.floor(level + 0.5), 0, 255).astype(np.uint8)[..., None]
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return rgb, None
    return rgb, np.where(values == key, np.uint8(0), np.uint8(255))


def _range(mode: str, source: ImageFile.ImageFile, least: float, most: float) -> tuple[float, float]:
    """The values that stand for black and white.

    Formats with a range of their own (16 bits; 12 in some TIFFs) keep it however dark the photo is. 32-bit
    integers and floats have none: the smallest usual range that holds the values is taken, else theirs.
    """
    tags = getattr(source, "tag_v2", {})
    if mode.startswith("I;16"):
        black, white = 0.0, 2.0 ** int(tags.get(_BITS_PER_SAMPLE, (16,))[0]) - 1
    elif mode == "I" and source.format != "TIFF":
        black, white = 0.0, 65535.0
    else:
        usual = (255.0, 65535.0) if mode == "I" else (1.0, 255.0, 65535.0)
        fitting = (top for top in usual if most <= top and least >= 0)
        black, white = min(least, 0.0), next(fitting, max(most, 0.0))
    return (white, black) if tags.get(_PHOTOMETRIC) == 0 else (black, white)


def strips(height: int, width: int) -> Iterator[slice]:
    """Slices of rows of about four million pixels, so that conversions need little memory beside."""
    rows = max(1, (1 << 22) // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
