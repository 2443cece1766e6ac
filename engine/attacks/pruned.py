"""The pruned model with gradients: the choice of SINs is a mask, and gradients pass through the kept neurons."""

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from engine.attacks.folding import folded
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.superficial import measure, ranked, sin_count

__all__ = ["PrunedModel"]


class PrunedModel(nn.Module):
    """Pixels to base logits, as the sweep's base prediction but for gradients.

    Parameters
    ----------
    inspector : Inspector
    settings : Settings
        Superficial layer, rate, importance and fill.
    half : callable
        The context within which the tail runs.
    """

    def __init__(
        self, inspector: Inspector, settings: Settings, half: Callable[[], AbstractContextManager[object]]
    ) -> None:
        super().__init__()
        self._cut = inspector.pruned_cut(settings)
        rate = inspector.rate(settings)
        self._importance = settings.importance
        self._half = half
        # The head decides the ranks, so it stays as it is; the tail only gives gradients.
        self.head, self.tail = copy.deepcopy(self._cut.head_module), folded(self._cut.tail_module)
        grey = self._cut.neutral[0].clone()  # a plain tensor: one of inference mode cannot be differentiated through
        self.register_buffer("grey", grey, persistent=False)
        self.register_buffer(
            "fill", grey.clone() if settings.fill == "neutral" else torch.zeros_like(grey), persistent=False
        )
        self._count = sin_count(grey.numel(), rate)

    grey: Tensor
    fill: Tensor

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits ``(B, K)`` of pixels ``(B, 3, H, W)`` in [0, 1]."""
        first, *others = self._cut.turned(self.head(pixels))
        with torch.no_grad():
            measured = [measure(activation, self.grey[0], self._importance) for activation in first]
            kept = torch.stack([ranked(importance)[0] < self._count for importance in measured])
        with self._half():
            logits: Tensor = self.tail(torch.where(kept, first, self.fill), *others)
        return logits
