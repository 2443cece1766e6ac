"""What a small photo goes through before it is trained on: moved, mirrored; and squares drawn at random."""

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["moved", "squares"]

_PAD = 4  # px that a photo is moved by at most, as everywhere for CIFAR-10


def moved(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Photos ``(B, C, H, W)``, each moved by up to 4 px (mirrored at its edges) and mirrored or not.

    Parameters
    ----------
    pixels : Tensor
    generator : torch.Generator
        Of the CPU: what is drawn does not hang on the device.
    """
    count, _, height, width = pixels.shape
    down, across = torch.randint(0, 2 * _PAD + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    rows = torch.arange(height) + down
    columns = torch.arange(width) + across
    columns = torch.where(mirrored, columns.flip(1), columns)
    padded = F.pad(pixels, (_PAD,) * 4, mode="reflect")
    batch = torch.arange(count)[:, None, None]
    index = tuple(part.to(pixels.device) for part in (batch, rows[:, :, None], columns[:, None, :]))
    return padded.permute(0, 2, 3, 1)[index].permute(0, 3, 1, 2)


def squares(
    count: int, size: tuple[int, int], sides: tuple[int, int], generator: torch.Generator, inside: bool = False
) -> Tensor:
    """Random squares as masks ``(count, 1, H, W)``, True within.

    Parameters
    ----------
    count : int
    size : (int, int)
        Height and width of the map.
    sides : (int, int)
        Smallest and largest side of a square.
    generator : torch.Generator
    inside : bool
        Whether a square lies inside the map; else up to half of it may lie outside along each axis.
    """
    side = torch.randint(sides[0], sides[1] + 1, (count, 1), generator=generator)
    lines = []
    for extent in size:
        least = torch.zeros_like(side) if inside else -(side // 2)
        most = extent - side if inside else extent - side + side // 2
        start = least + (torch.rand(count, 1, generator=generator) * (most - least + 1)).long()
        cell = torch.arange(extent)
        lines.append((cell >= start) & (cell < start + side))
    rows, columns = lines
    return (rows[:, :, None] & columns[:, None, :])[:, None]
