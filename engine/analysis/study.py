"""Everything that is measured of one photo: benign against patched, and under patches that hide."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.analysis.class_activation import ClassActivation, class_activation
from engine.analysis.copies import Photo, patched_copy
from engine.analysis.deep_importance import measure_map, superficial_map
from engine.analysis.detection import ImageDetection, densities, is_raised, window_cells
from engine.analysis.look import Look, looks
from engine.analysis.patches import StudiedPatch
from engine.analysis.prediction_stability import image_stability
from engine.analysis.records import Record, pack
from engine.analysis.results import frozen_array
from engine.analysis.sin_distribution import image_distribution
from engine.backends import Backend
from engine.classifiers.cut import CutClassifier
from engine.classifiers.footprint import Footprints
from engine.clusters import CLUSTERED_SINS, cluster_sins
from engine.errors import LayerError
from engine.images import read_image
from engine.pipeline import Inspector
from engine.predictions import Guard
from engine.settings import Settings
from engine.superficial import Superficial, sin_count, superficial, to_pixels
from engine.sweep import run_sweep
from engine.verdict import Verdict, judge
from engine.windows import WindowFamily, smallest_window, window_family

__all__ = ["COPIES", "Prepared", "Study"]

COPIES = ("benign", "patched")
_VERSION = 2


@dataclass(frozen=True, eq=False)
class Prepared:
    """A layer, ready to be looked at.

    Parameters
    ----------
    cut : CutClassifier
    footprints : Footprints
    backend : Backend
    family : WindowFamily
        The occluding windows.
    count : int
        k, the number of SINs.
    side : int
        Side in cells of the window that is moved out: the smallest that can hide the patch anywhere.
    cells : (int, int)
        Height and width of the density detector's window: the largest that the patch fills.
    """

    cut: CutClassifier = field(repr=False)
    footprints: Footprints = field(repr=False)
    backend: Backend = field(repr=False)
    family: WindowFamily = field(repr=False)
    count: int
    side: int
    cells: tuple[int, int]

    @property
    def share(self) -> float:
        """The share of neurons that are SINs."""
        channels, height, width = self.cut.shapes[0]
        return self.count / (channels * height * width)


class Study:
    """A classifier, its layers and patches, ready to be measured on one photo after another.

    Parameters
    ----------
    inspector : Inspector
    settings : Settings
        Layer, importance, fill and patch are set by the looks and the patch.
    layers : sequence of str
    patch : StudiedPatch
        The patch of the patched copies.
    adaptive : sequence of StudiedPatch
        Patches that hide, of the same size.

    Raises
    ------
    SinscopeError
        If a layer, the patch or the settings do not fit the classifier.
    """

    def __init__(
        self,
        inspector: Inspector,
        settings: Settings,
        layers: Sequence[str],
        patch: StudiedPatch,
        adaptive: Sequence[StudiedPatch] = (),
    ) -> None:
        # The evidence is on the network as it was trained, at every look alike.
        self.inspector, self.settings = inspector, replace(settings, adapted="off")
        self.patch, self.patches = patch, (patch, *adaptive)
        self.threat = patch.threat(inspector.classifier.preprocessing.input_size)
        self.looks = looks(layers)
        self.prepared = {layer: self._prepare(layer) for layer in layers}
        self.deep: ClassActivation | None = None
        self.no_deep = ""
        try:
            self.deep = class_activation(inspector.classifier, inspector.graph)
        except LayerError as error:
            self.no_deep = str(error)

    @property
    def decides(self) -> dict[str, Any]:
        """Everything that decides what is measured of a photo, in JSON's types.

        What a detector says of a copy depends on the patch of the copy besides, and on no other.
        """
        knobs = self.settings.as_dict()
        for name in ("layer", "importance", "fill", "patch", "label"):
            knobs.pop(name)
        classifier = self.inspector.classifier
        return {
            "version": _VERSION,
            "settings": knobs,
            "weights_sha256": classifier.weights_sha256,
            "cuts": {layer: ready.cut.signature for layer, ready in self.prepared.items()},
            "backends": sorted({ready.backend.name for ready in self.prepared.values()}),
            "patch": self.patch.patch.sha256,
        }

    def view(self, photo: Photo) -> NDArray[np.uint8]:
        """A photo as the model sees it.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        return self.inspector.classifier.preprocessing.view(read_image(photo.path).rgb)

    def compare(self, photo: Photo) -> Record:
        """A photo and its patched copy: curves, clusters, stability and maps under every look.

        Raises
        ------
        ImageError
            If the photo cannot be read.
        """
        view = self.view(photo)
        placed = patched_copy(view, self.patch.patch, self.settings.seed, photo.sha256)
        record: dict[str, NDArray[np.generic]] = {"box": np.array(placed.box, dtype=np.int64)}
        for copy, shown in zip(COPIES, (view, placed.view), strict=True):
            for look, state in self._states(shown):
                record |= self._look_at(f"{copy}/{look.key}/", look, state, placed.box, shown)
            if self.deep is not None:
                deep = self.deep.map_of(to_pixels(shown))
                size = self.inspector.classifier.preprocessing.input_size
                record |= pack(f"{copy}/deep/", measure_map(deep.heatmap, placed.box, size, deep.milliseconds))
        return record

    def detect(self, photo: Photo, studied: StudiedPatch | None = None) -> Record:
        """A photo before both detectors, without a patch or with one.

        Raises
        ------
        ImageError
            If the photo cannot be read.
        """
        view = self.view(photo)
        if studied is not None:
            view = patched_copy(view, studied.patch, self.settings.seed, photo.sha256).view
        record: dict[str, NDArray[np.generic]] = {}
        for look, state in self._states(view):
            ready = self.prepared[look.layer]
            verdict = self._judged(state, ready)
            values = (
                # A sweep that was left early has raised an alert.
                verdict.word in ("alert", "undecided"),
                int(verdict.full.label[0]),
                int(verdict.base.label[0]),
            )
            found = ImageDetection(
                densities(state, ready.cells), *(frozen_array(np.array(value)) for value in values)
            )
            record |= pack(f"{look.key}/", found)
        return record

    def _prepare(self, layer: str) -> Prepared:
        settings = replace(self.settings, layer=layer)
        cut, footprints, backend = self.inspector.prepare(settings)
        rate = self.inspector.rate(settings)
        family = window_family(footprints, self.threat, settings.window, settings.stride)
        channels, height, width = cut.shapes[0]
        count = sin_count(channels * height * width, rate)
        side, cells = smallest_window(footprints, self.threat), window_cells(self.threat, cut.shapes[0])
        return Prepared(cut, footprints, backend, family, count, side, cells)

    def _states(self, view: NDArray[np.uint8]) -> Iterator[tuple[Look, Superficial]]:
        pixels = to_pixels(view)
        for look in self.looks:
            yield look, superficial(self.prepared[look.layer].cut, pixels, look.importance, look.fill)

    def _look_at(
        self, prefix: str, look: Look, state: Superficial, box: tuple[int, int, int, int], view: NDArray[np.uint8]
    ) -> dict[str, NDArray[np.generic]]:
        ready = self.prepared[look.layer]
        clusters = cluster_sins(state.positions(min(CLUSTERED_SINS, ready.count)), ready.footprints)
        stability = image_stability(
            state, ready.count, ready.side, ready.footprints, ready.backend, self.settings.selection
        )
        heatmap, milliseconds = superficial_map(ready.cut, to_pixels(view), look.importance)
        size = self.inspector.classifier.preprocessing.input_size
        return {
            f"{prefix}curve": state.curve,
            **pack(f"{prefix}clusters/", image_distribution(clusters, ready.cut.shapes[0])),
            **pack(f"{prefix}stability/", stability),
            **pack(f"{prefix}map/", measure_map(heatmap, box, size, milliseconds)),
        }

    def _judged(self, state: Superficial, ready: Prepared) -> Verdict:
        """The verdict of a sweep; ``undecided`` if it was left once an alert was certain."""
        settings = self.settings
        sweeps = run_sweep(state, ready.family, ready.count, ready.backend, settings.selection)
        while True:
            sweep = next(sweeps)
            verdict = judge(sweep, settings.rule, settings.tau, guard=Guard.of(settings.precision))
            if sweep.complete or is_raised(sweep, verdict):
                return verdict
