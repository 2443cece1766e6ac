"""Importing torch and its like in half the time, while the window is already there."""

import builtins
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quick_imports"]


@contextmanager
def quick_imports() -> Iterator[None]:
    """Within the block, the engine's libraries are imported without what slows imports down in a program with Qt.

    Shiboken reads the source of every module after its import to see whether it switches names of Qt's (we never
    do), and the garbage collector goes again and again through a million objects that all stay. They are left out
    of later collections too: each would hold up the window for a tenth of a second. Does nothing once torch is
    there.
    """
    if "torch" in sys.modules:
        yield
        return
    hooked, was_collecting = builtins.__import__, gc.isenabled()
    builtins.__import__ = getattr(builtins, "__orig_import__", hooked)
    gc.disable()
    try:
        yield
    finally:
        builtins.__import__ = hooked
        gc.freeze()
        if was_collecting:
            gc.enable()
