"""A network that interval bounds can follow: convolutions, ReLU and linear layers, and nothing else."""

from torch import nn

__all__ = ["interval_net"]


def interval_net(widths: tuple[int, int] = (32, 64), hidden: int = 128, classes: int = 10) -> nn.Sequential:
    """Three convolutions and two linear layers; small, because every step of its training bounds every photo anew.

    Takes normalised pixels ``(B, 3, 32, 32)``.

    Parameters
    ----------
    widths : (int, int)
        Channels at maps of 16 and of 8 cells.
    hidden : int
        Units of the first linear layer.
    classes : int
    """
    narrow, wide = widths
    return nn.Sequential(
        nn.Conv2d(3, narrow, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(narrow, wide, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(wide, wide, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(wide * 8 * 8, hidden),
        nn.ReLU(),
        nn.Linear(hidden, classes),
    )
