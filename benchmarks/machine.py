"""What a measurement was taken on."""

import os
import platform
from importlib.metadata import version

import torch

__all__ = ["fresh_peak", "machine", "peak_memory_mb"]


def machine() -> dict[str, object]:
    """Processor, threads and versions, for the head of every measurement."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "torchvision", "timm", "openvino", "numpy")},
    }


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far (or since :func:`fresh_peak`), in megabytes."""
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**10
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if platform.system() == "Darwin" else 2**10)


def fresh_peak() -> bool:
    """Let the peak begin anew at what is resident now; False where the system cannot (all but Linux)."""
    try:
        with open("/proc/self/clear_refs", "w") as control:
            control.write("5")
    except OSError:
        return False
    return True


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
