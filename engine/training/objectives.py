"""What each kind of defense wants of its network: the loss of a batch, and a score on photos held back."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

__all__ = ["Objective", "answers"]


class Objective(Protocol):
    """The aim of a training."""

    def loss(
        self, network: nn.Module, pixels: Tensor, labels: Tensor, generator: torch.Generator, progress: float
    ) -> Tensor:
        """Mean loss of a batch.

        Parameters
        ----------
        network : nn.Module
            Takes pixels in [0, 1].
        pixels : Tensor (B, 3, H, W)
            Moved and mirrored already.
        labels : int64 Tensor (B,)
        generator : torch.Generator
            Of the CPU; for all that is drawn at random.
        progress : float
            Share of the first rise and fall of the learning rate that is done, in [0, 1].
        """
        ...

    def score(self, network: nn.Module, pixels: Tensor, labels: Tensor) -> Mapping[str, float]:
        """Shares of held-back photos that are right; ``clean`` among them."""
        ...


@torch.no_grad()
def answers(network: nn.Module, pixels: Tensor, batch: int = 500) -> Tensor:
    """The classes ``(B,)`` that a network gives to pixels ``(B, C, H, W)``."""
    return torch.cat([network(part).argmax(1) for part in torch.split(pixels, batch)])
