"""A small residual network for pictures of 32 px."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

__all__ = ["ResidualNet"]


class ResidualNet(nn.Module):
    """A residual network of three stages, with a plain stem whose neurons see 3 x 3 px.

    Every stage begins with a convolution to its width and a max-pool that halves the map, and ends in a residual
    block. Normalisation comes behind the pool, where the map is a quarter, as in airbench (Jordan, 2024).

    Parameters
    ----------
    channels : int
        Of the input.
    widths : sequence of int
        Channels of the stem and of the three stages.
    classes : int
    first : nn.Module, optional
        What the input goes through before the stem.
    groups : int
        Parts of the stem's channels that see nothing of each other before the logits.
    """

    def __init__(
        self,
        channels: int = 3,
        widths: Sequence[int] = (24, 64, 192, 256),
        classes: int = 10,
        first: nn.Module | None = None,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.channels, self.widths, self.classes = channels, tuple(widths), classes
        self.first = first or nn.Identity()
        self.stem = _convolution(channels, widths[0])
        self.stages = nn.Sequential(*(_stage(*pair, groups) for pair in pairwise(widths)))
        self.classify = nn.Linear(widths[-1], classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(B, K)`` of normalised pixels ``(B, C, H, W)``."""
        logits: Tensor = self.classify(self.stages(self.stem(self.first(x))).mean((2, 3)))
        return logits


class _Residual(nn.Module):
    """``x + f(x)``, with ``f`` two convolutions."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(_convolution(width, width, groups=groups) for _ in range(2)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out


def _convolution(inside: int, outside: int, *between: nn.Module, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inside, outside, 3, padding=1, groups=groups, bias=False)
    return nn.Sequential(convolution, *between, nn.BatchNorm2d(outside), nn.ReLU())


def _stage(inside: int, outside: int, groups: int) -> nn.Sequential:
    return nn.Sequential(_convolution(inside, outside, nn.MaxPool2d(2), groups=groups), _Residual(outside, groups))
