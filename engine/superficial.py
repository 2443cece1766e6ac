"""Superficial importance, its ranking, and the superficial important neurons (SINs)."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.classifiers.cut import CutClassifier
from engine.settings import Fill, Importance

__all__ = ["Superficial", "measure", "ranked", "sin_count", "superficial", "superficial_of", "to_pixels"]

_CURVE_POINTS = 512


@dataclass(frozen=True, eq=False)
class Superficial:
    """What the superficial layer answers to one photo; independent of rate and window.

    Parameters
    ----------
    crossing : tuple of Tensor (1, C, H, W)
        The tensors that cross the cut, the superficial layer ``F`` first.
    fill : tuple of Tensor (1, C, H, W)
        What stands in for pruned neurons and occluded cells: the layer's answer to a mid-grey image
        (``neutral``), or 0 (``zero``).
    importance : float Tensor (C, H, W)
        Superficial importance of each neuron.
    rank : int32 Tensor (C, H, W)
        0 for the most important superficial neuron, ties by flat index; every mask compares ranks.
    heatmap : float32 array (H, W), read-only
        The superficial importance map: importance summed over channels.
    curve : float32 array (at most 512,), read-only
        Sorted superficial importance, the largest first, thinned evenly in rank.
    """

    crossing: tuple[Tensor, ...] = field(repr=False)
    fill: tuple[Tensor, ...] = field(repr=False)
    importance: Tensor = field(repr=False)
    rank: Tensor = field(repr=False)
    heatmap: NDArray[np.float32] = field(repr=False)
    curve: NDArray[np.float32] = field(repr=False)

    @property
    def neurons(self) -> int:
        """Number of superficial neurons, ``C * H * W``."""
        return self.rank.numel()

    @cached_property
    def distinct(self) -> int:
        """The rank from which on every superficial neuron holds, bit by bit, what stands in for it when it is pruned.

        A larger threshold leaves the same input: behind a ReLU, with zero fill, that is most of the ranking.
        """
        differs = self.crossing[0][0].view(torch.int32) != self.fill[0][0].view(torch.int32)
        return int(self.rank[differs].max()) + 1 if bool(differs.any()) else 0

    def positions(self, count: int) -> NDArray[np.int64]:
        """Cells ``(row, column)`` of the ``count`` most important neurons, one row a neuron, in flat order.

        A saturating activation makes thousands of neurons equally important. Of those that tie for the last
        places, the ones in the most important cells are taken: by flat index they would all lie at the top.
        """
        values = self.importance.flatten().nan_to_num(nan=torch.inf)
        count = min(count, self.neurons)
        least = values[self.rank.flatten() == count - 1]
        chosen = values > least
        tied = torch.nonzero(values == least).flatten()
        cell = torch.from_numpy(np.array(self.heatmap)).nan_to_num(nan=torch.inf).flatten()[tied % self.heatmap.size]
        order = torch.sort(cell, descending=True, stable=True).indices
        chosen[tied[order[: count - int(chosen.sum())]]] = True
        found = torch.nonzero(chosen.reshape(self.importance.shape))[:, 1:].numpy()
        found.setflags(write=False)
        return found

    def density(self, count: int) -> NDArray[np.int32]:
        """SINs a cell, shape ``(H, W)``, among the ``count`` most important neurons."""
        counts = (self.rank < count).sum(dim=0, dtype=torch.int32).numpy()
        counts.setflags(write=False)
        return counts


def superficial(cut: CutClassifier, pixels: Tensor, importance: Importance, fill: Fill) -> Superficial:
    """Importance and ranking of the superficial neurons for one photo.

    Importance is ``|F - g|`` (``contrast``) or ``|F|`` (``activation``, the paper's), with ``g`` the layer's
    answer to a mid-grey image. One stable sort gives every neuron its rank; NaN ranks highest.

    Parameters
    ----------
    cut : CutClassifier
    pixels : Tensor (1, 3, H, W)
        Clipped to [0, 1] here.
    importance, fill : str
    """
    return superficial_of(cut, cut.head(pixels.clamp(0.0, 1.0)), importance, fill)


def superficial_of(
    cut: CutClassifier, crossing: tuple[Tensor, ...], importance: Importance, fill: Fill
) -> Superficial:
    """The same from what crosses the cut, each ``(1, C, H, W)`` on the CPU."""
    grey = cut.neutral
    measured = measure(crossing[0][0], grey[0][0], importance)
    rank, ordered = ranked(measured)
    heatmap = measured.sum(dim=0).numpy().astype(np.float32)
    curve = ordered[
        np.linspace(0, len(ordered) - 1, min(_CURVE_POINTS, len(ordered))).round().astype(np.int64)
    ].numpy()
    for array in (heatmap, curve):
        array.setflags(write=False)
    filling = grey if fill == "neutral" else tuple(torch.zeros_like(tensor) for tensor in grey)
    return Superficial(crossing, filling, measured, rank, heatmap, curve)


def measure(activation: Tensor, grey: Tensor, importance: Importance) -> Tensor:
    """Superficial importance of each neuron of ``F``: ``|F - g|`` (``contrast``) or ``|F|`` (``activation``)."""
    return (activation - grey).abs() if importance == "contrast" else activation.abs()


def ranked(importance: Tensor) -> tuple[Tensor, Tensor]:
    """The rank of each neuron of one photo (int32, of the same shape), and the importances sorted (flat).

    0 for the most important; ties by flat index, NaN first.
    """
    ordered, order = torch.sort(importance.flatten(), descending=True, stable=True)
    rank = torch.empty(order.numel(), dtype=torch.int32, device=order.device)
    rank[order] = torch.arange(order.numel(), dtype=torch.int32, device=order.device)
    return rank.reshape(importance.shape), ordered


def sin_count(neurons: int, rate: float) -> int:
    """Number of SINs at a top-ranking rate in (0, 1]: ``round(rate * C * H * W)``, at least 1."""
    return max(1, min(neurons, round(rate * neurons)))


def to_pixels(view: NDArray[np.uint8]) -> Tensor:
    """A photo ``(H, W, 3)`` of bytes as pixels ``(1, 3, H, W)`` in [0, 1]."""
    return torch.from_numpy(np.array(view)).permute(2, 0, 1).unsqueeze(0).float() / 255.0
