"""Hatching and filling of chosen cells of a grid, as exact lines and as a tiny picture: no clipping, any export."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

__all__ = ["hatch_lines", "mask_image", "outline_lines"]


def hatch_lines(mask: NDArray[np.bool_], step: int) -> NDArray[np.int64]:
    """Diagonal lines through the chosen cells only.

    Parameters
    ----------
    mask : bool array (rows, columns)
    step : int
        Distance between lines, in cells along an axis.

    Returns
    -------
    int array (n, 4)
        x and y of the lower left and of the upper right end, in cells.
    """
    rows, columns = mask.shape
    # Along the diagonal `row + column = d`, cells are met at their corners, so that lines end where cells do.
    diagonals = np.arange(0, rows + columns - 1, max(1, step))
    column = np.arange(columns)
    row = diagonals[:, None] - column[None, :]
    met = (row >= 0) & (row < rows)
    chosen = np.zeros((len(diagonals), columns + 2), dtype=np.int8)
    chosen[:, 1:-1] = met & mask[np.clip(row, 0, rows - 1), column[None, :]]
    edges = np.diff(chosen, axis=1)
    which, start = np.nonzero(edges == 1)
    stop = np.nonzero(edges == -1)[1]
    d = diagonals[which]
    return np.stack([start, d - start + 1, stop, d - stop + 1], axis=1)


def outline_lines(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The border of the chosen cells as lines (x, y, x, y) in cells, one a run of edges."""
    padded = np.pad(mask.astype(np.int8), 1)
    across = _runs(np.diff(padded, axis=0)[:, 1:-1] != 0)  # edge above row r of the mask
    down = _runs((np.diff(padded, axis=1)[1:-1] != 0).T)
    flat = np.stack([across[:, 1], across[:, 0], across[:, 2], across[:, 0]], axis=1)
    upright = np.stack([down[:, 0], down[:, 1], down[:, 0], down[:, 2]], axis=1)
    return np.concatenate([flat, upright])


def mask_image(mask: NDArray[np.bool_], colour: QColor) -> QImage:
    """A picture with one pixel a cell: the colour where chosen, else transparent."""
    pixels = np.where(mask, np.uint32(colour.rgba()), np.uint32(0)).astype(np.uint32)
    height, width = mask.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def _runs(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Runs of chosen cells along each row: row, start, stop."""
    edges = np.diff(np.pad(chosen.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(edges == 1)
    return np.stack([row, start, np.nonzero(edges == -1)[1]], axis=1)
