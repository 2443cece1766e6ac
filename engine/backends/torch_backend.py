"""The tail in PyTorch: on the CPU, on CUDA (optionally in half precision), or on Apple's MPS."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.fx import GraphModule

from engine.backends.memory import out_of_memory
from engine.backends.room import batch_within, row_bytes
from engine.classifiers.cut import CutClassifier
from engine.errors import BackendError
from engine.settings import Precision

__all__ = ["TorchBackend", "best_device"]

_CPU_BATCH, _DEVICE_BATCH = 4, 64
_TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def best_device() -> str:
    """``cuda`` or ``mps`` where there is one, else ``cpu``."""
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


class TorchBackend:
    """Runs a cut's tail with PyTorch, channels-last.

    Parameters
    ----------
    cut : CutClassifier
    device : str
        ``cpu``, ``cuda`` or ``mps``.
    precision : str
        ``fp16`` and ``bf16`` only on ``cuda``.
    batch : int, optional
        Rows of a batch; else 4 on the CPU, and on CUDA what a quarter of the free memory holds.
    note : str
        What had to be given up before.

    Raises
    ------
    BackendError
        If the device cannot run the precision.
    """

    def __init__(
        self,
        cut: CutClassifier,
        device: str = "cpu",
        precision: Precision = "fp32",
        batch: int | None = None,
        note: str = "",
    ) -> None:
        if precision != "fp32" and device != "cuda":
            raise BackendError(f"Half precision needs a CUDA device and this run uses {device}; take fp32.")
        self.name = f"torch-{device}"
        self.precision = precision
        self.note = note
        self._cut = cut
        self._dtype = _TYPES[precision]
        self._device = torch.device(device)
        tail = copy.deepcopy(cut.tail_module).to(self._device, self._dtype)
        self._tail = tail.to(memory_format=torch.channels_last)
        self.batch = self._wanted = batch or self._fitting_batch()
        self._inputs = self._empty_batch()

    @classmethod
    def fitting(cls, cut: CutClassifier, device: str, precision: Precision) -> "TorchBackend":
        """The tail on a device, or on the CPU in float32 where the device has no room even for its weights."""
        try:
            return cls(cut, device, precision)
        except RuntimeError as error:
            if device == "cpu" or not out_of_memory(error):
                raise
        return cls(cut, note=_given_up(device, "its weights", precision))

    @property
    def module(self) -> GraphModule:
        """The tail as it is run here."""
        return self._tail

    def inputs(self) -> Sequence[Tensor]:
        """The tensors to fill before :meth:`run`."""
        return self._inputs

    def run(self) -> NDArray[np.float32]:
        """Logits ``(batch, K)`` of what stands in the inputs."""
        # float32 means float32 (not TF32), by the same algorithm every time.
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            moved = [tensor.to(self._dtype, memory_format=torch.channels_last) for tensor in self._inputs]
            logits: NDArray[np.float32] = self._tail(*moved).float().cpu().numpy()
        return logits

    def smaller(self) -> "TorchBackend | None":
        """The same tail on half as many rows at once; below one row on a device, float32 on the CPU."""
        if self._device.type == "cuda":
            torch.cuda.empty_cache()  # the failed batch's remains
        if self.batch > 1:
            less = copy.copy(self)
            less.batch = self.batch // 2
            less.note = (
                f"Memory on the {_spoken(self._device.type)} did not suffice for {self._wanted} windows at once: "
                f"they were computed {less.batch} at a time."
            )
            less._inputs = [tensor[: less.batch] for tensor in self._inputs]  # there is no room for others
            return less
        if self._device.type == "cpu":
            return None
        return TorchBackend(self._cut, note=_given_up(self._device.type, "a single window", self.precision))

    def _fitting_batch(self) -> int:
        if self._device.type == "cuda":
            free, _ = torch.cuda.mem_get_info()
            return batch_within(free, row_bytes(self._tail.graph, self._cut.shapes, self._dtype.itemsize))
        return _CPU_BATCH if self._device.type == "cpu" else _DEVICE_BATCH

    def _empty_batch(self) -> list[Tensor]:
        # On the CPU rows are written one by one, and so channels first.
        order = torch.contiguous_format if self._device.type == "cpu" else torch.channels_last
        return [
            torch.zeros(self.batch, *shape, device=self._device).to(memory_format=order) for shape in self._cut.shapes
        ]


def _given_up(device: str, what: str, precision: Precision) -> str:
    arithmetic = "" if precision == "fp32" else f", in fp32 instead of {precision}"
    return f"Memory on the {_spoken(device)} did not suffice for {what}: this ran on the CPU{arithmetic}."


def _spoken(device: str) -> str:
    return "CPU" if device == "cpu" else "GPU"
