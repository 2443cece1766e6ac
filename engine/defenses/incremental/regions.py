"""Where a box of pixels can change a map, along one axis: how the box grows from node to node.

A mask has one of many places, and each place has its own cells. Every region of a node is equally large, so that the
patches of several masks can be stacked; one that is larger than need be recomputes cells that do not change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["AxisRegion", "Reach", "hidden_region", "joined", "reached"]

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Reach:
    """Which cells an operation reads along one axis: cell ``o`` reads ``o * stride - padding + tap * dilation``.

    Parameters
    ----------
    kernel, stride, padding, dilation : int
        ``kernel`` taps; ``padding`` is what stands before the first cell.
    """

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def span(self) -> int:
        """Cells from the first tap to the last, both included."""
        return (self.kernel - 1) * self.dilation + 1

    def read(self, starts: Cells, size: int) -> tuple[Cells, int]:
        """The cells that a region's cells read: where they begin at each place, and how many they are."""
        return starts * self.stride - self.padding, (size - 1) * self.stride + self.span


@dataclass(frozen=True, eq=False)
class AxisRegion:
    """The cells of a node that a box can change along one axis, for every place of the box.

    Parameters
    ----------
    first, last : int array (places,), read-only
        No cell outside ``first .. last`` (``last`` excluded) changes; empty where they are equal.
    cells : int
        Extent of the node's map.
    """

    first: Cells = field(repr=False)
    last: Cells = field(repr=False)
    cells: int

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.first, self.last):
            array.setflags(write=False)

    @cached_property
    def size(self) -> int:
        """Cells of the region at every place: as many as the most that change at one of them."""
        return max(1, int((self.last - self.first).max()))

    @cached_property
    def starts(self) -> Cells:
        """First cell of the region at each place: moved inwards where it would leave the map."""
        return np.minimum(self.first, self.cells - self.size)

    def same_as(self, other: "AxisRegion") -> bool:
        """Whether both regions are the same cells at every place."""
        return self.size == other.size and np.array_equal(self.starts, other.starts)


def hidden_region(pixels: int, side: int) -> AxisRegion:
    """A box of ``side`` pixels at each of its places in the photo."""
    starts = np.arange(pixels - side + 1)
    return AxisRegion(starts, starts + side, pixels)


def reached(region: AxisRegion, reach: Reach, cells: int) -> AxisRegion:
    """The region of an operation's output, a map of ``cells``, for a region of its input."""
    first = -((reach.span - 1 - reach.padding - region.first) // reach.stride)  # rounded up
    last = (region.last - 1 + reach.padding) // reach.stride + 1
    first, last = first.clip(0, cells), last.clip(0, cells)
    nothing = (region.first >= region.last) | (first >= last)
    first = np.where(nothing, np.minimum(first, cells - 1), first)
    return AxisRegion(first, np.where(nothing, first, last), cells)


def joined(regions: Sequence[AxisRegion]) -> AxisRegion:
    """The region of a cell-by-cell operation on several maps: what any of them changes."""
    head, *rest = regions
    if not rest:
        return head
    empty = np.stack([region.first >= region.last for region in regions])
    first = np.where(empty, head.cells, np.stack([region.first for region in regions])).min(axis=0)
    last = np.where(empty, 0, np.stack([region.last for region in regions])).max(axis=0)
    nothing = empty.all(axis=0)
    return AxisRegion(np.where(nothing, head.first, first), np.where(nothing, head.first, last), head.cells)
