"""Photos of noise for attacks on small classifiers."""

import numpy as np
import toys

from engine.attacks.photos import Photos


def photos_of(count: int, size: int | tuple[int, int] = 24, seed: int = 0) -> Photos:
    """Photos of noise, each with a name and a checksum of its own."""
    views = np.stack([toys.picture(size, seed * 1000 + index) for index in range(count)])
    views.setflags(write=False)
    return Photos(
        tuple(f"{index}.png" for index in range(count)), tuple(f"{index:064x}" for index in range(count)), views
    )
