"""Putting a patch into the model's input: scaled, rotated, alpha-blended, wholly inside."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import ImageError, PatchError
from engine.images import blend, decode_image
from engine.threat import PatchThreat

__all__ = [
    "Patch",
    "PlacedPatch",
    "Placement",
    "box_size",
    "inverse_turn",
    "largest_scale",
    "oversize_notes",
    "parse_position",
    "paste",
    "placed_size",
    "read_patch",
    "scaled_size",
]

_POSITION = re.compile(r"\s*([+-]?[0-9]{1,9})\s*,\s*([+-]?[0-9]{1,9})\s*")
_MAX_SCALE = 1e6
_MAX_ROTATION = 1e6
# Non-negative weights: no colour leaves the patch's own range, as bicubic's would beside a transparent edge.
_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True, eq=False)
class Patch:
    """A patch picture with its alpha.

    Parameters
    ----------
    path, name : str
        The file as it was given, and its name.
    sha256 : str
        Of the file's bytes.
    rgba : array (h, w, 4) of uint8, read-only
    """

    path: str
    name: str
    sha256: str
    rgba: NDArray[np.uint8]


@dataclass(frozen=True)
class Placement:
    """Where and how a patch is put, in pixels of the model's input.

    Parameters
    ----------
    left, top : int
        Top-left corner of the placed patch's bounding box.
    scale : float
        Relative to the patch's own pixels; above 0.
    rotation : float
        Degrees counter-clockwise; it expands the bounding box.
    """

    left: int
    top: int
    scale: float = 1.0
    rotation: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a scale or rotation that means nothing.

        Raises
        ------
        PatchError
            If the scale is not above 0, or either is not a finite number of sensible size.
        """
        if not 0 < self.scale <= _MAX_SCALE:
            raise PatchError(f"A patch cannot be scaled by {self.scale:.4g}; give a factor above 0, such as 1.")
        if not abs(self.rotation) <= _MAX_ROTATION:
            raise PatchError(f"A patch cannot be rotated by {self.rotation:.4g} degrees; give 0 to 360.")


@dataclass(frozen=True, eq=False)
class PlacedPatch:
    """A view with a patch in it.

    Parameters
    ----------
    view : array (H, W, 3) of uint8, read-only
    box : (int, int, int, int)
        Top, left, bottom, right (the last two exclusive) of the pixels that the patch may have changed.
    mask : array (H, W) of bool, read-only
        Those pixels themselves: alpha above 0.
    """

    view: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    mask: NDArray[np.bool_]


def read_patch(path: str | Path) -> Patch:
    """Read a patch picture; what ``read_image`` reads, with its alpha kept.

    Raises
    ------
    PatchError
        If the file cannot be read as an image, or every pixel of it is transparent.
    """
    try:
        decoded = decode_image(path)
    except ImageError as error:
        raise PatchError(f"The patch {error}") from error
    alpha = np.full(decoded.rgb.shape[:2], 255, np.uint8) if decoded.alpha is None else decoded.alpha
    if not alpha.any():
        raise PatchError(f"The patch {path} is transparent everywhere; give one with visible pixels.")
    rgba = np.dstack([decoded.rgb, alpha])
    rgba.setflags(write=False)
    return Patch(str(path), Path(path).name, decoded.sha256, rgba)


def parse_position(text: str) -> tuple[int, int]:
    """Read ``X,Y``: whole pixels from the left and from the top of the model's input.

    Raises
    ------
    PatchError
        If the text is not two whole numbers with a comma between.
    """
    if found := _POSITION.fullmatch(text):
        return int(found[1]), int(found[2])
    raise PatchError(f"Cannot read the position {text!r}; write X,Y in whole pixels, such as 40,60.")


def placed_size(patch: Patch, scale: float, rotation: float = 0.0) -> tuple[int, int]:
    """Height and width in pixels of the bounding box of the patch, scaled and rotated.

    Raises
    ------
    PatchError
        If a side of the scaled patch is less than half a pixel.
    """
    return box_size(_scaled_size(patch, scale), rotation)


