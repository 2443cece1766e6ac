"""Training on column bands, for de-randomized smoothing and Mask-DS."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.classifiers.hidden_pixels import HIDDEN
from engine.training.objectives import answers

__all__ = ["Band"]


@dataclass(frozen=True)
class Band:
    """Cross-entropy on photos of which one band of columns is shown, wrapped at the edge (Levine & Feizi, 2020).

    Parameters
    ----------
    width : int
        Of the band in px.
    judged : int
        Length of a patch in px: the score counts photos whose label is ahead by twice the bands it can touch.
    """

    width: int = 4
    judged: int = 7

    def loss(
        self,
        network: nn.Module,
        pixels: Tensor,
        labels: Tensor,
        generator: torch.Generator,
        progress: float,  # noqa: ARG002
    ) -> Tensor:
        """Cross-entropy, with a band of its own for each photo."""
        start = torch.randint(0, pixels.shape[3], (len(pixels),), generator=generator)
        return F.cross_entropy(network(self._shown(pixels, start)).float(), labels)

    @torch.no_grad()
    def score(self, network: nn.Module, pixels: Tensor, labels: Tensor) -> Mapping[str, float]:
        """Right by the majority of bands, right by one band on average, and right by a sufficient lead."""
        columns = pixels.shape[3]
        said = torch.stack(
            [answers(network, self._shown(pixels, torch.full((len(pixels),), start))) for start in range(columns)]
        )
        votes = F.one_hot(said).sum(0).float()
        votes = F.pad(votes, (0, max(0, int(labels.max()) + 1 - votes.shape[1])))
        own = votes.gather(1, labels[:, None]).squeeze(1)
        others = votes.scatter(1, labels[:, None], -1.0).amax(1)
        lead = own - others
        return {
            "clean": float((lead > 0).float().mean()),
            "one_band": float((own / columns).mean()),
            "lead": float((lead > 2 * (self.judged + self.width - 1)).float().mean()),
        }

    def _shown(self, pixels: Tensor, start: Tensor) -> Tensor:
        columns = torch.arange(pixels.shape[3])
        seen = (columns - start[:, None]) % pixels.shape[3] < self.width
        return torch.where(seen[:, None, None, :].to(pixels.device), pixels, HIDDEN)
