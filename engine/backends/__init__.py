"""Ways to run the tail; ``make_backend`` chooses one."""

from engine.backends.backend import Backend, Computation
from engine.backends.memory import out_of_memory
from engine.backends.openvino_backend import OpenVinoBackend
from engine.backends.torch_backend import TorchBackend, best_device
from engine.classifiers.cut import CutClassifier
from engine.errors import BackendError
from engine.settings import BackendName, Precision

__all__ = ["Backend", "Computation", "OpenVinoBackend", "TorchBackend", "make_backend", "out_of_memory"]


def make_backend(cut: CutClassifier, name: BackendName = "auto", precision: Precision = "fp32") -> Backend:
    """The backend of a name; ``auto`` takes a GPU, then OpenVINO, then PyTorch on the CPU.

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
            return OpenVinoBackend(cut)
        except BackendError:
            return TorchBackend(cut)
    return TorchBackend.fitting(cut, device, precision)
