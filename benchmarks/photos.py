"""Labelled photos to measure on: a folder of ``<class index>_<anything>.jpg``."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.classifiers import Classifier
from engine.errors import ImageError
from engine.images import list_images, read_image, spread

__all__ = ["labelled_views"]


def labelled_views(
    folder: Path, classifier: Classifier, limit: int | None = None
) -> Iterator[tuple[Path, NDArray[np.uint8], int]]:
    """Photos as the classifier sees them, with their classes; evenly spread over the folder if limited.

    Raises
    ------
    ImageError
        If a file's name does not begin with a class index.
    """
    for path in spread(list_images(folder), limit):
        named = re.match(r"(\d+)_", path.name)
        if not named:
            raise ImageError(f"{path} does not say its class; name photos <class index>_<anything>.jpg.")
        yield path, classifier.preprocessing.view(read_image(path).rgb), int(named[1])
