"""The tail in PyTorch: on the CPU, on CUDA (optionally in half precision), or on Apple's MPS."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.classifiers.cut import CutClassifier
from engine.errors import BackendError
from engine.settings import Precision

__all__ = ["TorchBackend", "best_device"]

_CPU_BATCH, _DEVICE_BATCH = 4, 64


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
        ``fp16`` only on ``cuda``.
    batch : int, optional
        Rows of a batch.

    Raises
    ------
    BackendError
        If the device cannot run the precision.
    """

    def __init__(
        self, cut: CutClassifier, device: str = "cpu", precision: Precision = "fp32", batch: int | None = None
    ) -> None:
        if precision == "fp16" and device != "cuda":
            raise BackendError(f"Half precision needs a CUDA device and this run uses {device}; take fp32.")
        self.name = f"torch-{device}"
        self.precision = precision
        self.batch = batch or (_CPU_BATCH if device == "cpu" else _DEVICE_BATCH)
        self._dtype = torch.float16 if precision == "fp16" else torch.float32
        self._device = torch.device(device)
        tail = copy.deepcopy(cut.tail_module).to(self._device, self._dtype)
        self._tail = tail.to(memory_format=torch.channels_last)
        self._inputs = [torch.zeros(self.batch, *shape) for shape in cut.shapes]

    def inputs(self) -> Sequence[Tensor]:
        """The tensors to fill before :meth:`run`."""
        return self._inputs

    def run(self) -> NDArray[np.float32]:
        """Logits ``(batch, K)`` of what stands in the inputs."""
        # float32 means float32 (not TF32), by the same algorithm every time.
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        with torch.inference_mode(), exact:
            moved = [
                tensor.to(self._device, self._dtype).contiguous(memory_format=torch.channels_last)
                for tensor in self._inputs
            ]
            logits: NDArray[np.float32] = self._tail(*moved).float().cpu().numpy()
        return logits
