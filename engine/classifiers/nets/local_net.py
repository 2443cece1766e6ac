"""A network whose class evidence is local: no padding, and every cell sees a small square of the picture."""

from typing import cast

import torch
from torch import Tensor, nn

__all__ = ["LocalNet"]


class LocalNet(nn.Module):
    """A BagNet for pictures of 32 px (Brendel & Bethge, 2019): evidence of cells that see 4 x 4 px, then its mean.

    One unpadded 4 x 4 convolution of stride 2 gives a map of 15 x 15 cells; all others are 1 x 1, so that a patch
    of p px touches at most ``ceil((p + 3) / 2)`` cells an axis. What a cell makes of its pixels may depend on where
    it is. Evidence is never negative: a cell can speak for a class and not against it (PatchGuard, Xiang et al.
    2021).

    Parameters
    ----------
    width : int
        Channels.
    blocks : int
        Residual 1 x 1 blocks.
    classes : int
    """

    def __init__(self, width: int = 192, blocks: int = 1, classes: int = 10) -> None:
        super().__init__()
        self.see = _convolution(3, width, 4, stride=2)
        self.place = nn.Parameter(torch.zeros(width, 15, 15))
        self.blocks = nn.Sequential(*(_Residual(width) for _ in range(blocks)))
        last = nn.Conv2d(width, classes, 1)
        nn.init.normal_(last.weight, std=0.3)  # the mean over cells is small at first, and so is all that is learned
        nn.init.constant_(cast(Tensor, last.bias), 1.0)  # all speak at first: a class that is silent cannot learn
        self.evidence = nn.Sequential(last, nn.ReLU())

    def features(self, x: Tensor) -> Tensor:
        """What every cell saw ``(B, width, 15, 15)``."""
        seen: Tensor = self.blocks(self.see(x) + self.place)
        return seen

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(B, K)`` of normalised pixels ``(B, 3, 32, 32)``: the mean evidence."""
        logits: Tensor = self.evidence(self.features(x)).mean((2, 3))
        return logits


class _Residual(nn.Module):
    """``x + f(x)``, with ``f`` two 1 x 1 convolutions over twice the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_convolution(width, 2 * width, 1), _convolution(2 * width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out


def _convolution(inside: int, outside: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, kernel, stride, bias=False), nn.BatchNorm2d(outside), nn.ReLU())
