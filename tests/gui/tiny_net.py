"""A network of the user's own that is trained against in a moment: eight classes, one superficial layer."""

import torch
from torch import Tensor, nn


class Tiny(nn.Module):
    """A convolution to cut behind, another one, the mean and a linear layer: it has class activation maps."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.mid = nn.Conv2d(6, 8, 3, padding=1)
        self.fc = nn.Linear(8, 8)
        for module in (self.stem, self.mid, self.fc):
            module.reset_parameters()
            module.weight.data *= 3

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.mid(self.stem(x).relu()).relu().mean((2, 3)))


class NoMean(Tiny):
    """The same, but for a largest value in the place of the mean: it has no class activation maps."""

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.mid(self.stem(x).relu()).relu().amax((2, 3)))


def make() -> nn.Module:
    """The tiny network."""
    return Tiny()


def without_mean() -> nn.Module:
    """The one without class activation maps."""
    return NoMean()
