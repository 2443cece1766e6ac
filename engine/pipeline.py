"""One inspection from photo to verdict, as the stages that the window and the command line both consume."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.backends import Backend, Computation, make_backend, out_of_memory
from engine.batches import Logits
from engine.cache import digest
from engine.classifiers import Classifier
from engine.classifiers.cut import CutClassifier
from engine.classifiers.footprint import Footprints
from engine.clusters import CLUSTERED_SINS, SinClusters, cluster_sins
from engine.cuts import Cuts
from engine.doubts import doubts
from engine.errors import BackendError, SettingsError
from engine.kept import Kept
from engine.logit_cache import LogitCache
from engine.mask_writer import MaskWriter
from engine.predictions import Guard
from engine.selection import MaskedInput
from engine.settings import Settings
from engine.superficial import Superficial, sin_count, superficial, to_pixels
from engine.sweep import Sweep, run_sweep
from engine.threat import PatchThreat
from engine.verdict import Verdict, alert_stands, judge
from engine.windows import DEFAULT_STEPS, WindowFamily, window_family

__all__ = ["Inspection", "Inspector", "StageName"]

StageName = Literal["superficial", "clusters", "windows", "verdict"]

_SUPERFICIAL_KEPT = 4
_SWEEP_BYTES = 32 * 2**20


@dataclass(frozen=True, eq=False)
class Inspection:
    """What is known of one photo so far; later stages hold more.

    Parameters
    ----------
    stage : str
        ``superficial``, ``clusters``, ``windows`` (after each batch) or ``verdict``, the last.
    settings : Settings
        As asked for, with the default rate and window filled in.
    classifier : Classifier
        Whose tail ran: the adapted one where weights were adapted to SIN pruning. Only the full prediction is
        always the original's.
    view : uint8 array (H, W, 3), read-only
        The photo as the model sees it, with the patch if there is one.
    computation : Computation
        What ran the tail: one for all rows of the sweep.
    timing_ms : dict
        Milliseconds that each finished stage took.
    notes : tuple of str
        Sentences on what had to be given up on the way, and on what makes the answer say little.
    coarse : bool
        Whether it is a preview by some of the windows, which decides nothing.
    """

    stage: StageName
    settings: Settings
    classifier: Classifier
    cut: CutClassifier
    computation: Computation
    view: NDArray[np.uint8] = field(repr=False)
    threat: PatchThreat
    family: WindowFamily = field(repr=False)
    superficial: Superficial = field(repr=False)
    count: int
    clusters: SinClusters | None = None
    sweep: Sweep | None = None
    verdict: Verdict | None = None
    timing_ms: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    coarse: bool = False

    @property
    def backend_name(self) -> str:
        """What runs the tail, such as ``torch-cpu``."""
        return self.computation.name


class Inspector(Cuts):
    """A classifier ready to inspect photos, with everything worth keeping between inspections.

    Parameters
    ----------
    classifier : Classifier
    cache : LogitCache, optional
        Shared logit rows; a bounded one of its own if ``None``.
    """

    def __init__(self, classifier: Classifier, cache: LogitCache | None = None) -> None:
        super().__init__(classifier)
        self.cache = cache if cache is not None else LogitCache()
        self._backends: dict[tuple[str, str, str, str], Backend] = {}
        self._families: dict[tuple[str, PatchThreat, int | None, int | None, int], WindowFamily] = {}
        self._writers: Kept[str, MaskWriter] = Kept(_SUPERFICIAL_KEPT)
        self._clusters: Kept[tuple[str, int], SinClusters] = Kept(_SUPERFICIAL_KEPT)
        self._sweeps: Kept[tuple[object, ...], Sweep] = Kept(_SWEEP_BYTES, lambda sweep: sweep.nbytes)

    def prepare(self, settings: Settings) -> tuple[CutClassifier, Footprints, Backend]:
        """Cut the classifier, find its footprints and make the backend for some settings.

        Raises
        ------
        ModelError
            If the layer does not exist or cannot carry a certificate, or adapted weights do not fit.
        BackendError
            If the backend cannot run here.
        """
        _, footprints = self.cut(settings.layer)
        cut, key = self.pruned_cut(settings), self._backend_key(settings)
        if key not in self._backends:
            self._backends[key] = make_backend(cut, settings.backend, settings.precision)
        return cut, footprints, self._backends[key]

    def _backend_key(self, settings: Settings) -> tuple[str, str, str, str]:
        cut, _ = self.cut(settings.layer)
        adaptation = self.adaptation(settings)
        return cut.layer, adaptation.sha256 if adaptation else "", settings.backend, settings.precision

    def forget(self) -> None:
        """Drop what is kept of photos; the network, its cuts and backends stay ready."""
        self._writers.clear()
        self._clusters.clear()
        self._sweeps.clear()
        self.cache.clear()

    def inspect(
        self,
        view: NDArray[np.uint8],
        settings: Settings,
        stop: Callable[[], bool] | None = None,
        *,
        until_alert: bool = False,
        coarse: bool = False,
    ) -> Iterator[Inspection]:
        """Inspect a photo.

        Parameters
        ----------
        view : uint8 array (H, W, 3)
            In the model's input space (:meth:`Preprocessing.view`), with the patch if there is one.
        settings : Settings
        stop : callable, optional
            Asked before every batch of windows; once it says yes, the verdict is ``undecided``.
        until_alert : bool
            Stop at the first batch of windows after which an alert stands; nothing is certified then.
        coarse : bool
            A preview: only the windows of level 0, with which the full inspection begins, so that none of its
            passes is done again. Its verdict is ``undecided``, whatever it finds.

        Yields
        ------
        Inspection
            After each stage and each batch of windows; the last one holds the verdict, and is the only one where
            this photo was swept with the same settings before.

        Raises
        ------
        SinscopeError
            If the settings do not fit the classifier: threat, coverage, layer, label, backend.
        """
        classes = len(self.classifier.labels)
        if settings.label is not None and not 0 <= settings.label < classes:
            raise SettingsError(
                f"{self.classifier.name} has no class {settings.label}; give one from 0 to {classes - 1}."
            )
        threat = PatchThreat.parse(settings.patch, self.classifier.preprocessing.input_size)
        clock = _Clock()
        cut, footprints, backend = self.prepare(settings)
        rate = self.rate(settings)
        family = self.family(threat, settings)
        settings = replace(settings, top=rate, window=family.side)
        clock.lap("prepare")

        context = digest(
            cut.signature,
            hashlib.sha256(view.tobytes()).hexdigest(),
            settings.importance,
            settings.fill,
        )
        write = self._writer(context, cut, view, settings)
        state = write.state
        count = sin_count(state.neurons, rate)
        clock.lap("superficial")
        found = Inspection(
            "superficial",
            settings,
            cut.classifier,
            cut,
            _computation(backend),
            view,
            threat,
            family,
            state,
            count,
            timing_ms=clock.laps,
            notes=(*doubts(cut, family), *_notes(backend)),
            coarse=coarse,
        )
        swept = self._sweeps.get(_sweep_key(found, backend, context))
        if swept is None:
            yield found
            clock.resume()
        clusters = self._clustered(context, state, min(CLUSTERED_SINS, count), footprints)
        clock.lap("clusters")
        found = replace(found, stage="clusters", clusters=clusters, timing_ms=clock.laps)
        if swept is None:
            yield found
            clock.resume()
            for backend, sweep in self._swept(found, write, context, stop):
                clock.lap("windows")
                computation, notes = _computation(backend), (*doubts(cut, family), *_notes(backend))
                found = replace(
                    found, stage="windows", sweep=sweep, computation=computation, timing_ms=clock.laps, notes=notes
                )
                yield found
                clock.resume()
                guard = Guard.of(backend.precision)
                if until_alert and not sweep.complete and alert_stands(sweep, settings.rule, settings.tau, guard):
                    break
        else:
            found = replace(found, sweep=replace(swept, passes=0, reused=swept.passes + swept.reused))
            clock.lap("windows")
        assert found.sweep is not None
        guard = Guard.of(found.computation.precision)
        verdict = judge(
            found.sweep, settings.rule, settings.tau, settings.label, guard, until_alert=until_alert, coarse=coarse
        )
        clock.lap("verdict")
        yield replace(found, stage="verdict", verdict=verdict, timing_ms=clock.laps)

    def _swept(
        self, found: Inspection, write: MaskWriter, context: str, stop: Callable[[], bool] | None
    ) -> Iterator[tuple[Backend, Sweep]]:
        """The sweep, as far as it has come; where memory runs out, from its beginning by a smaller backend.

        No sweep mixes computations: rows that the former backend has left are found under its own key only.
        """
        settings = found.settings
        full = self._kept_full(found, context)
        while True:
            _, _, backend = self.prepare(settings)
            key = _rows_key(backend, context)
            try:
                for sweep in run_sweep(
                    found.superficial,
                    found.family,
                    found.count,
                    backend,
                    settings.selection,
                    cache=self.cache,
                    context=key,
                    stop=stop,
                    full=full,
                    coarse=found.coarse,
                    write=write,
                ):
                    yield backend, sweep
                if sweep.complete and (sweep.selection == "per_window" or sweep.family_logits is not None):
                    self._sweeps.put(_sweep_key(found, backend, context), sweep)
                return
            except Exception as error:
                if not out_of_memory(error):
                    raise
            # Not before here: the error holds the tensors of the batch that failed.
            self.step_down(settings)

    def _kept_full(self, found: Inspection, context: str) -> Logits | None:
        """What :meth:`full` gives; for a photo that was met before, without the network."""
        if found.cut.adaptation is None:
            return None
        key, mask = digest(context, "full"), MaskedInput(found.superficial.neurons)
        row = self.cache.get(key, mask)
        if row is None:
            row = self.full(found.superficial, found.settings)
            assert row is not None
            self.cache.put(key, mask, row)
        return row

    def step_down(self, settings: Settings) -> None:
        """Put a smaller backend in the place of the one that ran out of memory, for this and later inspections.

        Raises
        ------
        BackendError
            If there is no smaller one.
        """
        cut, _, backend = self.prepare(settings)
        smaller = backend.smaller()
        if smaller is None:
            raise BackendError(
                f"There is not enough memory to run {self.classifier.name} behind {cut.layer} on {backend.name}; "
                f"choose a smaller model, or close other programs and try again."
            )
        self._backends[self._backend_key(settings)] = smaller

    def family(self, threat: PatchThreat, settings: Settings, steps: int = DEFAULT_STEPS) -> WindowFamily:
        """The windows that cover a threat at the settings' layer; at most ``steps`` an axis if it is for us to say.

        Raises
        ------
        LayerError, CoverageError
            If the layer cannot carry a certificate, or its windows cannot cover the threat.
        """
        cut, footprints = self.cut(settings.layer)
        key = (cut.layer, threat, settings.window, settings.stride, steps)
        if key not in self._families:
            self._families[key] = window_family(footprints, threat, settings.window, settings.stride, steps)
        return self._families[key]

    def _writer(self, context: str, cut: CutClassifier, view: NDArray[np.uint8], settings: Settings) -> MaskWriter:
        """The photo's ranked neurons and what writes their masks."""
        write = self._writers.get(context)
        if write is None:
            write = MaskWriter(superficial(cut, to_pixels(view), settings.importance, settings.fill))
            self._writers.put(context, write)
        return write

    def _clustered(self, context: str, state: Superficial, sins: int, footprints: Footprints) -> SinClusters:
        """Clusters of the top SINs; most moves of the rate slider leave them as they are."""
        clusters = self._clusters.get((context, sins))
        if clusters is None:
            clusters = cluster_sins(state.positions(sins), footprints)
            self._clusters.put((context, sins), clusters)
        return clusters


def _rows_key(backend: Backend, context: str) -> str:
    """Everything but the mask that decides a logit row."""
    return digest(context, *astuple(_computation(backend)))


def _sweep_key(found: Inspection, backend: Backend, context: str) -> tuple[object, ...]:
    """Everything that decides a sweep."""
    return _rows_key(backend, context), found.family, found.count, found.settings.selection


def _computation(backend: Backend) -> Computation:
    return Computation(backend.name, backend.precision, backend.batch)


def _notes(backend: Backend) -> tuple[str, ...]:
    return (backend.note,) if backend.note else ()


class _Clock:
    """Milliseconds by stage; time spent by the consumer between stages is not counted."""

    def __init__(self) -> None:
        self._at = time.perf_counter()
        self._laps: dict[str, float] = {}

    def resume(self) -> None:
        self._at = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] = self._laps.get(name, 0.0) + (now - self._at) * 1000
        self._at = now

    @property
    def laps(self) -> dict[str, float]:
        return dict(self._laps)
