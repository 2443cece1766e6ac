"""Families of occluding windows that hide every place a patch can take."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from engine.classifiers.footprint import AxisFootprint, Footprints
from engine.errors import CoverageError
from engine.threat import PatchThreat

__all__ = [
    "DEFAULT_STEPS",
    "AxisWindow",
    "WindowFamily",
    "default_window",
    "largest_window",
    "smallest_window",
    "window_at",
    "window_family",
]

DEFAULT_STEPS = 6  # windows along an axis: 36 in all, as PatchCleanser's default
COARSE_STEPS = 3  # windows along an axis, at most, that a first look takes


@dataclass(frozen=True)
class AxisWindow:
    """A window along one axis.

    Parameters
    ----------
    cells : tuple of (start, stop)
        Occluded cells of each crossing tensor, the superficial layer first.
    pixels : (start, stop)
        Pixel lines whose content cannot reach the classifier once those cells are occluded.
    """

    cells: tuple[tuple[int, int], ...]
    pixels: tuple[int, int]


@dataclass(frozen=True)
class WindowFamily:
    """Windows of ``side x side`` cells of the superficial layer that cover a threat.

    Parameters
    ----------
    rows, columns : tuple of AxisWindow
        The family is their product, row by row.
    side : int
        Side of a window in cells of the superficial layer.
    smallest : int
        Smallest side for which a family exists.
    threat : PatchThreat
    """

    rows: tuple[AxisWindow, ...]
    columns: tuple[AxisWindow, ...]
    side: int
    smallest: int
    threat: PatchThreat

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.rows) * len(self.columns)

    def __getitem__(self, index: int) -> tuple[AxisWindow, AxisWindow]:
        """Row and column part of one window."""
        row, column = divmod(range(len(self))[index], len(self.columns))
        return self.rows[row], self.columns[column]

    @cached_property
    def boxes_px(self) -> NDArray[np.int64]:
        """Pixel boxes ``(top, left, bottom, right)``, ends excluded, shape ``(windows, 4)``."""
        boxes = np.array(
            [
                (row.pixels[0], column.pixels[0], row.pixels[1], column.pixels[1])
                for row in self.rows
                for column in self.columns
            ],
            dtype=np.int64,
        )
        boxes.setflags(write=False)
        return boxes

    @cached_property
    def level(self) -> NDArray[np.int64]:
        """How fine a grid each window first stands on, shape ``(windows,)``, read-only.

        Level 0 is a coarse grid of the family's own windows, at most three along an axis and evenly apart; each
        further level halves the steps between them.
        """
        levels = np.maximum.outer(_levels(len(self.rows)), _levels(len(self.columns))).ravel()
        levels.setflags(write=False)
        return np.asarray(levels, dtype=np.int64)

    @property
    def least_px(self) -> tuple[int, int]:
        """Height and width in pixels of what every window hides, at the least."""
        boxes = self.boxes_px
        return int((boxes[:, 2] - boxes[:, 0]).min()), int((boxes[:, 3] - boxes[:, 1]).min())

    def covering(self, weights: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of the windows' weights over those that hide the patch, for every place of the patch.

        Parameters
        ----------
        weights : int array (windows,)
            1 to count every window, or 0 and 1 to count some of them.

        Returns
        -------
        int array (H - ph + 1, W - pw + 1)
        """
        down, across = self.threat.places
        grid = np.asarray(weights).reshape(len(self.rows), len(self.columns))
        return _hides(self.rows, self.threat.height, down).T @ grid @ _hides(self.columns, self.threat.width, across)


def smallest_window(footprints: Footprints, threat: PatchThreat) -> int:
    """The largest footprint of the patch in the superficial layer: no smaller window can hide it everywhere."""
    return max(
        _largest_footprint(footprints.rows[0], threat.height),
        _largest_footprint(footprints.columns[0], threat.width),
    )


def default_window(footprints: Footprints, threat: PatchThreat, steps: int = DEFAULT_STEPS) -> int:
    """The smallest side that needs at most ``steps`` windows along each axis."""
    smallest, largest = smallest_window(footprints, threat), largest_window(footprints)
    axes = (footprints.rows, threat.height), (footprints.columns, threat.width)
    for side in range(smallest, largest):
        if all(
            next(islice(_fewest_windows(lines, side, length), steps, None), None) is None for lines, length in axes
        ):
            return side
    return largest - 1


def window_family(
    footprints: Footprints,
    threat: PatchThreat,
    side: int | None = None,
    stride: int | None = None,
    steps: int = DEFAULT_STEPS,
) -> WindowFamily:
    """The fewest windows of a side that cover the threat, or windows at every ``stride`` cells.

    Along each axis the next window starts at the first footprint not yet covered and takes in all
    footprints that end inside it; the family is the product of the two axes.

    Parameters
    ----------
    footprints : Footprints
    threat : PatchThreat
    side, stride : int, optional
        In cells of the superficial layer; ``side=None`` takes :func:`default_window`.
    steps : int
        For :func:`default_window`.

    Raises
    ------
    CoverageError
        If the side is below the smallest or above the map, or the stride leaves a place of the patch uncovered.
    """
    smallest, largest = smallest_window(footprints, threat), largest_window(footprints)
    if smallest >= largest:
        raise CoverageError(
            f"A patch of {threat} reaches {smallest} cells of a map of {largest}: a window that hides it would "
            f"hide everything; give a smaller patch or an earlier layer."
        )
    if side is None:
        side = default_window(footprints, threat, steps)
    if side < smallest:
        raise CoverageError(
            f"A window of {side} cells cannot hide a patch of {threat} everywhere; the smallest one is {smallest}."
        )
    if side >= largest:
        raise CoverageError(
            f"A window of {side} cells hides the whole map of {largest}; give one from {smallest} to {largest - 1}."
        )
    family = WindowFamily(
        _axis_windows(footprints.rows, side, threat.height, stride),
        _axis_windows(footprints.columns, side, threat.width, stride),
        side,
        smallest,
        threat,
    )
    if (family.covering(np.ones(len(family), dtype=np.int64)) == 0).any():
        if stride is None:
            raise CoverageError(
                f"No family of windows of {side} cells hides a patch of {threat} everywhere at this layer; "
                f"give a larger window or an earlier layer."
            )
        widest = next((step for step in range(stride - 1, 0, -1) if _covers(footprints, threat, side, step)), None)
        remedy = f"the widest that hides it everywhere is {widest}" if widest else "give a larger window"
        raise CoverageError(
            f"Windows of {side} cells every {stride} cells leave places of a patch of {threat} uncovered; {remedy}."
        )
    return family


