"""What a patch is trained for: Eq. 3, with Eq. 6's penalty on superficial activation."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from engine.attacks.folding import folded
from engine.attacks.penalty import SuperficialPenalty
from engine.attacks.placing import Distortion
from engine.attacks.pruned import PrunedModel
from engine.attacks.settings import AttackSettings
from engine.backends.torch_backend import best_device
from engine.half_precision import has_half_precision
from engine.pipeline import Inspector
from engine.placement import box_size, scaled_size
from engine.places import Size
from engine.settings import Settings

__all__ = ["Objective", "attack_loss", "boxes_of"]

Box = tuple[int, int, int, int]


class Objective:
    """The loss of a batch of patched photos under some attack.

    Parameters
    ----------
    inspector : Inspector
        Whose classifier is attacked.
    attack : AttackSettings
    settings : Settings
        Of the defense: superficial layer, rate, importance and fill, where the attack looks at them.
    device : str, optional
        The best one if ``None``.
    """

    def __init__(
        self, inspector: Inspector, attack: AttackSettings, settings: Settings, device: str | None = None
    ) -> None:
        self.attack = attack
        self.device = torch.device(device or best_device())
        self.mixed = attack.precision == "mixed" or (
            attack.precision == "auto" and has_half_precision(self.device.type)
        )
        self._model: nn.Module
        if attack.defended:
            self._model = PrunedModel(inspector, settings, self.half)
        else:
            self._model = folded(inspector.graph)
        self._model.to(self.device).to(memory_format=torch.channels_last)
        self._penalty = SuperficialPenalty(*inspector.cut(settings.layer), self.device) if attack.alpha else None

    def half(self) -> AbstractContextManager[object]:
        """Within it the network computes in half precision, if that is asked for."""
        if not self.mixed:
            return nullcontext()
        # bfloat16 has the range of float32, so that no gradient has to be scaled.
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def logits(self, pixels: Tensor) -> Tensor:
        """Logits ``(B, K)``, float32, of pixels ``(B, 3, H, W)`` in [0, 1]."""
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        with nullcontext() if self.attack.defended else self.half():  # ranks are found in single precision
            answer: Tensor = self._model(pixels)
        return answer.float()

    def __call__(self, pixels: Tensor, boxes: Sequence[Box], labels: Tensor) -> tuple[Tensor, Tensor]:
        """Loss (a number) and logits of patched photos.

        Parameters
        ----------
        pixels : Tensor (B, 3, H, W)
        boxes : sequence of (top, left, bottom, right)
            Where the patch is in each.
        labels : int64 Tensor (B,)
            The target, or the predictions to get away from.
        """
        logits = self.logits(pixels)
        loss = attack_loss(logits, labels, targeted=self.attack.target is not None)
        if self._penalty is not None:
            loss = loss + self.attack.alpha * self._penalty(pixels, boxes)
        return loss, logits


def attack_loss(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    """The mean loss of some logits ``(B, K)``.

    Targeted: ``-log Pr(target)`` (Eq. 3). Untargeted: ``-log(1 - Pr(label))``, which stays bounded below once
    the label is gone.
    """
    if targeted:
        return nn.functional.cross_entropy(logits, labels)
    others = logits.scatter(1, labels[:, None], -torch.inf)
    return (logits.logsumexp(1) - others.logsumexp(1)).mean()


def boxes_of(size: Size, distortions: Sequence[Distortion]) -> list[Box]:
    """Bounding boxes ``(top, left, bottom, right)`` of a patch of ``size``, one a distortion."""
    boxes = []
    for distortion in distortions:
        at = distortion.placement
        height, width = box_size(scaled_size(size, at.scale), at.rotation)
        boxes.append((at.top, at.left, at.top + height, at.left + width))
    return boxes
