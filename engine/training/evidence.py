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
    """Cross-entropy of evidence that lost a window, in the two ways in which the defenses take one away.

    Robust masking takes from the label alone the window in which it has most evidence (PatchGuard, Xiang et al.
    2021). PatchGuard++ takes each window from all classes, and its certificate needs the label under all of them:
    the window with the highest loss is trained on.

    Parameters
    ----------
    window : int
        Cells a side that the largest patch touches.
    robust : float
        Share of robust masking in the loss; the rest is the worst window's.
    full : float
        Share of the training after which whole windows are lost, more and more of them until then: with nothing
        learned yet, nothing can be learned without them.
    """

    window: int = 6
    robust: float = 0.3
    full: float = 0.5

    def loss(
        self,
        network: nn.Module,
        pixels: Tensor,
        labels: Tensor,
        generator: torch.Generator,  # noqa: ARG002
        progress: float,
    ) -> Tensor:
        """Weighted mean of both; all windows are looked at, since only sums of evidence change."""
        evidence = _evidence(network, pixels).float()
        lost = min(1.0, progress / self.full)
        logits = evidence.mean((2, 3))
        boxes = F.avg_pool2d(evidence, self.window, stride=1) * (self.window**2 / evidence[0, 0].numel() * lost)
        own = F.one_hot(labels, logits.shape[1])
        robust = F.cross_entropy(logits - own * boxes.amax((2, 3)), labels)
        without = logits[:, :, None, None] - boxes
        each = F.cross_entropy(without, labels[:, None, None].expand(-1, *boxes.shape[2:]), reduction="none")
        return self.robust * robust + (1 - self.robust) * each.amax((1, 2)).mean()

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
