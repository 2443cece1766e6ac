"""One photo under masks of pixels, recomputed only where they change something: what a batch runner runs."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.defenses.incremental.join import Join
from engine.defenses.incremental.local_head import CleanMaps, LocalHead, Places
from engine.defenses.incremental.plan import Plan
from engine.defenses.masked_forward import Mask

__all__ = ["IncrementalSweep"]


class IncrementalSweep:
    """The tail under masks of one size, on batches of fixed size.

    Parameters
    ----------
    plan : Plan
        With at least one step.
    batch : int
        Masks of every batch.
    """

    def __init__(self, plan: Plan, batch: int) -> None:
        self.plan, self.batch = plan, batch
        self._head, self._join = LocalHead(plan), Join(plan, batch)
        self._crossing: Tensor | None = None
        self._fill = torch.empty(0)
        self._photo: CleanMaps | None = None
        self._masks: list[Mask] = []

    def begin(self, crossing: Tensor, fill: Tensor) -> None:
        """Take a photo ``(1, C, H, W)`` and what stands in for hidden cells ``(C, H, W)``."""
        with torch.inference_mode():
            if self._photo is None or self._crossing is None or not torch.equal(crossing, self._crossing):
                self._photo, self._crossing = self._head.clean(crossing), crossing.clone()
            self._fill = fill
            self._join.begin(self._photo)

    def inputs(self) -> Sequence[Tensor]:
        """Nothing is to be filled: masks are taken as they are."""
        return ()

    def take(self, masks: Sequence[Mask]) -> None:
        """Take the masks of the next batch, at most as many as it has rows."""
        self._masks = [*masks, *(masks[-1],) * (self.batch - len(masks))]

    def run(self) -> NDArray[np.float32]:
        """Logits ``(batch, K)`` under the masks that were taken."""
        assert self._photo is not None
        assert self._crossing is not None
        places = Places.of(self._masks, self.plan)
        with torch.inference_mode():
            regions = self._head.run(self._photo, self._crossing, self._fill, self._masks, places)
            logits: NDArray[np.float32] = self._join.run(self._photo, regions, places).float().numpy()
        return logits
