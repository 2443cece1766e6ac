"""Families of masks: PatchCleanser's covering set, and Minority Reports' grid of occlusions with its votes."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.defenses.cover import Cover
from engine.defenses.masked_forward import Mask
from engine.errors import CoverageError
from engine.threat import PatchThreat

__all__ = ["MaskFamily", "OcclusionGrid", "covering_masks", "occlusion_grid"]

_KEPT = 32  # families for as many threats and knobs: each photo asks for the same


@dataclass(frozen=True, eq=False)
class MaskFamily:
    """Masks of pixels that together hide every place of a patch.

    Parameters
    ----------
    masks : tuple of Mask
        Row by row.
    cover : Cover
        The places that each mask hides.
    """

    masks: tuple[Mask, ...] = field(repr=False)
    cover: Cover


@dataclass(frozen=True, eq=False)
class OcclusionGrid:
    """Occlusions at every step along both axes, and the neighbourhoods that vote together.

    Parameters
    ----------
    masks : tuple of Mask
        ``rows * columns`` of them, row by row.
    shape : (int, int)
        Occlusions along height and width.
    votes : int
        Occlusions a side of a voting neighbourhood.
    cover : Cover
        The places that **all** occlusions of a voting neighbourhood hide; the neighbourhoods count row by row.
    """

    masks: tuple[Mask, ...] = field(repr=False)
    shape: tuple[int, int]
    votes: int
    cover: Cover


@lru_cache(maxsize=_KEPT)
def covering_masks(threat: PatchThreat, steps: int) -> MaskFamily:
    """PatchCleanser's R-covering mask set: at most ``steps`` masks along each axis (Xiang et al. 2022, Alg. 1).

    Along an axis of ``n`` pixels with a patch of ``p``: stride ``s = ceil((n - p + 1) / steps)``, masks of
    ``min(p + s - 1, n)``, starting at 0, s, 2s, ... and at the last place.

    Raises
    ------
    CoverageError
        If a mask would hide the whole photo.
    """
    rows = _covering_starts(threat.input_height, threat.height, steps)
    columns = _covering_starts(threat.input_width, threat.width, steps)
    if rows[1] >= threat.input_height and columns[1] >= threat.input_width:
        raise CoverageError(f"Masks that hide a patch of {threat} hide the whole photo; give a smaller patch.")
    return MaskFamily(
        _product(rows, columns, threat),
        Cover(_hides(*rows, threat.height, threat.places[0]), _hides(*columns, threat.width, threat.places[1])),
    )


@lru_cache(maxsize=_KEPT)
def occlusion_grid(threat: PatchThreat, stride: int, growth: int, padded: bool) -> OcclusionGrid:
    """Minority Reports' occlusions of ``p + stride * (growth + 1) - 1`` px at every ``stride`` (McCoyd et al. 2020).

    ``(growth + 1)**2`` neighbours vote together. ``padded`` starts ``growth`` steps outside the photo, so that
    at every place of the patch the occlusions of some vote all hide it; without, as the paper has it, patches
    at the border are hidden by fewer.

    Raises
    ------
    CoverageError
        If an occlusion would hide the whole photo.
    """
    axes = []
    for extent, length in ((threat.input_height, threat.height), (threat.input_width, threat.width)):
        side = length + stride * (growth + 1) - 1
        if padded:
            starts = np.arange(-growth, (extent - length) // stride + 1) * stride
        else:
            starts = np.arange(0, extent - side + 1, stride)
        if side >= extent or len(starts) <= growth:
            raise CoverageError(
                f"Occlusions of {side} px, which a patch of {threat} needs for {growth + 1} x {growth + 1} votes, "
                f"leave too little of a photo of {extent} px; give a smaller patch, or fewer votes."
            )
        hides = _hides(starts, side, length, extent - length + 1)
        together = np.stack([hides[cell : cell + growth + 1].all(axis=0) for cell in range(len(starts) - growth)])
        axes.append(((starts, side), together))
    (rows, hold_rows), (columns, hold_columns) = axes
    return OcclusionGrid(
        _product(rows, columns, threat),
        (len(rows[0]), len(columns[0])),
        growth + 1,
        Cover(hold_rows, hold_columns),
    )


def _covering_starts(extent: int, length: int, steps: int) -> tuple[NDArray[np.int64], int]:
    stride = -(-(extent - length + 1) // steps)
    side = min(length + stride - 1, extent)
    starts = sorted({*range(0, extent - side + 1, stride), extent - side})
    return np.array(starts, dtype=np.int64), side


def _hides(starts: NDArray[np.int64], side: int, length: int, places: int) -> NDArray[np.bool_]:
    """Which masks hide the whole patch at each place along one axis."""
    place = np.arange(places)[None, :]
    hides: NDArray[np.bool_] = (starts[:, None] <= place) & (place + length <= starts[:, None] + side)
    return hides


def _product(
    rows: tuple[NDArray[np.int64], int], columns: tuple[NDArray[np.int64], int], threat: PatchThreat
) -> tuple[Mask, ...]:
    """A mask for every pair of starts, clipped to the photo."""
    spans = [
        [(max(0, int(start)), min(extent, int(start) + side)) for start in starts]
        for (starts, side), extent in ((rows, threat.input_height), (columns, threat.input_width))
    ]
    return tuple(Mask(((top, left, bottom, right),)) for top, bottom in spans[0] for left, right in spans[1])
