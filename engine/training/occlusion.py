"""Training under occluding squares, for defenses that hide a part of the photo and predict again."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.training.augment import squares
from engine.training.hardest import hardest
from engine.training.objectives import answers

__all__ = ["Occlusion", "window_starts"]


@dataclass(frozen=True)
class Occlusion:
    """Cross-entropy on photos with a grey square, the harder of several from some time on.

    Of the squares that a photo is shown under, the one with the highest loss is trained on: a certificate needs
    that *all* predictions agree, so that the worst one counts (greedy cutout, Saha et al. 2023).

    Parameters
    ----------
    sides : (int, int)
        Smallest and largest side of a square in px.
    clean : float
        Share of photos that are shown whole.
    tries : int
        Squares that compete for each photo.
    hard_from : float
        Share of the training after which they do.
    smoothing : float
        Of the labels.
    grey : tuple of float
        What stands in for hidden pixels, in [0, 1].
    judged : int
        Side of the 36 squares that the score is taken under.
    """

    sides: tuple[int, int] = (9, 15)
    clean: float = 0.1
    tries: int = 2
    hard_from: float = 0.7
    smoothing: float = 0.1
    grey: tuple[float, float, float] = (0.4914, 0.4822, 0.4465)
    judged: int = 11

    def loss(
        self, network: nn.Module, pixels: Tensor, labels: Tensor, generator: torch.Generator, progress: float
    ) -> Tensor:
        """Cross-entropy of the chosen squares."""
        shown = [self._hidden(pixels, generator) for _ in range(self.tries if progress >= self.hard_from else 1)]
        chosen = hardest(network, network, shown, labels)
        return F.cross_entropy(network(chosen).float(), labels, label_smoothing=self.smoothing)

    def score(self, network: nn.Module, pixels: Tensor, labels: Tensor) -> Mapping[str, float]:
        """Right when shown whole, and under each of 36 squares that cover every place of a patch."""
        right = answers(network, pixels) == labels
        held = right.clone()
        for row in window_starts(pixels.shape[2], self.judged):
            for column in window_starts(pixels.shape[3], self.judged):
                hidden = pixels.clone()
                hidden[:, :, row : row + self.judged, column : column + self.judged] = self._colour(pixels)
                held &= answers(network, hidden) == labels
        return {"clean": float(right.float().mean()), "under_all_squares": float(held.float().mean())}

    def _hidden(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        count, _, height, width = pixels.shape
        mask = squares(count, (height, width), self.sides, generator)
        mask &= (torch.rand(count, generator=generator) >= self.clean).reshape(-1, 1, 1, 1)
        return torch.where(mask.to(pixels.device), self._colour(pixels), pixels)

    def _colour(self, pixels: Tensor) -> Tensor:
        return torch.tensor(self.grey, device=pixels.device).reshape(-1, 1, 1)


def window_starts(extent: int, side: int, steps: int = 6) -> list[int]:
    """Starts of squares along an axis, evenly spread from edge to edge."""
    return [round(index * (extent - side) / (steps - 1)) for index in range(steps)]
