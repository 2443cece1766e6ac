"""What the engine's thread keeps on its bench: photos, patches, the inspector, and snapshots made from stages."""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from engine.classifiers import load_classifier
from engine.classifiers.preprocessing import Preprocessing
from engine.images import InputImage, load_image
from engine.logit_cache import LogitCache
from engine.pipeline import Inspector
from engine.placement import Patch, PlacedPatch, paste
from engine.settings import Settings
from gui.document import Document
from gui.snapshot import ModelInfo, Request, Snapshot
from gui.sources import clipboard_image, load_patch
from gui.worker.translate import model_info, snapshot_of

__all__ = ["Bench"]

_MODEL_KNOBS = ("model", "weights", "input_size", "mean", "std", "labels", "seed")
_IMAGES_KEPT, _INSPECTORS_KEPT = 4, 2
_ORIGINAL_SIDE = 2048
_FRAME = 1 / 30  # seconds between partial results
_PREVIEW_STEPS = 3


@dataclass(frozen=True, eq=False)
class _Model:
    """A loaded model, and the layers that the window has been told of."""

    inspector: Inspector
    announced: set[str] = field(default_factory=set)

    @cached_property
    def info(self) -> ModelInfo:
        """What controls need to know of it; takes a walk through the graph."""
        return model_info(self.inspector)


@dataclass(frozen=True, eq=False)
class _Photo:
    """A photo, as large as a screen shows it, and as models see it."""

    image: InputImage
    original: NDArray[np.uint8]
    views: dict[Preprocessing, NDArray[np.uint8]] = field(default_factory=dict)

    def seen_by(self, preprocessing: Preprocessing) -> NDArray[np.uint8]:
        """The part that a model sees, in its input space."""
        if preprocessing not in self.views:
            self.views[preprocessing] = preprocessing.view(self.image.rgb)
        return self.views[preprocessing]


class Bench:
    """Serves requests one at a time.

    Parameters
    ----------
    announce : callable
        Told what is being loaded, for the window to show.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        # One core is left to the window.
        torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
        self._announce = announce
        self._cache = LogitCache()
        self._inspectors: OrderedDict[Settings, _Model] = OrderedDict()
        self._images: OrderedDict[str, _Photo] = OrderedDict()
        self._patches: dict[str, Patch] = {}

    def serve(self, request: Request, stop: Callable[[], bool]) -> Iterator[ModelInfo | Snapshot]:
        """Everything worth showing of one request, in order; the last snapshot holds the verdict.

        Raises
        ------
        SinscopeError
            If the photo, the patch, the model or the settings do not fit.
        """
        document: Document = request.document
        if document.image is None:
            return
        settings = document.settings
        # Each step of loading takes seconds and cannot be interrupted.
        if stop():
            return
        model = self._model(settings)
        if stop():
            return
        inspector = model.inspector
        is_new = settings.layer not in model.announced
        if is_new:
            self._announce(f"{settings.model}, layer {settings.layer}")
        inspector.prepare(settings)
        if is_new:
            model.announced.add(settings.layer)
            yield model.info
        if stop():
            return
        photo = self._photo(document.image)
        clean = photo.seen_by(inspector.classifier.preprocessing)
        pasted = self._pasted(document, clean)
        view = clean if pasted is None else pasted[1].view
        if request.preview:
            settings = inspector.widened(settings, _PREVIEW_STEPS)
        shown = 0.0
        for found in inspector.inspect(view, settings, stop):
            now = time.perf_counter()
            if found.stage == "windows" and now - shown < _FRAME:
                continue
            shown = now
            yield snapshot_of(found, request, model.info, photo.image, photo.original, clean, pasted)

    def _model(self, settings: Settings) -> _Model:
        key = Settings(**{name: getattr(settings, name) for name in _MODEL_KNOBS})
        kept = self._inspectors.pop(key, None)
        if kept is None:
            self._announce(settings.model)
            kept = _Model(Inspector(load_classifier(settings), self._cache))
        self._inspectors[key] = kept
        while len(self._inspectors) > _INSPECTORS_KEPT:
            self._inspectors.popitem(last=False)
        return kept

    def _photo(self, reference: str) -> _Photo:
        kept = self._images.pop(reference, None)
        if kept is None:
            image = clipboard_image(reference) or load_image(reference)
            kept = _Photo(image, _shown(image.rgb))
        self._images[reference] = kept
        while len(self._images) > _IMAGES_KEPT:
            self._images.popitem(last=False)
        return kept

    def _pasted(self, document: Document, view: NDArray[np.uint8]) -> tuple[Patch, PlacedPatch] | None:
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
