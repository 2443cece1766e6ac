"""Networks whose verdict on a photo can be told beforehand; the command line loads them as the user's own."""

import torch
from torch import Tensor, nn


class Brightness(nn.Module):
    """Two classes: whether the mean of the superficial layer, the photo's grey, is above a threshold."""

    def __init__(self, threshold: float, gain: float = 40.0) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 2, 1, bias=False)
        self.act = nn.ReLU()
        self.fc = nn.Linear(2, 2)
        with torch.no_grad():
            self.stem.weight.fill_(1 / 3)
            self.fc.weight.copy_(torch.tensor([[gain / 2, gain / 2], [0.0, 0.0]]))
            self.fc.bias.copy_(torch.tensor([5.0 - gain * threshold, 5.0]))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.act(self.stem(x)).mean((2, 3)))


def brightness() -> nn.Module:
    """Bright above 0.53: one white spot on grey is enough, and hiding it changes the answer."""
    return Brightness(0.53)


def tied() -> nn.Module:
    """The two logits are always equal."""
    return Brightness(0.0, gain=0.0)


def busy() -> nn.Module:
    """Takes a while where there are many windows."""
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3)),
    )


class Staged(nn.Module):
    """A stem to prune, a stage to adapt, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.fc = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        return 10 * self.fc(self.body(self.stem(x)).mean((2, 3)))


def staged() -> nn.Module:
    """Something to adapt."""
    return Staged()
