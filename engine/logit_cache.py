"""Logit rows kept between sweeps, so that a former setting answers at once."""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from engine.selection import MaskedInput

__all__ = ["LogitCache"]

CACHE_BYTES = 64 * 2**20


class LogitCache:
    """Logit rows of inputs met before, the least recently used ones dropped above a number of bytes.

    Parameters
    ----------
    limit : int
        Bytes of logits to keep.
    """

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.bytes = 0
        self._rows: OrderedDict[tuple[str, MaskedInput], NDArray[np.float32]] = OrderedDict()

    def __len__(self) -> int:
        """Number of rows kept."""
        return len(self._rows)

    def get(self, context: str, mask: MaskedInput) -> NDArray[np.float32] | None:
        """The row of one input, or ``None``.

        Parameters
        ----------
        context : str
            Digest of everything but the mask that decides the row: weights, layer, photo, importance, fill,
            backend and precision.
        mask : MaskedInput
        """
        row = self._rows.get((context, mask))
        if row is not None:
            self._rows.move_to_end((context, mask))
        return row

    def put(self, context: str, mask: MaskedInput, row: NDArray[np.float32]) -> None:
        """Keep the row of one input."""
        if (context, mask) not in self._rows:
            self.bytes += row.nbytes
        self._rows[context, mask] = row
        while self.bytes > self.limit:
            _, dropped = self._rows.popitem(last=False)
            self.bytes -= dropped.nbytes

    def clear(self) -> None:
        """Drop every row."""
        self._rows.clear()
        self.bytes = 0
