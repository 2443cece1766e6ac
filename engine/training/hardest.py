"""Of several ways to hide a part of each photo, the one that its network answers worst."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["hardest"]


@torch.no_grad()
def hardest(
    answer: Callable[[Tensor], Tensor], network: nn.Module, shown: Sequence[Tensor], labels: Tensor
) -> Tensor:
    """For each photo the input with the highest cross-entropy.

    Parameters
    ----------
    answer : callable
        From inputs to logits.
    network : nn.Module
        In eval mode meanwhile, so that its running averages see only what is trained on.
    shown : sequence of Tensor (B, C, H, W)
        At least one.
    labels : int64 Tensor (B,)
    """
    if len(shown) == 1:
        return shown[0]
    network.eval()
    losses = torch.stack([F.cross_entropy(answer(one).float(), labels, reduction="none") for one in shown])
    network.train()
    return torch.stack(list(shown))[losses.argmax(0), torch.arange(len(labels), device=labels.device)]
