"""Bands and blocks of a photo, wrapping around its edges, and which of them a patch touches."""

import numpy as np
from numpy.typing import NDArray

from engine.defenses.masked_forward import Box, Mask

__all__ = ["band_masks", "block_masks", "cyclic_runs", "touched_bands"]


def band_masks(height: int, width: int, band: int, stride: int) -> tuple[Mask, ...]:
    """Masks that show ``band`` columns and hide all others, one at every ``stride`` columns.

    A band that leaves the photo on the right goes on at the left.
    """
    return tuple(
        Mask(tuple((0, left, height, right) for left, right in _pieces(start, band, width)), shown=True)
        for start in range(0, width, stride)
    )


def block_masks(height: int, width: int, side: int, stride: int) -> tuple[Mask, ...]:
    """Masks that show a square block, wrapping along both axes; row by row."""
    masks = []
    for top in range(0, height, stride):
        for left in range(0, width, stride):
            boxes: tuple[Box, ...] = tuple(
                (first, begin, last, end)
                for first, last in _pieces(top, side, height)
                for begin, end in _pieces(left, side, width)
            )
            masks.append(Mask(boxes, shown=True))
    return tuple(masks)


def touched_bands(extent: int, band: int, stride: int, length: int) -> NDArray[np.bool_]:
    """Which bands show a line of a patch of ``length``, shape ``(places, bands)``: enumerated, not derived.

    Where the stride does not divide the extent, bands crowd where they wrap, and a formula is one short.
    """
    shows = np.zeros((len(range(0, extent, stride)), extent), dtype=bool)
    for row, start in enumerate(range(0, extent, stride)):
        shows[row, (start + np.arange(band)) % extent] = True
    return np.stack([shows[:, place : place + length].any(axis=1) for place in range(extent - length + 1)])


def cyclic_runs(bands: int, length: int) -> NDArray[np.bool_]:
    """Every run of ``length`` neighbouring bands, wrapping, shape ``(runs, bands)``."""
    if length >= bands:
        return np.ones((1, bands), dtype=bool)
    behind: NDArray[np.bool_] = (np.arange(bands)[None, :] - np.arange(bands)[:, None]) % bands < length
    return behind


def _pieces(start: int, length: int, extent: int) -> list[tuple[int, int]]:
    """A wrapping span as one or two spans inside."""
    if length >= extent:
        return [(0, extent)]
    if start + length <= extent:
        return [(start, start + length)]
    return [(start, extent), (0, start + length - extent)]
