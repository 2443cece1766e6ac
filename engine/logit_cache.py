"""Logit rows kept between sweeps, so that a former setting answers at once."""

import numpy as np
from numpy.typing import NDArray

from engine.kept import Kept
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
        self._rows: Kept[tuple[str, MaskedInput], NDArray[np.float32]] = Kept(limit, lambda row: row.nbytes)

    def __len__(self) -> int:
        """Number of rows kept."""
        return len(self._rows)

    @property
    def bytes(self) -> int:
        """What the rows take together."""
        return self._rows.size

    def get(self, context: str, mask: MaskedInput) -> NDArray[np.float32] | None:
        """The row of one input, or ``None``.

        Parameters
        ----------
        context : str
            Digest of everything but the mask that decides the row: weights, layer, photo, importance, fill,
            backend and precision.
        mask : MaskedInput
        """
        return self._rows.get((context, mask))

    def put(self, context: str, mask: MaskedInput, row: NDArray[np.float32]) -> None:
        """Keep the row of one input."""
        self._rows.put((context, mask), row)

    def clear(self) -> None:
        """Drop every row."""
        self._rows.clear()
