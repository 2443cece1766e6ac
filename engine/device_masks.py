"""The inputs of a batch on the device that runs the tail: a photo goes there once, and only thresholds after."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.selection import MaskedInput
from engine.superficial import Superficial

__all__ = ["DeviceMasks"]


class DeviceMasks:
    """Writes what :func:`engine.selection.apply_mask` writes, bit for bit, a whole batch at once and on any device.

    Parameters
    ----------
    state : Superficial
    device : torch.device
    """

    def __init__(self, state: Superficial, device: torch.device) -> None:
        self._device = device
        self._crossing = [tensor[0].to(device) for tensor in state.crossing]
        self._fill = [tensor[0].to(device) for tensor in state.fill]
        self._rank = state.rank.to(device)

    def __call__(self, masks: Sequence[MaskedInput], out: Sequence[Tensor]) -> None:
        """Write the inputs of some masks into the first rows of prepared tensors ``(B, C, H, W)`` on the device."""
        thresholds = torch.tensor([mask.threshold for mask in masks], dtype=torch.int32)
        for index, (target, source, fill) in enumerate(zip(out, self._crossing, self._fill, strict=True)):
            shown = ~self._hidden(masks, index, (source.shape[1], source.shape[2]))
            if index == 0:
                shown = shown & (self._rank < thresholds.to(self._device)[:, None, None, None])
            target[: len(masks)] = torch.where(shown, source, fill)

    def _hidden(self, masks: Sequence[MaskedInput], index: int, size: tuple[int, int]) -> Tensor:
        """Which cells of a crossing tensor each mask's window occludes ``(masks, 1, H, W)``."""
        lines = []
        for axis, extent in enumerate(size):
            bounds = [(0, 0) if mask.window is None else mask.window[axis].cells[index] for mask in masks]
            first, last = torch.tensor(bounds, dtype=torch.int32).to(self._device)[:, :, None].unbind(1)
            cell = torch.arange(extent, dtype=torch.int32, device=self._device)
            lines.append((first <= cell) & (cell < last))
        rows, columns = lines
        return (rows[:, :, None] & columns[:, None, :])[:, None]
