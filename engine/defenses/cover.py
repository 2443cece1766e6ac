"""Which places of the patch the members of a family hold: masks, voting cells, windows of a map."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cover"]


@dataclass(frozen=True, eq=False)
class Cover:
    """A family that is the product of two axes, and the places that each member holds.

    Parameters
    ----------
    rows, columns : bool array (members along the axis, places along it), read-only
        A member holds a place if it does so along both axes. Members count row by row.
    """

    rows: NDArray[np.bool_] = field(repr=False)
    columns: NDArray[np.bool_] = field(repr=False)

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.rows, self.columns):
            array.setflags(write=False)

    def __len__(self) -> int:
        """Number of members."""
        return len(self.rows) * len(self.columns)

    @property
    def everywhere(self) -> bool:
        """Whether some member holds each place."""
        return bool(self.rows.any(axis=0).all() and self.columns.any(axis=0).all())

    def count(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the chosen members ``(members,)`` hold each place."""
        grid = chosen.reshape(len(self.rows), len(self.columns)).astype(np.int64)
        return np.asarray(self.rows.T.astype(np.int64) @ grid @ self.columns.astype(np.int64), dtype=np.int64)

    def best(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest value ``(members,)`` among the members that hold each place; -inf where none does."""
        grid = values.reshape(len(self.rows), len(self.columns))
        return _best(self.columns, _best(self.rows, grid).T).T


def _best(holds: NDArray[np.bool_], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest entry along the first axis, for each place, of the members that hold it."""
    best = np.full((holds.shape[1], grid.shape[1]), -np.inf)
    for held, line in zip(holds, grid, strict=True):
        best[held] = np.maximum(best[held], line)
    return best
