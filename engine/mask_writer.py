"""The tail's inputs of a whole sweep, written in place: each row changes only where its next mask differs."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.graph import increment_version

from engine.device_masks import DeviceMasks
from engine.selection import MaskedInput, Window, apply_mask
from engine.superficial import Superficial

__all__ = ["MaskWriter"]

_MOST_SWITCHED = 0.2  # share of the neurons above which a whole row is as quick to write


class MaskWriter:
    """Writes what :func:`apply_mask` writes, bit for bit, in the time that the difference takes.

    A row holds its former mask. The next one undoes the former window, switches the neurons between the two
    thresholds, which stand side by side in the ranking, and occludes its own window. Whether a row still holds
    what was written is read off the tensor's version, which whoever writes to it moves on. A writer that is kept
    goes on at a neighbouring rate from the rows of the former one: ranks are nested.

    Parameters
    ----------
    state : Superficial
    """

    def __init__(self, state: Superficial) -> None:
        self.state = state
        self._crossing = [tensor[0].contiguous().numpy() for tensor in state.crossing]
        self._fill = [tensor[0].contiguous().numpy() for tensor in state.fill]
        self._rank = state.rank.contiguous().numpy()
        self._out: list[Tensor] = []
        self._versions: list[int] = []
        self._held: dict[int, MaskedInput] = {}
        self._devices: dict[torch.device, DeviceMasks] = {}

    def __call__(self, masks: Sequence[MaskedInput], out: Sequence[Tensor]) -> None:
        """Write the inputs of some masks into the first rows of prepared tensors, as :func:`apply_mask` does.

        Parameters
        ----------
        masks : sequence of MaskedInput
        out : sequence of Tensor (B, C, H, W)
        """
        if out[0].device.type != "cpu":
            self._elsewhere(masks, out)
            return
        if not all(tensor.is_contiguous() and not tensor.is_inference() for tensor in out):
            apply_mask(self.state, masks, out)
            return
        held = self._held if self._untouched(out) else {}
        self._held = {}  # should anything fail on the way, nothing is taken for written
        for row, mask in enumerate(masks):
            targets = [tensor[row].numpy() for tensor in out]
            before = held.get(row)
            if before is None or abs(before.threshold - mask.threshold) > _MOST_SWITCHED * self.state.neurons:
                self._write(targets, mask)
            else:
                self._switch(targets, before, mask)
            held[row] = mask
        for tensor in out:
            increment_version(tensor)
        self._out, self._versions, self._held = list(out), [tensor._version for tensor in out], held

    def _elsewhere(self, masks: Sequence[MaskedInput], out: Sequence[Tensor]) -> None:
        device = out[0].device
        if device not in self._devices:
            self._devices[device] = DeviceMasks(self.state, device)
        self._devices[device](masks, out)

    def _untouched(self, out: Sequence[Tensor]) -> bool:
        """Whether these are the tensors of the last call, and nobody wrote to them since."""
        return len(out) == len(self._out) and all(
            tensor is known and tensor._version == version
            for tensor, known, version in zip(out, self._out, self._versions, strict=True)
        )

    def _write(self, targets: list[NDArray[np.float32]], mask: MaskedInput) -> None:
        targets[0][...] = np.where(self._rank < mask.threshold, self._crossing[0], self._fill[0])
        for target, source in zip(targets[1:], self._crossing[1:], strict=True):
            target[...] = source
        self._occlude(targets, mask.window)

    def _switch(self, targets: list[NDArray[np.float32]], before: MaskedInput, mask: MaskedInput) -> None:
        if before.window is not None:
            for index, (target, source, fill) in enumerate(zip(targets, self._crossing, self._fill, strict=True)):
                box = _box(before.window, index)
                target[box] = (
                    source[box] if index else np.where(self._rank[box] < mask.threshold, source[box], fill[box])
                )
        switched = self.state.order[slice(*sorted((before.threshold, mask.threshold)))]
        values = self._crossing[0] if mask.threshold > before.threshold else self._fill[0]
        targets[0].reshape(-1)[switched] = values.reshape(-1)[switched]
        self._occlude(targets, mask.window)

    def _occlude(self, targets: list[NDArray[np.float32]], window: Window | None) -> None:
        if window is None:
            return
        for index, (target, fill) in enumerate(zip(targets, self._fill, strict=True)):
            box = _box(window, index)
            target[box] = fill[box]


def _box(window: Window, tensor: int) -> tuple[slice, slice, slice]:
    """Where a window lies in a crossing tensor ``(C, H, W)``."""
    rows, columns = (axis.cells[tensor] for axis in window)
    return slice(None), slice(*rows), slice(*columns)
