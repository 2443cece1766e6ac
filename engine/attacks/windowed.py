"""One photo under some of the defense's windows, with gradients; masks are the sweep's own."""

import copy
from collections.abc import Sequence
from contextlib import nullcontext

import torch
from torch import Tensor

from engine.attacks.folding import folded
from engine.classifiers.cut import CutClassifier
from engine.half_precision import has_half_precision
from engine.selection import MaskedInput, Window, select
from engine.settings import Settings
from engine.superficial import Superficial, superficial_of

__all__ = ["WindowedModel"]


class WindowedModel:
    """Logits of one photo under windows, as :func:`engine.sweep.run_sweep` predicts them but for gradients.

    Parameters
    ----------
    cut : CutClassifier
    count : int
        k, the number of SINs.
    settings : Settings
        Selection, importance and fill.
    device : torch.device
    mixed : bool, optional
        Run the tail in half precision; where the hardware has it if ``None``.
    """

    def __init__(
        self, cut: CutClassifier, count: int, settings: Settings, device: torch.device, mixed: bool | None = None
    ) -> None:
        self._cut, self._count, self._settings, self._device = cut, count, settings, device
        self._mixed = has_half_precision(device.type) if mixed is None else mixed
        # The head decides the ranks, so it stays as it is; the tail only gives gradients.
        parts = cut.head_module, folded(cut.tail_module)
        self._head, self._tail = (
            copy.deepcopy(part).to(device).to(memory_format=torch.channels_last) for part in parts
        )

    def __call__(self, pixels: Tensor, windows: Sequence[Window | None]) -> Tensor:
        """Logits ``(len(windows), K)``, float32, of one photo ``(1, 3, H, W)``; ``None`` is the base prediction."""
        crossing = self._cut.turned(self._head(pixels.contiguous(memory_format=torch.channels_last)))
        state = superficial_of(
            self._cut,
            tuple(tensor.detach().cpu() for tensor in crossing),
            self._settings.importance,
            self._settings.fill,
        )
        rows = [self._masked(crossing, state, window) for window in windows]
        inputs = [torch.stack(each).contiguous(memory_format=torch.channels_last) for each in zip(*rows, strict=True)]
        half = torch.autocast(self._device.type, dtype=torch.bfloat16) if self._mixed else nullcontext()
        with half:
            logits: Tensor = self._tail(*inputs)
        return logits.float()

    def _masked(self, crossing: Sequence[Tensor], state: Superficial, window: Window | None) -> list[Tensor]:
        """The tail's input under one window: kept neurons pass their gradients on, the others are the fill."""
        mask = MaskedInput(self._count)
        if window is not None:
            mask = select(state, window, self._count, self._settings.selection)
        masks = [torch.ones(tensor.shape[1:], dtype=torch.bool) for tensor in crossing]
        masks[0] = state.rank < mask.threshold
        if window is not None:
            for index, kept in enumerate(masks):
                (top, bottom), (left, right) = (axis.cells[index] for axis in window)
                kept[:, top:bottom, left:right] = False
        return [
            torch.where(kept.to(self._device), tensor[0], fill[0].clone().to(self._device))
            for kept, tensor, fill in zip(masks, crossing, state.fill, strict=True)
        ]
