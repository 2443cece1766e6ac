"""What the engine's thread keeps on its bench: photos, patches, the inspector, and snapshots made from stages."""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from engine.classifiers import load_classifier
from engine.images import InputImage, load_image
from engine.logit_cache import LogitCache
from engine.pipeline import Inspector
from engine.placement import Patch, PlacedPatch, paste
from engine.settings import Settings
from engine.threat import PatchThreat
from engine.windows import default_window
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
        self._inspectors: OrderedDict[Settings, tuple[Inspector, set[str]]] = OrderedDict()
        self._images: OrderedDict[str, tuple[InputImage, NDArray[np.uint8]]] = OrderedDict()
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
        inspector, announced = self._inspector(settings)
        if settings.layer not in announced:
            self._announce(f"{settings.model}, layer {settings.layer}")
        inspector.prepare(settings)
        info = model_info(inspector)
        if settings.layer not in announced:
            announced.add(settings.layer)
            yield info
        if stop():
            return
        image, original = self._image(document.image)
        clean = inspector.classifier.preprocessing.view(image.rgb)
        pasted = self._pasted(document, clean)
        view = clean if pasted is None else pasted[1].view
        if request.preview:
            settings = _coarse(inspector, settings)
        shown = 0.0
        for found in inspector.inspect(view, settings, stop):
            now = time.perf_counter()
            if found.stage == "windows" and now - shown < _FRAME:
                continue
            shown = now
            yield snapshot_of(found, request, info, image, original, clean, pasted)

    def _inspector(self, settings: Settings) -> tuple[Inspector, set[str]]:
        key = Settings(**{name: getattr(settings, name) for name in _MODEL_KNOBS})
        kept = self._inspectors.pop(key, None)
        if kept is None:
            self._announce(settings.model)
            kept = Inspector(load_classifier(settings), self._cache), set()
        self._inspectors[key] = kept
        while len(self._inspectors) > _INSPECTORS_KEPT:
            self._inspectors.popitem(last=False)
        return kept

    def _image(self, reference: str) -> tuple[InputImage, NDArray[np.uint8]]:
        kept = self._images.pop(reference, None)
        if kept is None:
            image = clipboard_image(reference) or load_image(reference)
            kept = image, _shown(image.rgb)
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


def _coarse(inspector: Inspector, settings: Settings) -> Settings:
    """The same settings with windows so wide that at most three an axis cover the threat."""
    _, footprints, _ = inspector.prepare(settings)
    threat = PatchThreat.parse(settings.patch, inspector.classifier.preprocessing.input_size)
    side = default_window(footprints, threat, _PREVIEW_STEPS)
    return replace(settings, window=max(side, settings.window or 0), stride=None)
