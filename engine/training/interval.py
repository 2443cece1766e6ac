"""Training by interval bounds over places of the patch, for IBP."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.classifiers.preprocessing import Normalized
from engine.training.objectives import answers

__all__ = ["IntervalBounds"]


@dataclass(frozen=True)
class IntervalBounds:
    """Cross-entropy of the worst logits that bounds allow, at random places (Chiang et al., ICLR 2020).

    Parameters
    ----------
    side : int
        Of the patch in px.
    places : int
        Random places for each photo and step.
    plain : float
        Share of the training on the photos as they are, before bounds begin.
    full : float
        Share after which the bounds reach the whole range of pixels; they grow evenly until then.
    natural : float
        Share of plain cross-entropy in the loss once the bounds are whole; it falls from 1 as they grow (Gowal et
        al., 2018).
    """

    side: int = 7
    places: int = 1
    plain: float = 0.05
    full: float = 0.5
    natural: float = 0.0

    def loss(
        self, network: nn.Module, pixels: Tensor, labels: Tensor, generator: torch.Generator, progress: float
    ) -> Tensor:
        """Plain cross-entropy at first, then mixed with that of the worst place that was drawn."""
        if progress < self.plain:
            return F.cross_entropy(network(pixels).float(), labels)
        reach = min(1.0, (progress - self.plain) / (self.full - self.plain))
        lower, upper = [], []
        for _ in range(self.places):
            inside = self._places(pixels, generator)
            lower.append(torch.where(inside, (pixels - reach).clamp(min=0.0), pixels))
            upper.append(torch.where(inside, (pixels + reach).clamp(max=1.0), pixels))
        margins = _margins(network, torch.cat(lower), torch.cat(upper), labels.repeat(self.places))
        worst = margins.reshape(self.places, len(labels), -1).amin(0)
        bounded = F.cross_entropy(-worst.float(), labels)
        natural = 1 - reach * (1 - self.natural)
        return natural * F.cross_entropy(network(pixels).float(), labels) + (1 - natural) * bounded

    @torch.no_grad()
    def score(self, network: nn.Module, pixels: Tensor, labels: Tensor) -> Mapping[str, float]:
        """Right, and proved right at the four corners, four edges and the middle: a quick upper limit."""
        right = answers(network, pixels) == labels
        held = right.clone()
        ends = (0, (pixels.shape[2] - self.side) // 2, pixels.shape[2] - self.side)
        for row in ends:
            for column in ends:
                lower, upper = pixels.clone(), pixels.clone()
                lower[:, :, row : row + self.side, column : column + self.side] = 0.0
                upper[:, :, row : row + self.side, column : column + self.side] = 1.0
                margins = _margins(network, lower, upper, labels)
                margins.scatter_(1, labels[:, None], torch.inf)
                held &= margins.amin(1) > 0
        return {"clean": float(right.float().mean()), "proved_at_9_places": float(held.float().mean())}

    def _places(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        lines = []
        for extent in pixels.shape[2:]:
            start = torch.randint(0, extent - self.side + 1, (len(pixels), 1), generator=generator)
            cell = torch.arange(extent)
            lines.append((cell >= start) & (cell < start + self.side))
        rows, columns = lines
        return (rows[:, None, :, None] & columns[:, None, None, :]).to(pixels.device)


def _margins(network: nn.Module, lower: Tensor, upper: Tensor, labels: Tensor) -> Tensor:
    """The least by which the label is ahead of each class ``(B, K)``, 0 for itself; with gradients.

    The certificate's own bounds (``engine.defenses.interval``) have none and serve every label at once.
    """
    assert isinstance(network, Normalized)
    *layers, last = _layers(network.network)
    assert isinstance(last, nn.Linear)
    mean, std = network.mean, network.std
    lower, upper = (lower - mean) / std, (upper - mean) / std
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            centre, radius = layer((upper + lower) / 2), _spread(layer, (upper - lower) / 2)
            lower, upper = centre - radius, centre + radius
        else:
            lower, upper = layer(lower), layer(upper)
    rows = last.weight[labels][:, None] - last.weight[None]
    bias = last.bias[labels][:, None] - last.bias[None]
    centre = torch.einsum("bkd,bd->bk", rows, (upper + lower) / 2) + bias
    return centre - torch.einsum("bkd,bd->bk", rows.abs(), (upper - lower) / 2)


def _layers(network: nn.Module) -> list[nn.Module]:
    return [layer for layer in network.modules() if not isinstance(layer, nn.Sequential)]


def _spread(layer: nn.Conv2d | nn.Linear, radius: Tensor) -> Tensor:
    if isinstance(layer, nn.Linear):
        return F.linear(radius, layer.weight.abs())
    return F.conv2d(radius, layer.weight.abs(), None, layer.stride, layer.padding)
