"""Where photos and patches come from: files, samples, the clipboard."""

import hashlib
import re
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import ImageError
from engine.images import InputImage
from engine.placement import Patch, read_patch
from engine.samples import DRAWN, PHOTOS

__all__ = [
    "SAMPLE_IMAGES",
    "SMALL_IMAGES",
    "clipboard_image",
    "keep_clipboard_image",
    "load_patch",
    "reference_path",
    "sample_patches",
]

SAMPLE_IMAGES = tuple(f"sample:{name}" for name in PHOTOS)
SMALL_IMAGES = tuple(f"sample:{name}" for name in DRAWN)  # for networks of an input of 32 px
_PATCHES = Path(__file__).parent.parent / "assets" / "patches"
_FIRST_PATCH = "toaster-5pct"
_CLIPBOARD = "clipboard:"
_pasted: dict[str, InputImage] = {}
_lock = threading.Lock()
_REFERENCES = Path(__file__).parent.parent / "assets" / "analysis"


def keep_clipboard_image(rgb: NDArray[np.uint8]) -> str:
    """Keep a pasted picture ``(h, w, 3)`` for this session and give the reference it is found by."""
    copied = np.array(rgb, dtype=np.uint8)
    copied.setflags(write=False)
    checksum = hashlib.sha256(copied.tobytes()).hexdigest()
    reference = f"{_CLIPBOARD}{checksum[:12]}"
    with _lock:
        _pasted[reference] = InputImage(None, "clipboard", checksum, copied, ("Pasted from the clipboard.",))
    return reference


def clipboard_image(reference: str) -> InputImage | None:
    """The pasted picture of a reference; ``None`` if it is no such reference.

    Raises
    ------
    ImageError
        If it was pasted in another session.
    """
    if not reference.startswith(_CLIPBOARD):
        return None
    with _lock:
        image = _pasted.get(reference)
    if image is None:
        raise ImageError("The picture pasted from the clipboard is gone with its session; paste it again.")
    return image


def sample_patches() -> dict[str, Path]:
    """The patches that come with the program, by name; first the one that is put on when none was chosen."""
    paths = sorted(_PATCHES.glob("*.png"), key=lambda path: (path.stem != _FIRST_PATCH, path.stem))
    return {path.stem: path for path in paths}


def load_patch(reference: str) -> Patch:
    """A patch by ``sample:NAME`` or path.

    Raises
    ------
    PatchError
        If it cannot be read.
    """
    name = reference.removeprefix("sample:")
    if name != reference and name in sample_patches():
        return read_patch(sample_patches()[name])
    return read_patch(reference)


def reference_path(model: str) -> Path:
    """Where a model's reference distribution is, if one comes with the program."""
    return _REFERENCES / f"reference-{re.sub(r'[^A-Za-z0-9_.-]+', '-', model)}.json"
