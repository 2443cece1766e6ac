"""A network whose class evidence is local: no padding, and every cell sees a small square of the picture."""

from typing import cast

from torch import Tensor, nn

__all__ = ["LocalNet"]


class LocalNet(nn.Module):
    """A BagNet for pictures of 32 px (Brendel & Bethge, 2019): evidence of cells that see 7 x 7 px, then its mean.

    Three unpadded 3 x 3 convolutions, the last of stride 2, give a map of 13 x 13 cells; all others are 1 x 1, so
    that a patch of p px touches at most ``ceil((p + 6) / 2)`` cells an axis. Evidence is never negative: a cell
    can speak for a class and not against it (PatchGuard, Xiang et al. 2021).

    Parameters
    ----------
    widths : (int, int, int)
        Channels behind each of the three convolutions.
    blocks : int
        Residual 1 x 1 blocks at the end.
    classes : int
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 192), blocks: int = 2, classes: int = 10) -> None:
        super().__init__()
        first, second, third = widths
        self.features = nn.Sequential(
            _convolution(3, first, 3),
            _convolution(first, second, 3),
            _convolution(second, third, 3, stride=2),
            *(_Residual(third) for _ in range(blocks)),
        )
        last = nn.Conv2d(third, classes, 1)
        nn.init.normal_(last.weight, std=0.3)  # the mean over cells is small at first, and so is all that is learned
        nn.init.constant_(cast(Tensor, last.bias), 1.0)  # all speak at first: a class that is silent cannot learn
        self.evidence = nn.Sequential(last, nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(B, K)`` of normalised pixels ``(B, 3, H, W)``: the mean evidence."""
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
