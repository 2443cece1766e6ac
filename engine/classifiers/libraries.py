"""Where torchvision and timm are first imported: a broken installation is said in one sentence."""

import importlib
import os
from types import ModuleType

from engine.errors import ModelError

__all__ = ["import_timm", "import_torchvision", "reason"]


def import_torchvision() -> ModuleType:
    """Import torchvision.

    Raises
    ------
    ModelError
        If it is missing, or does not fit the torch beside it.
    """
    try:
        return importlib.import_module("torchvision")
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "torchvision":
            raise ModelError(
                "torchvision is not installed; install it from the index that torch came from, for example "
                "with python -m pip install torchvision."
            ) from error
        # A CPU torch beside a CUDA torchvision: "operator torchvision::nms does not exist".
        raise ModelError(
            f"torchvision does not fit the installed torch ({reason(error)}), usually a CPU-only torch "
            f"beside a CUDA torchvision or the reverse; install both from the same index, for example with "
            f"python -m pip install --force-reinstall torch torchvision "
            f"--index-url https://download.pytorch.org/whl/cpu."
        ) from error


def import_timm() -> ModuleType:
    """Import timm, which imports torchvision; its download library's telemetry is switched off.

    Raises
    ------
    ModelError
        If it is missing or cannot be imported.
    """
    import_torchvision()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        return importlib.import_module("timm")
    except Exception as error:
        raise ModelError(
            f"timm cannot be imported ({reason(error)}); install it with python -m pip install --upgrade timm."
        ) from error


def reason(error: BaseException) -> str:
    """An exception's first line, short enough to stand in brackets inside a sentence."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0].strip().rstrip(".:")
    return line if len(line) <= 160 else f"{line[:159]}…"
