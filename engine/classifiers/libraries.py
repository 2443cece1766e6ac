"""Where torchvision and timm are first imported: a broken installation is said in one sentence."""

import functools
import importlib
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch

from engine.deferred import deferred
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
        with deferred("torch._dynamo.utils", "is_compile_supported"):
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
        with _compiler_left_alone():
            return importlib.import_module("timm")
    except Exception as error:
        raise ModelError(
            f"timm cannot be imported ({reason(error)}); install it with python -m pip install --upgrade timm."
        ) from error


@contextmanager
def _compiler_left_alone() -> Iterator[None]:
    """Within the block, functions that are declared not to be compiled do not import torch's compiler yet.

    It takes longer to import than torchvision and timm together, and nothing here compiles them; such a function
    imports it when it is called.
    """
    disable: Callable[..., Any] = torch.compiler.disable

    def disable_later(function: Any = None, recursive: bool = True, **named: Any) -> Any:
        if not inspect.isfunction(function):
            return disable(function, recursive, **named)
        disabled: list[Callable[..., Any]] = []

        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            if not disabled:
                disabled.append(disable(function, recursive, **named))
            return disabled[0](*arguments, **options)

        return call

    torch.compiler.disable = disable_later  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.compiler.disable = disable


def reason(error: BaseException) -> str:
    """An exception's first line, short enough to stand in brackets inside a sentence."""
    line = (str(error).strip() or type(error).__name__).splitlines()[0].strip().rstrip(".:")
    return line if len(line) <= 160 else f"{line[:159]}…"
