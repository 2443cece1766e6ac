"""A network that interval bounds can follow, and that a patch can move only so far."""

from torch import nn

__all__ = ["interval_net"]


def interval_net(widths: tuple[int, int, int] = (96, 64, 32), classes: int = 10) -> nn.Sequential:
    """Features of 15 x 15 cells that see 4 x 4 px, each feature between 0 and 6; their means; a linear layer.

    Whatever a patch shows, the features of the cells it touches stay in their range, and all others are exact:
    bounds do not grow from layer to layer, as they do where every layer mixes cells.

    Takes normalised pixels ``(B, 3, 32, 32)``.

    Parameters
    ----------
    widths : (int, int, int)
        Channels behind each convolution.
    classes : int
    """
    first, second, third = widths
    return nn.Sequential(
        nn.Conv2d(3, first, 4, stride=2),
        nn.ReLU6(),
        nn.Conv2d(first, second, 1),
        nn.ReLU6(),
        nn.Conv2d(second, third, 1),
        nn.ReLU6(),
        nn.AvgPool2d(15),
        nn.Flatten(),
        nn.Linear(third, classes),
    )
