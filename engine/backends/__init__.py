"""Ways to run the tail; ``make_backend`` chooses one."""

from engine.backends.backend import Backend, Computation
from engine.backends.memory import out_of_memory
from engine.backends.openvino_backend import OpenVinoBackend
from engine.backends.torch_backend import TorchBackend, best_device
from engine.classifiers.cut import CutClassifier
from engine.errors import BackendError
from engine.settings import BackendName, Precision

__all__ = ["Backend", "Computation", "OpenVinoBackend", "TorchBackend", "make_backend", "out_of_memory"]


_SMALL = 2e-3  # seconds of a batch below which there is nothing to choose
_CLEARLY = 0.8  # of OpenVINO's time: a choice that noise does not turn


def make_backend(cut: CutClassifier, name: BackendName = "auto", precision: Precision = "fp32") -> Backend:
    """The backend of a name; ``auto`` takes a GPU, and on the CPU OpenVINO unless PyTorch is clearly quicker.

    Both are timed once for each tail and machine, when OpenVINO compiles it. The times are kept with the compiled
    tail, so that later runs choose the same: a certificate holds for inference by the same computation.

    Raises
    ------
    BackendError
        If the one that was asked for cannot run this tail or precision here.
    """
    device = best_device()
    if name == "openvino":
        if precision != "fp32":
            raise BackendError(f"OpenVINO runs in fp32 here, not {precision}; take fp32 or --backend torch on CUDA.")
        return OpenVinoBackend(cut)
    if name == "auto" and device == "cpu" and precision == "fp32":
        try:
            compiled = OpenVinoBackend(cut)
        except BackendError:
            return TorchBackend(cut)
        return TorchBackend(cut) if _clearly_beaten(compiled) else compiled
    return TorchBackend.fitting(cut, device, precision)


def _clearly_beaten(compiled: OpenVinoBackend) -> bool:
    return compiled.seconds > _SMALL and compiled.torch_seconds < _CLEARLY * compiled.seconds
