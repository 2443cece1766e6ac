"""Training through SIN pruning and occluding windows of the superficial layer, for ScaleCert."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.classifiers.nets.residual_net import ResidualNet
from engine.classifiers.preprocessing import Normalized
from engine.superficial import measure, sin_count
from engine.training.augment import squares
from engine.training.hardest import hardest
from engine.training.occlusion import window_starts

__all__ = ["Pruning"]


@dataclass(frozen=True)
class Pruning:
    """Cross-entropy of the pruned network under a window, with the stem left as it is.

    The stem decides which neurons are SINs; it keeps the weights that the training starts from, and everything
    behind it learns to answer from the top-ranking neurons outside a window. Of several windows the one with
    the highest loss is trained on.

    Parameters
    ----------
    rate : float
        Top-ranking rate in (0, 1].
    sides : (int, int)
        Smallest and largest side of a window in cells.
    clean : float
        Share of photos that are pruned and not occluded.
    tries : int
        Windows that compete for each photo.
    hard_from : float
        Share of the training after which they do.
    smoothing : float
        Of the labels.
    judged : int
        Side of the 36 windows that the score is taken under.
    """

    rate: float = 0.3
    sides: tuple[int, int] = (11, 15)
    clean: float = 0.1
    tries: int = 2
    hard_from: float = 0.4
    smoothing: float = 0.1
    judged: int = 12

    def loss(
        self,
        network: nn.Module,
        pixels: Tensor,
        labels: Tensor,
        generator: torch.Generator,
        progress: float,
    ) -> Tensor:
        """Cross-entropy of the chosen windows."""
        stem = _Stem(network)
        with torch.no_grad():
            activation, grey = stem(pixels)
            tries = self.tries if progress >= self.hard_from else 1
            shown = [self._pruned(activation, grey, self._window(activation, generator)) for _ in range(tries)]
            chosen = hardest(stem.tail, network, shown, labels)
        return F.cross_entropy(stem.tail(chosen).float(), labels, label_smoothing=self.smoothing)

    @torch.no_grad()
    def score(self, network: nn.Module, pixels: Tensor, labels: Tensor) -> Mapping[str, float]:
        """Right when pruned, and under each of 36 windows that cover every place of a patch."""
        stem = _Stem(network)
        right = torch.zeros_like(labels, dtype=torch.bool)
        held = torch.zeros_like(right)
        for part in torch.split(torch.arange(len(labels)), 250):
            activation, grey = stem(pixels[part])
            whole = torch.zeros_like(activation[:, :1], dtype=torch.bool)
            right[part] = stem.tail(self._pruned(activation, grey, whole)).argmax(1) == labels[part]
            held[part] = right[part]
            for row in window_starts(activation.shape[2], self.judged):
                for column in window_starts(activation.shape[3], self.judged):
                    window = whole.clone()
                    window[:, :, row : row + self.judged, column : column + self.judged] = True
                    logits = stem.tail(self._pruned(activation, grey, window))
                    held[part] &= logits.argmax(1) == labels[part]
        return {"clean": float(right.float().mean()), "under_all_windows": float(held.float().mean())}

    def _window(self, activation: Tensor, generator: torch.Generator) -> Tensor:
        count, _, height, width = activation.shape
        mask = squares(count, (height, width), self.sides, generator, inside=True)
        mask &= (torch.rand(count, generator=generator) >= self.clean).reshape(-1, 1, 1, 1)
        return mask.to(activation.device)

    def _pruned(self, activation: Tensor, grey: Tensor, window: Tensor) -> Tensor:
        """The SINs outside a window; where neurons tie for the last places, all of them."""
        importance = measure(activation, grey, "contrast").masked_fill(window, -1.0).flatten(1)
        count = sin_count(importance.shape[1], self.rate)
        # As many as inference keeps: the top of all that is outside the window.
        least = importance.kthvalue(importance.shape[1] - count + 1, dim=1).values
        kept = (importance >= least.clamp(min=0)[:, None]).reshape(activation.shape)
        return torch.where(kept, activation, grey)


class _Stem:
    """A residual network cut behind its stem."""

    def __init__(self, network: nn.Module) -> None:
        self._normalized = cast(Normalized, network)
        self._net = cast(ResidualNet, self._normalized.network)

    @torch.no_grad()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """The superficial layer's answer to photos, and to mid-grey; in full precision and in eval mode."""
        stem = self._net.stem
        was = stem.training
        stem.eval()
        with torch.autocast(pixels.device.type, enabled=False):
            both = torch.cat([pixels, torch.full_like(pixels[:1], 0.5)])
            activation = stem(self._net.first((both - self._normalized.mean) / self._normalized.std))
        stem.train(was)
        return activation[:-1], activation[-1:]

    def tail(self, activation: Tensor) -> Tensor:
        """Logits from what the superficial layer gives."""
        logits: Tensor = self._net.classify(self._net.stages(activation).mean((2, 3)))
        return logits
