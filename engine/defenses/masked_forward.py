"""The masked-forward scheduler: one photo under any list of masks of pixels or cells, in batches; can be stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.backends.backend import Backend
from engine.batches import BatchRunner, Runs

__all__ = ["Box", "Mask", "MaskSweep", "MaskedLogits", "run_masked"]

Box = tuple[int, int, int, int]  # top, left, bottom, right; ends excluded


@dataclass(frozen=True)
class Mask:
    """What of a photo, or of a layer's map, is hidden.

    Parameters
    ----------
    boxes : tuple of (top, left, bottom, right)
        Their union is hidden; none hides nothing.
    shown : bool
        Their union is shown instead, and all else hidden: bands and blocks.
    """

    boxes: tuple[Box, ...]
    shown: bool = False

    def __or__(self, other: "Mask") -> "Mask":
        """The mask that hides what either hides."""
        if self.shown or other.shown:
            raise ValueError("only masks that hide their boxes can be joined")
        return Mask(self.boxes + other.boxes)

    def write(self, source: Tensor, fill: Tensor, out: Tensor) -> None:
        """Write ``source`` (C, H, W) under the mask to ``out``; by assignment, since 0 * NaN leaks."""
        beneath, above = (fill, source) if self.shown else (source, fill)
        out.copy_(beneath)
        for top, left, bottom, right in self.boxes:
            out[:, top:bottom, left:right] = above[:, top:bottom, left:right]


@dataclass(frozen=True, eq=False)
class MaskedLogits:
    """Logits under every mask of a list, as far as they have come.

    Parameters
    ----------
    logits : float32 array (masks, K), read-only
        NaN where not ``done``.
    done : bool array (masks,), read-only
    """

    logits: NDArray[np.float32] = field(repr=False)
    done: NDArray[np.bool_] = field(repr=False)

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.logits, self.done):
            array.setflags(write=False)

    @property
    def complete(self) -> bool:
        """Whether every mask is done."""
        return bool(self.done.all())


class MaskSweep(Runs, Protocol):
    """What predicts under masks without being given the masked photo."""

    def begin(self, crossing: Tensor, fill: Tensor) -> None:
        """Take a photo and what stands in for hidden cells, as :func:`run_masked` does."""

    def take(self, masks: Sequence[Mask]) -> None:
        """Take the masks of the next batch, at most as many as it has rows."""


def run_masked(
    crossing: Tensor,
    fill: Tensor,
    masks: Sequence[Mask],
    backend: Backend,
    stop: Callable[[], bool] | None = None,
    sweep: MaskSweep | None = None,
) -> MaskedLogits:
    """Predict under every mask; equal masks share a pass.

    Parameters
    ----------
    crossing : Tensor (1, C, H, W)
        What crosses the cut that the backend runs the tail of; the clipped pixels at ``input``.
    fill : Tensor (C, H, W)
        What stands in for hidden cells.
    masks : sequence of Mask
    backend : Backend
    stop : callable, optional
        Asked before every batch; once it says yes, the remaining masks are left undone.
    sweep : MaskSweep, optional
        Does the same work in the backend's place.
    """
    source: dict[torch.device, tuple[Tensor, Tensor]] = {}  # on whatever device the backend takes its inputs

    def write(chosen: Sequence[Mask], out: Sequence[Tensor]) -> None:
        if sweep is not None:
            sweep.take(chosen)
            return
        device = out[0].device
        if device not in source:
            source[device] = crossing[0].to(device), fill.to(device)
        for row, mask in enumerate(chosen):
            mask.write(*source[device], out[0][row])

    if sweep is not None:
        sweep.begin(crossing, fill)
    runner: BatchRunner[Mask] = BatchRunner(sweep or backend, write, stop=stop)
    logits: NDArray[np.float32] | None = None
    done = np.zeros(len(masks), dtype=bool)
    for answers in runner.rows(enumerate(masks)):
        for targets, row in answers:
            if logits is None:
                logits = np.full((len(masks), row.size), np.nan, dtype=np.float32)
            logits[targets], done[targets] = row, True
    if logits is None:
        logits = np.full((len(masks), 2), np.nan, dtype=np.float32)
    return MaskedLogits(logits, done)
