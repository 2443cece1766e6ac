"""Which part of a photo the model sees."""

import math

from engine.classifiers.preprocessing import Preprocessing

__all__ = ["seen_part"]


def seen_part(preprocessing: Preprocessing, height: int, width: int) -> tuple[float, float, float, float]:
    """The centre crop of a photo of ``height`` x ``width`` px, as ``Preprocessing.view`` takes it.

    Returns
    -------
    (float, float, float, float)
        Top, left, bottom, right as shares of the photo's sides.
    """
    down, across = preprocessing.input_size
    whole = math.floor(down / preprocessing.crop), math.floor(across / preprocessing.crop)
    scale = max(whole[0] / height, whole[1] / width)
    squash = preprocessing.squash
    resized = (
        max(down, whole[0] if squash else int(height * scale + 1e-6)),
        max(across, whole[1] if squash else int(width * scale + 1e-6)),
    )
    top, left = round((resized[0] - down) / 2), round((resized[1] - across) / 2)
    return top / resized[0], left / resized[1], (top + down) / resized[0], (left + across) / resized[1]
