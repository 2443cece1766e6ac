"""What the engine's thread keeps on its bench: photos, patches, the inspector, and snapshots made from stages."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from engine.pipeline import Inspection, Inspector
from engine.settings import Settings
from gui.document import Document
from gui.maps import MapsView
from gui.snapshot import Benign, ModelInfo, Request, Snapshot
from gui.worker.inspectors import Inspectors
from gui.worker.maps import MapMaker
from gui.worker.photos import Photos
from gui.worker.references import References
from gui.worker.translate import benign_of, model_info, snapshot_of

__all__ = ["Bench"]

_FRAME = 1 / 30  # seconds between partial results


@dataclass(frozen=True, eq=False)
class _Known:
    """What controls need to know of a model, found by a walk through its graph, and the layers they were told of."""

    info: ModelInfo
    announced: set[str] = field(default_factory=set)


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
        self._inspectors = Inspectors(announce)
        self._known: WeakKeyDictionary[Inspector, _Known] = WeakKeyDictionary()
        self._photos = Photos()
        self._references = References()
        self._maps = MapMaker()

    def serve(self, request: Request, stop: Callable[[], bool]) -> Iterator[ModelInfo | Snapshot | MapsView]:
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
        inspector = self._inspectors.get(settings)
        if stop():
            return
        known = self._known.get(inspector)
        is_new = known is None or settings.layer not in known.announced
        if is_new:
            self._announce(f"{settings.model}, layer {settings.layer}")
        inspector.prepare(settings)
        if known is None:
            known = self._known[inspector] = _Known(model_info(inspector))
        if is_new:
            yield known.info
            known.announced.add(settings.layer)  # not before: a request that is overtaken here has told nobody
        if stop():
            return
        photo = self._photos.get(document.image)
        clean = photo.seen_by(inspector.classifier.preprocessing)
        pasted = self._photos.pasted(document, clean)
        if request.maps:
            maps = self._maps.make(inspector, document, clean, pasted[1] if pasted else None, stop)
            if maps is not None:
                yield maps
            return
        view = clean if pasted is None else pasted[1].view
        benign = _benign(inspector, clean, settings) if pasted is not None else None
        shown = 0.0
        for found in inspector.inspect(view, settings, stop, coarse=request.preview):
            now = time.perf_counter()
            if found.stage == "windows" and (now - shown < _FRAME or _is_all(found)):
                continue
            shown = now
            reference, notes = self._references.find(known.info, found.cut.layer, settings.importance)
            made = snapshot_of(found, request, known.info, photo.image, photo.original, clean, pasted)
            yield replace(made, benign=benign, reference=reference, notes=(*made.notes, *notes))


def _benign(inspector: Inspector, clean: NDArray[np.uint8], settings: Settings) -> Benign:
    """The first two stages of the photo without its patch; the inspector keeps them while the patch is moved."""
    stages: Iterator[Inspection] = inspector.inspect(clean, settings)
    return benign_of(next(found for found in stages if found.clusters is not None))


def _is_all(found: Inspection) -> bool:
    """Whether nothing is left to run, so that the verdict follows at once."""
    return found.sweep is not None and found.sweep.complete and found.settings.selection == "per_window"
