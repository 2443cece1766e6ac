"""The sample photos: scikit-learn's two, and drawn ones of 32 px for networks of that input."""

import hashlib
from importlib.resources import files

import numpy as np
from PIL import Image

from engine.deferred import statistics_deferred
from engine.errors import ImageError
from engine.images import InputImage

__all__ = ["DRAWN", "PHOTOS", "load_sample"]

PHOTOS = ("china", "flower")  # 640 x 427 px
DRAWN = ("airplane", "ship", "truck")  # 32 x 32 px


def load_sample(name: str) -> InputImage:
    """A sample photo by its name.

    Raises
    ------
    ImageError
        If there is none of that name.
    """
    if name in PHOTOS:
        with statistics_deferred():  # here, not above: scikit-learn is slow to import and few callers want its photos
            from sklearn.datasets import load_sample_image

        rgb = np.array(load_sample_image(f"{name}.jpg"), dtype=np.uint8)
    elif name in DRAWN:
        with Image.open(str(files("assets") / "samples" / f"{name}.png")) as picture:
            rgb = np.array(picture.convert("RGB"), dtype=np.uint8)
    else:
        *others, last = (f"sample:{sample}" for sample in (*PHOTOS, *DRAWN))
        raise ImageError(f"There is no sample photo {name!r}; use {', '.join(others)} or {last}.")
    rgb.setflags(write=False)
    return InputImage(None, name, hashlib.sha256(rgb.tobytes()).hexdigest(), rgb)