def largest_window(footprints: Footprints) -> int:
    """Side of the superficial layer's map, in cells: a window must be smaller."""
    return min(footprints.rows[0].cells, footprints.columns[0].cells)


def window_at(footprints: Footprints, top: int, left: int, side: int) -> tuple[AxisWindow, AxisWindow]:
    """One window whose top left cell in the superficial layer is given; what is outside the map is cut off.

    Parameters
    ----------
    footprints : Footprints
    top, left, side : int
        In cells of the superficial layer.
    """
    rows, columns = footprints.rows, footprints.columns
    return (
        _axis_window(rows, top, min(side, rows[0].cells - top)),
        _axis_window(columns, left, min(side, columns[0].cells - left)),
    )


def _largest_footprint(axis: AxisFootprint, length: int) -> int:
    strips = axis.strips(length)
    return max(1, int((strips[:, 1] - strips[:, 0]).max()))


def _covers(footprints: Footprints, threat: PatchThreat, side: int, stride: int) -> bool:
    for axes, length in ((footprints.rows, threat.height), (footprints.columns, threat.width)):
        places = len(axes[0].first) - length + 1
        if not _hides(_axis_windows(axes, side, length, stride), length, places).any(axis=0).all():
            return False
    return True


def _axis_windows(
    axes: tuple[AxisFootprint, ...], side: int, length: int, stride: int | None
) -> tuple[AxisWindow, ...]:
    if stride is not None:
        last_start = axes[0].cells - side
        starts = sorted({*range(0, last_start + 1, stride), last_start})
        return tuple(_axis_window(axes, start, side) for start in starts)
    return tuple(_fewest_windows(axes, side, length))


def _fewest_windows(axes: tuple[AxisFootprint, ...], side: int, length: int) -> Iterator[AxisWindow]:
    """The windows of a side that hold the footprint of every place, as few as there can be, one after the other."""
    superficial = axes[0]
    strips: list[tuple[int, int]] = [(first, last) for first, last in superficial.strips(length).tolist()]
    place = 0
    while place < len(strips):
        start = min(_furthest_start(strips[place:], side), superficial.cells - side)
        window = _axis_window(axes, start, side, place)
        yield window
        # Everything hidden by this window is done; a window that hides nothing new ends in CoverageError.
        place = max(place + 1, window.pixels[1] - length + 1)


def _furthest_start(strips: list[tuple[int, int]], side: int) -> int:
    """Where a window starts that holds as many of the footprints, from the first on, as its side allows."""
    low, high = strips[0]
    for first, last in strips[1:]:
        if first == last:  # reaches nothing
            continue
        if max(high, last) - min(low, first) > side and high > low:
            break
        low, high = (min(low, first), max(high, last)) if high > low else (first, last)
    return low


def _axis_window(axes: tuple[AxisFootprint, ...], start: int, side: int, holding: int | None = None) -> AxisWindow:
    superficial, stop = axes[0], start + side
    reaching = superficial.first < superficial.last
    inside = (superficial.first >= start) & (superficial.last <= stop) | ~reaching
    pixels = _run(inside, inside & reaching, holding)
    others = tuple(axis.strip(*pixels) for axis in axes[1:])
    return AxisWindow(((start, stop), *others), pixels)


def _run(inside: NDArray[np.bool_], reaching: NDArray[np.bool_], holding: int | None) -> tuple[int, int]:
    """The run of lines inside that holds one line, or else the longest that reaches the window.

    Dilation can leave several runs, and lines that reach nothing are inside every window.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    if holding is not None:
        runs = runs[(runs[:, 0] <= holding) & (holding < runs[:, 1])]
    if len(runs) == 0:
        return 0, 0
    acts = np.array([reaching[start:stop].any() for start, stop in runs])
    start, stop = max(runs[acts] if acts.any() else runs, key=lambda run: int(run[1] - run[0]))
    return int(start), int(stop)


def _levels(count: int) -> NDArray[np.int64]:
    """The level of each window along one axis."""
    step = 1
    while -(-count // step) > COARSE_STEPS:
        step *= 2
    first = (count - 1) % step // 2
    levels = np.zeros(count, dtype=np.int64)
    while step > 1:
        levels[(np.arange(count) - first) % step != 0] += 1
        step //= 2
    return levels


def _hides(windows: tuple[AxisWindow, ...], length: int, places: int) -> NDArray[np.int64]:
    """1 where a window hides the patch at a place along one axis, shape ``(windows, places)``."""
    start = np.array([window.pixels[0] for window in windows])[:, None]
    stop = np.array([window.pixels[1] for window in windows])[:, None]
    place = np.arange(places)[None, :]
    return ((start <= place) & (place + length <= stop)).astype(np.int64)
