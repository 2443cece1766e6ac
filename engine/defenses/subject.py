"""A classifier as the defenses see it: masked forward passes, local evidence, and tables kept between runs."""

import hashlib
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.backends import Backend, Computation, out_of_memory
from engine.cache import digest
from engine.classifiers import Classifier
from engine.classifiers.cut import CutClassifier
from engine.classifiers.hidden_pixels import HIDDEN, HiddenPixels
from engine.defenses.incremental import IncrementalSweep, incremental_sweep
from engine.defenses.local_evidence import EvidenceLayer, LocalEvidence, find_evidence
from engine.defenses.masked_forward import Mask, MaskedLogits, run_masked
from engine.defenses.table_store import KeptTable, TableStore
from engine.errors import LayerError, SettingsError
from engine.kept import Kept
from engine.pipeline import Inspector
from engine.predictions import Guard
from engine.settings import Settings
from engine.superficial import to_pixels
from engine.threat import PatchThreat

__all__ = ["NO_MASK", "PIXELS", "Subject"]

PIXELS = "input"  # the layer at which masks are masks of pixels
NO_MASK = Mask(())
_VERSION = 1

Done = TypeVar("Done")


class Subject:
    """A classifier under test.

    Parameters
    ----------
    inspector : Inspector
        Its classifier, cuts and backends.
    settings : Settings
        Backend and precision; the rest is each defense's own.
    store : TableStore, optional
        Where tables are kept between runs; without it they are not.
    """

    def __init__(self, inspector: Inspector, settings: Settings, store: TableStore | None = None) -> None:
        self.inspector = inspector
        self.settings = settings
        self.store = store
        self.saved = 0.0  # seconds that tables from the store took when they were made
        self._bare: Kept[str, NDArray[np.float32]] = Kept(1)

    @property
    def classifier(self) -> Classifier:
        """The classifier."""
        return self.inspector.classifier

    @property
    def guard(self) -> Guard:
        """How close to a tie is too close for the backend's arithmetic."""
        return Guard.of(self.settings.precision)

    @property
    def knows_hidden(self) -> bool:
        """Whether the network tells hidden pixels from black ones."""
        return any(isinstance(module, HiddenPixels) for module in self.classifier.network.modules())

    def prepare(self, layer: str = PIXELS) -> None:
        """Make the backend for masks at a layer."""
        self._at(layer)

    def check(self, view: NDArray[np.uint8], threat: PatchThreat, label: int | None) -> None:
        """Refuse what is not of this classifier's input size, or no class of it.

        Raises
        ------
        SettingsError
        """
        size, classes = self.classifier.preprocessing.input_size, len(self.classifier.labels)
        if view.shape != (*size, 3) or view.dtype != np.uint8:
            raise SettingsError(
                f"{self.classifier.name} takes bytes of {size[0]} x {size[1]} px, not {view.dtype} "
                f"{' x '.join(map(str, view.shape))}; pass the photo through its preprocessing first."
            )
        if (threat.input_height, threat.input_width) != size:
            raise SettingsError(f"A patch of {threat} is meant for another input than {size[0]} x {size[1]} px.")
        if label is not None and not 0 <= label < classes:
            raise SettingsError(f"{self.classifier.name} has no class {label}; give one from 0 to {classes - 1}.")

    def masked(
        self,
        view: NDArray[np.uint8],
        masks: Sequence[Mask],
        fill: str,
        stop: Callable[[], bool] | None = None,
        layer: str = PIXELS,
        keep: bool = True,
    ) -> MaskedLogits:
        """Logits of one photo under every mask of a list; kept in the store once all are done.

        Parameters
        ----------
        view : uint8 array (H, W, 3)
        masks : sequence of Mask
            In cells of the layer; pixels for ``input``.
        fill : str
            What stands in for what is hidden: ``mean`` (the mean colour) and ``hidden`` (see
            :class:`HiddenPixels`) for pixels; ``neutral`` (the layer's answer to mid-grey) anywhere.
        stop : callable, optional
        layer : str
        keep : bool
            ``False`` if the caller keeps them itself.

        Raises
        ------
        LayerError
            If more than one tensor crosses at the layer: a list of masks is for one.
        """
        found = self.within_memory(self.at_layer(layer), lambda: self._masked(view, masks, fill, stop, layer, keep))
        if layer == PIXELS and NO_MASK in masks and found.done[row := masks.index(NO_MASK)]:
            self._bare.put(self._bare_key(view), found.logits[row])
        return found

    def _masked(
        self,
        view: NDArray[np.uint8],
        masks: Sequence[Mask],
        fill: str,
        stop: Callable[[], bool] | None,
        layer: str,
        keep: bool,
    ) -> MaskedLogits:
        cut, backend = self._at(layer)
        if not keep:
            return self._run(cut, backend, view, masks, fill, stop)
        path = self._path(cut, backend, view, masks, fill)
        key = self.key(cut, view, fill, backend.name, backend.precision, backend.batch, path, digest(*masks))
        kept = self.kept(key)
        if kept is not None and len(kept.values) == len(masks):
            return MaskedLogits(kept.values, np.ones(len(masks), dtype=bool))
        started = time.perf_counter()
        found = self._run(cut, backend, view, masks, fill, stop)
        if self.store and found.complete:
            self.store.put(key, KeptTable(found.logits, time.perf_counter() - started))
        return found

    def _run(
        self,
        cut: CutClassifier,
        backend: Backend,
        view: NDArray[np.uint8],
        masks: Sequence[Mask],
        fill: str,
        stop: Callable[[], bool] | None,
    ) -> MaskedLogits:
        (crossing,) = cut.head(to_pixels(view).clamp(0.0, 1.0))
        filling = self._filling(cut, fill, crossing)
        return run_masked(
            crossing, filling, masks, backend, stop, self._sweep(cut, backend, crossing, filling, masks)
        )

    def path(self, view: NDArray[np.uint8], masks: Sequence[Mask], fill: str) -> str:
        """How a photo under masks of pixels is answered: the ``plain`` network, or what changes (``incremental``).

        It is the same for all photos and for all masks of a size; tables of one are not taken for the other's.
        """

        def found() -> str:
            return self._path(*self._at(PIXELS), view, masks, fill)

        return self.within_memory(self.at_layer(PIXELS), found)

    def _path(
        self, cut: CutClassifier, backend: Backend, view: NDArray[np.uint8], masks: Sequence[Mask], fill: str
    ) -> str:
        if cut.layer != PIXELS:
            return "plain"
        (crossing,) = cut.head(to_pixels(view).clamp(0.0, 1.0))
        return (
            "incremental"
            if self._sweep(cut, backend, crossing, self._filling(cut, fill, crossing), masks)
            else "plain"
        )

    def _sweep(
        self, cut: CutClassifier, backend: Backend, crossing: Tensor, fill: Tensor, masks: Sequence[Mask]
    ) -> IncrementalSweep | None:
        return incremental_sweep(cut, backend, crossing, fill, masks) if cut.layer == PIXELS else None

    def vanilla(self, view: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits ``(K,)`` of the undefended classifier; for the last photo without a pass, if a defense asked before.

        A row of its own would take a whole batch.
        """
        known = self._bare.get(self._bare_key(view))
        if known is not None:
            return known
        logits: NDArray[np.float32] = self.masked(view, [NO_MASK], "neutral").logits[0]
        return logits

    def _bare_key(self, view: NDArray[np.uint8]) -> str:
        cut, backend = self._at(PIXELS)
        return self.key(cut, view, backend.name, backend.precision, backend.batch)

    @cached_property
    def evidence_layer(self) -> EvidenceLayer | str:
        """The layer of class evidence of a local-feature network, or the sentence why there is none."""
        return find_evidence(self.inspector)

    def evidence(self, view: NDArray[np.uint8]) -> LocalEvidence:
        """Class evidence of every cell for one photo: one forward pass.

        Raises
        ------
        LayerError
            If the classifier is no local-feature network.
        """
        layer = self.evidence_layer
        if isinstance(layer, str):
            raise LayerError(layer)
        key = self.key(layer.cut, view, "evidence")
        kept = self.kept(key)
        if kept is None:
            started = time.perf_counter()
            (crossing,) = layer.cut.head(to_pixels(view).clamp(0.0, 1.0))
            values = crossing[0].permute(1, 2, 0).contiguous().numpy()
            kept = KeptTable(values, time.perf_counter() - started)
            if self.store:
                self.store.put(key, kept)
        return LocalEvidence(kept.values, layer.rows, layer.columns)

    def kept(self, key: str) -> KeptTable | None:
        """A table from the store; the seconds that it took are counted as saved."""
        found = self.store.get(key) if self.store else None
        if found is not None:
            self.saved += found.seconds
        return found

    def key(self, cut: CutClassifier, view: NDArray[np.uint8], *what: object) -> str:
        """Digest of all that decides a table: weights, operations, preprocessing, photo, and what else is named."""
        photo = hashlib.sha256(np.ascontiguousarray(view).tobytes()).hexdigest()
        return digest(_VERSION, torch.__version__, cut.signature, self.classifier.preprocessing, photo, *what)

    def within_memory(self, settings: Settings, work: Callable[[], Done]) -> Done:
        """Do some work by the settings' backend; where memory runs out, from its beginning by a smaller one.

        Raises
        ------
        BackendError
            If there is no smaller one.
        """
        while True:
            try:
                return work()
            except Exception as error:
                if not out_of_memory(error):
                    raise
            # Not before here: the error holds the tensors of the batch that failed.
            self.inspector.step_down(settings)

    @property
    def computation(self) -> Computation:
        """What masked photos are answered by; it changes where memory runs out."""
        _, backend = self._at(PIXELS)
        return Computation(backend.name, backend.precision, backend.batch)

    def at_layer(self, layer: str) -> Settings:
        """Settings with this backend and precision."""
        return Settings(layer=layer, backend=self.settings.backend, precision=self.settings.precision)

    def _at(self, layer: str) -> tuple[CutClassifier, Backend]:
        cut, _, backend = self.inspector.prepare(self.at_layer(layer))
        if len(cut.shapes) > 1:
            raise LayerError(
                f"{len(cut.shapes)} tensors cross at {layer} in {self.classifier.name} and a mask is for one; "
                f"choose another layer."
            )
        return cut, backend

    def _filling(self, cut: CutClassifier, fill: str, like: Tensor) -> Tensor:
        if fill == "neutral":
            return cut.neutral[0][0]
        if cut.layer != PIXELS or fill not in ("mean", "hidden"):
            raise SettingsError(f"Cells at {cut.layer} cannot be filled with {fill!r}; take neutral.")
        if fill == "hidden":
            return torch.full_like(like[0], HIDDEN)
        colour = torch.tensor(self.classifier.preprocessing.mean).clamp(0.0, 1.0)
        return colour.reshape(-1, 1, 1).expand_as(like[0])
