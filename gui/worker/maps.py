"""Deep against superficial importance of the photo that is shown, made on demand."""

import operator
from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from engine.analysis.class_activation import ClassActivation, class_activation
from engine.analysis.deep_importance import measure_map, superficial_map
from engine.errors import LayerError
from engine.pipeline import Inspector
from engine.placement import PlacedPatch
from engine.superficial import to_pixels
from gui.document import Document
from gui.maps import CopyMaps, MapsView, MapView, maps_key

__all__ = ["MapMaker"]

_RUNS = 2  # of which the quicker one is told: the other has met what else the machine does
Box = tuple[int, int, int, int]


class MapMaker:
    """Makes the maps; what has to be found once a classifier is kept."""

    def __init__(self) -> None:
        self._deep: WeakKeyDictionary[Inspector, ClassActivation | str] = WeakKeyDictionary()

    def make(
        self,
        inspector: Inspector,
        document: Document,
        clean: NDArray[np.uint8],
        placed: PlacedPatch | None,
        stop: Callable[[], bool],
    ) -> MapsView | None:
        """The maps of a photo, and of its patched copy if there is one; ``None`` if stopped on the way.

        Raises
        ------
        LayerError
            If the classifier cannot be cut at the document's layer.
        """
        if inspector not in self._deep:
            self._deep[inspector] = _activation(inspector)
            self._copy(inspector, document, clean, None)  # the first pass is slow, and its time says nothing
        views, box = [clean], None
        if placed is not None:
            views.append(placed.view)
            box = placed.box
        copies = []
        for view in views:
            if stop():
                return None
            copies.append(self._copy(inspector, document, view, box))
        deep, size = self._deep[inspector], inspector.classifier.preprocessing.input_size
        area = 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1]) / (size[0] * size[1])
        return MapsView(
            maps_key(document),
            copies[0],
            copies[1] if len(copies) > 1 else None,
            box,
            area,
            deep if isinstance(deep, str) else "",
        )

    def _copy(self, inspector: Inspector, document: Document, view: NDArray[np.uint8], box: Box | None) -> CopyMaps:
        settings, pixels, activation = document.settings, to_pixels(view), self._deep[inspector]
        size, labels = inspector.classifier.preprocessing.input_size, inspector.classifier.labels
        cut, _ = inspector.cut(settings.layer)
        values, took = min(
            (superficial_map(cut, pixels, settings.importance) for _ in range(_RUNS)), key=operator.itemgetter(1)
        )
        superficial = _map_view(values, took, box, size)
        if isinstance(activation, str):
            return CopyMaps(view, superficial, None, "")
        found = min((activation.map_of(pixels) for _ in range(_RUNS)), key=operator.attrgetter("milliseconds"))
        deep = _map_view(found.heatmap, found.milliseconds, box, size)
        return CopyMaps(view, superficial, deep, labels[found.label])


def _activation(inspector: Inspector) -> ClassActivation | str:
    """What gives class activation maps, or the sentence that says why there are none."""
    try:
        return class_activation(inspector.classifier, inspector.graph)
    except LayerError as error:
        return str(error)


def _map_view(values: NDArray[np.float32], milliseconds: float, box: Box | None, size: tuple[int, int]) -> MapView:
    inside = None if box is None else float(measure_map(values, box, size, milliseconds).inside)
    values.setflags(write=False)
    return MapView(values, milliseconds, inside)