def scaled_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Height and width in whole pixels of a patch of ``size``, scaled; 0 where nothing is left."""
    height, width = size
    return math.floor(height * scale + 0.5), math.floor(width * scale + 0.5)


def box_size(size: tuple[int, int], rotation: float) -> tuple[int, int]:
    """Height and width in pixels of the bounding box of a (height, width) patch turned by degrees."""
    height, width = size
    cos, sin = _turn(rotation)
    across, down = abs(cos), abs(sin)
    # The margin keeps sides that are whole numbers but for rounding from growing by a pixel.
    return (
        math.ceil(width * down + height * across - 1e-6),
        math.ceil(width * across + height * down - 1e-6),
    )


def inverse_turn(
    source: tuple[int, int], rotation: float, box: tuple[int, int]
) -> tuple[float, float, float, float, float, float]:
    """Where a place in the turned patch comes from: ``x' = a x + b y + c``, ``y' = d x + e y + f``.

    Parameters
    ----------
    source : (int, int)
        Height and width of the patch before it is turned.
    rotation : float
        Degrees counter-clockwise, about the centre.
    box : (int, int)
        Height and width of what holds the turned patch.

    Returns
    -------
    a, b, c, d, e, f : float
        For coordinates in pixels, with the centre of the first pixel at 0.5.
    """
    cos, sin = _turn(rotation)
    across, down = box[1] / 2, box[0] / 2
    return (
        *(cos, -sin, source[1] / 2 - cos * across + sin * down),
        *(sin, cos, source[0] / 2 - sin * across - cos * down),
    )


def largest_scale(patch: Patch, rotation: float, view_size: tuple[int, int]) -> float | None:
    """The largest scale, to four digits, at which the rotated patch fits a view of (height, width) px.

    Returns
    -------
    float or None
        ``None`` if it fits at no scale.
    """
    height, width = patch.rgba.shape[:2]
    cos, sin = _turn(rotation)
    across, down = abs(cos), abs(sin)
    bound = min(
        view_size[0] / (width * down + height * across),
        view_size[1] / (width * across + height * down),
        _MAX_SCALE,
    )
    step = 10.0 ** (math.floor(math.log10(bound)) - 3)
    # Sides are rounded to whole pixels, so that the bound itself may be a little too large.
    for count in range(math.floor(bound / step + 1e-9), 0, -1):
        scale = float(f"{count * step:.4g}")
        try:
            size = placed_size(patch, scale, rotation)
        except PatchError:
            return None
        if size[0] <= view_size[0] and size[1] <= view_size[1]:
            return scale
    return None


def paste(view: NDArray[np.uint8], patch: Patch, placement: Placement) -> PlacedPatch:
    """Blend a patch into a view by its alpha; pixels outside the mask stay as they are, bit for bit.

    Parameters
    ----------
    view : array (H, W, 3) of uint8
        The model's input; it is not changed.

    Raises
    ------
    PatchError
        If the placed patch is not wholly inside the view, or no visible pixel is left of it.
    """
    view_size = view.shape[0], view.shape[1]
    height, width = placed_size(patch, placement.scale, placement.rotation)
    _check_fit(patch, placement, (height, width), view_size)
    rgba = _render(patch, placement, (height, width))
    visible = rgba[..., 3] > 0
    if not visible.any():
        raise PatchError(
            f"The patch {patch.path} has no visible pixel left at scale {placement.scale:.4g}; give a larger scale."
        )
    area = np.s_[placement.top : placement.top + height, placement.left : placement.left + width]
    changed = view.copy()
    changed[area] = blend(rgba[..., :3], rgba[..., 3], view[area])
    mask = np.zeros(view_size, bool)
    mask[area] = visible
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
    changed.setflags(write=False)
    mask.setflags(write=False)
    return PlacedPatch(changed, box, mask)


def _scaled_size(patch: Patch, scale: float) -> tuple[int, int]:
    """Height and width of the patch before it is rotated."""
    height, width = patch.rgba.shape[:2]
    scaled = scaled_size((height, width), scale)
    if min(scaled) < 1:
        raise PatchError(
            f"The patch {patch.path} of {height} x {width} px (height x width) has no pixel left at scale "
            f"{scale:.4g}; give more than {0.5 / min(height, width):.4g}."
        )
    return scaled


def _turn(rotation: float) -> tuple[float, float]:
    """Cosine and sine of degrees, exact for quarter turns."""
    quarters, rest = divmod(rotation, 90.0)
    if rest == 0:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    angle = math.radians(rotation % 360)
    return math.cos(angle), math.sin(angle)


def _check_fit(patch: Patch, placement: Placement, size: tuple[int, int], view_size: tuple[int, int]) -> None:
    """Refuse a placement that leaves the view, with what would fit."""
    what = f"The patch {patch.path} is {size[0]} x {size[1]} px (height x width) at scale {placement.scale:.4g}" + (
        f" and rotation {placement.rotation:.4g}" if placement.rotation else ""
    )
    view = f"the model's input of {view_size[0]} x {view_size[1]} px"
    if size[0] > view_size[0] or size[1] > view_size[1]:
        largest = largest_scale(patch, placement.rotation, view_size)
        remedy = (
            f"the largest scale that fits is {largest:.4g}" if largest else "it fits at no scale, so give another"
        )
        raise PatchError(f"{what}, larger than {view}; {remedy}.")
    most_x, most_y = view_size[1] - size[1], view_size[0] - size[0]
    if not (0 <= placement.left <= most_x and 0 <= placement.top <= most_y):
        raise PatchError(
            f"{what} and does not lie inside {view} at {placement.left},{placement.top}; "
            f"X may be 0 to {most_x} and Y 0 to {most_y}."
        )


def _render(patch: Patch, placement: Placement, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The scaled and rotated patch, shape (h, w, 4), on a transparent ground of the given size.

    Colours are resampled premultiplied by alpha (Pillow's ``resize`` does so for RGBA), so that what is
    hidden under transparent pixels does not bleed into the visible ones.
    """
    height, width = _scaled_size(patch, placement.scale)
    rgba = patch.rgba
    if rgba.shape[:2] != (height, width):
        rgba = np.asarray(Image.fromarray(rgba).resize((width, height), _BILINEAR))
    if placement.rotation % 90 == 0:
        return np.rot90(rgba, int(placement.rotation // 90) % 4)
    return _rotate(rgba, placement.rotation, size)


def _rotate(rgba: NDArray[np.uint8], rotation: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Turn counter-clockwise about the centre into an array (h, w, 4) of the given size.

    In floating point, as Pillow's ``transform`` cuts 8-bit results off instead of rounding them.
    """
    # A transparent rim of one pixel lets the edges fade where they cut through pixels.
    source = np.pad(rgba.astype(np.float32), ((1, 1), (1, 1), (0, 0)))
    source[..., :3] *= source[..., 3:] / 255
    inverse = inverse_turn((source.shape[0], source.shape[1]), rotation, size)
    turned = [
        Image.fromarray(source[..., band]).transform(size[::-1], Image.Transform.AFFINE, inverse, _BILINEAR)
        for band in range(4)
    ]
    placed = np.dstack([np.asarray(band) for band in turned])
    placed[..., :3] *= 255 / np.maximum(placed[..., 3:], 0.5)  # below half a level, alpha becomes 0
    return np.clip(np.floor(placed + 0.5), 0, 255).astype(np.uint8)


def oversize_notes(placed: PlacedPatch, threat: PatchThreat) -> tuple[str, ...]:
    """What a report must say of a pasted patch that is larger than the one that is feared; nothing if it is not."""
    top, left, bottom, right = placed.box
    height, width = bottom - top, right - left
    if height <= threat.height and width <= threat.width:
        return ()
    return (
        f"The pasted patch of {height} x {width} px is larger than the threat of {threat.height} x "
        f"{threat.width} px, so the certificate says nothing about it.",
    )
