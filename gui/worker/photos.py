"""Photos and patches that a thread of the engine has read, kept while they are in use."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.classifiers.preprocessing import Preprocessing
from engine.images import InputImage, load_image
from engine.placement import Patch, PlacedPatch, paste
from gui.document import Document
from gui.sources import clipboard_image, load_patch

__all__ = ["Photo", "Photos"]

_IMAGES_KEPT = 4
_ORIGINAL_SIDE = 2048


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo, as large as a screen shows it, and as models see it."""

    image: InputImage
    original: NDArray[np.uint8]
    views: dict[Preprocessing, NDArray[np.uint8]] = field(default_factory=dict)

    def seen_by(self, preprocessing: Preprocessing) -> NDArray[np.uint8]:
        """The part that a model sees, in its input space."""
        if preprocessing not in self.views:
            self.views[preprocessing] = preprocessing.view(self.image.rgb)
        return self.views[preprocessing]


class Photos:
    """The photos of one thread; those used last are kept."""

    def __init__(self) -> None:
        self._images: OrderedDict[str, Photo] = OrderedDict()
        self._patches: dict[str, Patch] = {}

    def get(self, reference: str) -> Photo:
        """The photo of a reference.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        kept = self._images.pop(reference, None)
        if kept is None:
            image = clipboard_image(reference) or load_image(reference)
            kept = Photo(image, _shown(image.rgb))
        self._images[reference] = kept
        while len(self._images) > _IMAGES_KEPT:
            self._images.popitem(last=False)
        return kept

    def pasted(self, document: Document, view: NDArray[np.uint8]) -> tuple[Patch, PlacedPatch] | None:
        """The document's patch, and a view with it; ``None`` if none is on.

        Raises
        ------
        PatchError
            If it cannot be read, or does not fit.
        """
        if document.patch is None or not document.patch_on:
            return None
        if document.patch not in self._patches:
            self._patches[document.patch] = load_patch(document.patch)
        patch = self._patches[document.patch]
        return patch, paste(view, patch, document.placement)


def _shown(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The original photo, scaled down where it is larger than any screen shows."""
    picture = Image.fromarray(rgb)
    picture.thumbnail((_ORIGINAL_SIDE, _ORIGINAL_SIDE))
    shown = np.array(picture)
    shown.setflags(write=False)
    return shown
