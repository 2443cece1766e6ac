"""Which neurons stay when a window is occluded: thresholds on ranks, and the inputs they make for the tail."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.settings import Selection
from engine.superficial import Superficial
from engine.windows import AxisWindow

__all__ = [
    "MaskedInput",
    "Window",
    "apply_mask",
    "prefix_count",
    "prefix_thresholds",
    "removed_sum",
    "same_input",
    "select",
]

Window = tuple[AxisWindow, AxisWindow]


@dataclass(frozen=True)
class MaskedInput:
    """One input of the tail, described by what decides it.

    Parameters
    ----------
    threshold : int
        Superficial neurons of rank below it are kept, outside the window.
    window : (AxisWindow, AxisWindow), optional
        Rows and columns occluded in every crossing tensor; ``None`` for the base prediction.
    """

    threshold: int
    window: Window | None = None


def select(state: Superficial, window: Window, count: int, selection: Selection) -> MaskedInput:
    """The mask of one window.

    ``per_window`` keeps the ``count`` most important neurons **outside** the window. Their ranks among
    themselves do not depend on what is inside, and the threshold only counts ranks inside, so that the set is
    the same whatever the window holds. ``global`` takes the SINs of the whole map and removes the window.
    """
    if selection == "global":
        return MaskedInput(count, window)
    inside = _inside(state, window).ravel()
    # The smallest threshold with `count` ranks below it outside: count, plus the ranks below it inside.
    threshold, wanted = 0, count
    while threshold < wanted:
        threshold = wanted
        wanted = min(state.neurons, count + int(np.count_nonzero(inside < threshold)))
    return MaskedInput(threshold, window)


def prefix_count(state: Superficial, window: Window, count: int) -> int:
    """How many masks :func:`prefix_thresholds` gives."""
    fewest, most = _prefix_range(state, window, count)
    return most - fewest + 1


def prefix_thresholds(state: Superficial, window: Window, count: int) -> list[int]:
    """Every mask that ``global`` selection can show outside a window, whatever the window holds.

    With ``m`` neurons inside, the neurons kept outside are always the first ``n`` of the ranking outside, with
    ``max(0, count - m) <= n <= min(count, outside)``.

    Returns
    -------
    list of int
        One threshold for each ``n``.
    """
    fewest, most = _prefix_range(state, window, count)
    is_outside = np.ones(state.neurons, dtype=bool)
    is_outside[_inside(state, window).ravel()] = False
    ranks_outside = np.flatnonzero(is_outside)
    return [int(ranks_outside[kept - 1]) + 1 if kept else 0 for kept in range(fewest, most + 1)]


def removed_sum(state: Superficial, mask: MaskedInput) -> int:
    """Sum of the ranks that a window takes away: equal inputs have equal sums."""
    inside = _inside(state, mask.window)
    return int((inside * (inside < mask.threshold)).sum(dtype=np.int64))


def same_input(state: Superficial, one: MaskedInput, other: MaskedInput) -> bool:
    """Whether two masks keep the same neurons; only for a cut with a single crossing tensor."""
    if one.threshold != other.threshold:
        return False
    removed = [
        inside[inside < one.threshold] for inside in (_inside(state, one.window), _inside(state, other.window))
    ]
    return removed[0].size == removed[1].size and np.array_equal(np.sort(removed[0]), np.sort(removed[1]))


def apply_mask(state: Superficial, masks: Sequence[MaskedInput], out: Sequence[Tensor]) -> None:
    """Write the tail's inputs for some masks into the first rows of prepared tensors.

    Neurons are kept by ``where`` and cells occluded by assignment, never by multiplying: 0 * NaN leaks.

    Parameters
    ----------
    state : Superficial
    masks : sequence of MaskedInput
    out : sequence of Tensor (B, C, H, W)
        One a crossing tensor, ``B >= len(masks)``.
    """
    for row, mask in enumerate(masks):
        kept = state.rank < mask.threshold
        torch.where(kept, state.crossing[0][0], state.fill[0][0], out=out[0][row])
        for target, source in zip(out[1:], state.crossing[1:], strict=True):
            target[row].copy_(source[0])
        if mask.window is None:
            continue
        for index, (target, fill) in enumerate(zip(out, state.fill, strict=True)):
            (top, bottom), (left, right) = (axis.cells[index] for axis in mask.window)
            target[row, :, top:bottom, left:right] = fill[0, :, top:bottom, left:right]


def _inside(state: Superficial, window: Window | None) -> NDArray[np.int32]:
    """Ranks of the superficial neurons inside a window; a view."""
    ranks: NDArray[np.int32] = state.rank.numpy()
    if window is None:
        return ranks[:, :0]
    (top, bottom), (left, right) = (axis.cells[0] for axis in window)
    return ranks[:, top:bottom, left:right]


def _prefix_range(state: Superficial, window: Window, count: int) -> tuple[int, int]:
    inside = _inside(state, window).size
    return max(0, count - inside), min(count, state.neurons - inside)
