"""Sums under a window that slides over a map cell by cell."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["densest_window", "window_sums"]


def window_sums(values: NDArray[np.generic], height: int, width: int) -> NDArray[np.float64]:
    """Sum of a map ``(H, W)`` under the window at every place, by one summed-area table.

    Returns
    -------
    float64 array (H - height + 1, W - width + 1)

    Raises
    ------
    ValueError
        If the window is empty or larger than the map.
    """
    rows, columns = values.shape
    if not (0 < height <= rows and 0 < width <= columns):
        raise ValueError(f"A window of {height} x {width} does not lie in a map of {rows} x {columns}.")
    table = np.zeros((rows + 1, columns + 1))
    table[1:, 1:] = values.astype(np.float64).cumsum(axis=0).cumsum(axis=1)
    return table[height:, width:] - table[:-height, width:] - table[height:, :-width] + table[:-height, :-width]


def densest_window(sins: NDArray[np.int32], height: int, width: int) -> tuple[int, int]:
    """Top and left of the window that holds the most SINs; the first one, row by row, of several.

    Parameters
    ----------
    sins : int array (H, W)
        SINs a cell, :meth:`Superficial.density`.
    height, width : int
        In cells.
    """
    sums = window_sums(sins, height, width).round()  # counts, whatever the table's arithmetic
    top, left = divmod(int(sums.argmax()), sums.shape[1])
    return top, left
