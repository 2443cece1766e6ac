"""Training with masked evidence, for the defenses on local features."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.classifiers.nets.local_net import LocalNet
from engine.classifiers.preprocessing import Normalized

__all__ = ["MaskedEvidence"]


@dataclass(frozen=True)
class MaskedEvidence:
    """Cross-entropy without the window in which the label has most of its evidence (PatchGuard, Xiang et al. 2021).

    Parameters
    ----------
    window : int
        Cells a side that the largest patch touches.
    """

    window: int = 7

    def loss(
        self,
        network: nn.Module,
        pixels: Tensor,
        labels: Tensor,
        generator: torch.Generator,  # noqa: ARG002
        progress: float,  # noqa: ARG002
    ) -> Tensor:
        """The label's evidence loses its best window; that of all other classes stays whole."""
        evidence = _evidence(network, pixels).float()
        own = evidence.gather(1, labels.reshape(-1, 1, 1, 1).expand(-1, 1, *evidence.shape[2:]))
        best = F.avg_pool2d(own, self.window, stride=1).amax((1, 2, 3)) * self.window**2
        logits = evidence.mean((2, 3))
        lost = best / evidence[0, 0].numel()
        return F.cross_entropy(logits - F.one_hot(labels, logits.shape[1]) * lost[:, None], labels)

    @torch.no_grad()
    def score(self, network: nn.Module, pixels: Tensor, labels: Tensor) -> Mapping[str, float]:
        """Right with all evidence, without any one window, and without the label's best window."""
        parts = [_evidence(network, part) for part in torch.split(pixels, 500)]
        evidence = torch.cat(parts)
        cells = evidence[0, 0].numel()
        total = evidence.sum((2, 3))
        boxes = F.avg_pool2d(evidence, self.window, stride=1) * self.window**2
        right = total.argmax(1) == labels
        kept = total[:, :, None, None] - boxes
        held = (kept.argmax(1) == labels[:, None, None]).all(2).all(1)
        own = F.one_hot(labels, total.shape[1]).bool()
        worst = torch.where(own, total - boxes.amax((2, 3)), total)
        return {
            "clean": float(right.float().mean()),
            "without_any_window": float(held.float().mean()),
            "without_best_window": float((worst.argmax(1) == labels).float().mean()),
            "evidence": float(total.mean() / cells),
        }


def _evidence(network: nn.Module, pixels: Tensor) -> Tensor:
    """The map of class evidence ``(B, K, F, F)``."""
    assert isinstance(network, Normalized)
    net = network.network
    assert isinstance(net, LocalNet)
    evidence: Tensor = net.evidence(net.features((pixels - network.mean) / network.std))
    return evidence
