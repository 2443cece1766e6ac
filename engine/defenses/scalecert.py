"""ScaleCert behind the contract of all defenses: the engine's own sweep and verdict (Han et al., NeurIPS 2021)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backends import Computation
from engine.cache import digest
from engine.classifiers import Classifier
from engine.defenses.base import Config, Defense, Tables, require
from engine.defenses.result import ALERT, Prediction, Proof
from engine.defenses.subject import Subject
from engine.defenses.table_store import KeptTable
from engine.errors import CoverageError, LayerError
from engine.logit_cache import LogitCache
from engine.selection import MaskedInput
from engine.settings import Fill, Importance, Rule, Selection, Settings
from engine.superficial import sin_count, superficial, to_pixels
from engine.sweep import Sweep, run_sweep
from engine.threat import PatchThreat
from engine.verdict import Verdict, judge
from engine.windows import DEFAULT_STEPS

__all__ = ["SHARED_KNOBS", "ScaleCert", "ScaleCertConfig", "SweepTables"]


@dataclass(frozen=True)
class ScaleCertConfig(Config):
    """Knobs of ScaleCert, as in :class:`engine.settings.Settings`, which checks them.

    Parameters
    ----------
    steps : int
        Where no side is given: windows as small as this many along each axis allow. More of them hide less each,
        for more passes; what they certify beyond six is little.
    """

    layer: str = "1"
    adapted: str = "auto"
    top: float | None = None
    window: int | None = None
    stride: int | None = None
    steps: int = DEFAULT_STEPS
    selection: Selection = "per_window"
    importance: Importance = "contrast"
    fill: Fill = "neutral"
    rule: Rule = "consistency"
    tau: float = 0.5

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        self.settings()
        require(self.steps >= 1, f"There cannot be {self.steps} windows along an axis; give at least 1.")

    @classmethod
    def published(cls) -> Mapping[str, "ScaleCertConfig"]:
        """The paper's setting: 20 % of the first layer's neurons by activation, zeros elsewhere."""
        return {"paper": cls(top=0.2, importance="activation", fill="zero")}

    @classmethod
    def of(cls, settings: Settings) -> "ScaleCertConfig":
        """The knobs that an inspection's settings hold."""
        return cls(**{name: getattr(settings, name) for name in SHARED_KNOBS})

    def settings(self, **more: Any) -> Settings:
        """An inspection's settings with these knobs, and others."""
        return Settings(**{name: getattr(self, name) for name in SHARED_KNOBS}, **more)


SHARED_KNOBS = tuple(knob.name for knob in fields(ScaleCertConfig) if knob.name != "steps")  # with `Settings`


@dataclass(frozen=True, eq=False, kw_only=True)
class SweepTables(Tables):
    """A sweep over the windows; it serves every rule, tau and label.

    Parameters
    ----------
    sweep : Sweep
    """

    sweep: Sweep


class _KeptRows(LogitCache):
    """Rows of one sweep by their masks, from the store and for it."""

    def __init__(self, kept: KeptTable | None) -> None:
        super().__init__()
        self._named = dict(zip(kept.names, kept.values, strict=True)) if kept else {}

    def get(self, context: str, mask: MaskedInput) -> NDArray[np.float32] | None:  # noqa: ARG002
        return self._named.get(digest(mask))

    def put(self, context: str, mask: MaskedInput, row: NDArray[np.float32]) -> None:  # noqa: ARG002
        self._named[digest(mask)] = row

    def table(self, seconds: float) -> KeptTable:
        return KeptTable(np.stack(list(self._named.values())), seconds, tuple(self._named))


class ScaleCert(Defense[ScaleCertConfig, SweepTables]):
    """An alert where the pruned model contradicts itself under some window of its superficial layer."""

    name = "scalecert"
    title = "ScaleCert"
    kind = "detection"
    citation = "Han et al.: ScaleCert: Scalable Certified Defense against Adversarial Patches, NeurIPS 2021"
    requires = "It runs on any classifier that can be cut at a layer whose neurons do not see the whole image."
    configuration = ScaleCertConfig

    def computation(self, subject: Subject) -> Computation:
        """The backend of its own cut."""
        _, _, backend = subject.inspector.prepare(self._settings(subject))
        return Computation(backend.name, backend.precision, backend.batch)

    def classifier(self, subject: Subject) -> Classifier:
        """The adapted network, where the settings choose one."""
        return subject.inspector.pruned_cut(self._settings(subject)).classifier

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:
        """Why the layer cannot carry a certificate, or windows not cover the patch."""
        try:
            subject.inspector.family(threat, self.config.settings(), self.config.steps)
        except (LayerError, CoverageError) as error:
            return str(error)
        return None

    def prepare(self, subject: Subject) -> None:
        """The cut and its backend."""
        subject.inspector.prepare(self._settings(subject))

    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:
        """One for the pruned model and one for each window.

        With global selection, the inputs that a patch can bring about under a window come on top; how many they
        are depends on the photo.
        """
        return 1 + len(subject.inspector.family(threat, self.config.settings(), self.config.steps))

    def tables(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        stop: Callable[[], bool] | None = None,
    ) -> SweepTables:
        """One pass for the pruned model and one for each window with SINs in it."""
        return subject.within_memory(self._settings(subject), lambda: self._sweep(subject, view, threat, stop))

    def _sweep(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        stop: Callable[[], bool] | None,
    ) -> SweepTables:
        settings = self._settings(subject)
        cut, _, backend = subject.inspector.prepare(settings)
        rate = subject.inspector.rate(settings)
        state = superficial(cut, to_pixels(view), settings.importance, settings.fill)
        family = subject.inspector.family(threat, settings, self.config.steps)
        count = sin_count(state.neurons, rate)
        decided_by = ("sweep", settings.importance, settings.fill, backend.name, backend.precision, backend.batch)
        key = subject.key(cut, view, *decided_by, family.side, threat, count, settings.selection, settings.stride)
        rows = _KeptRows(subject.kept(key))
        started = time.perf_counter()
        full = subject.inspector.full(state, settings)
        *_, sweep = run_sweep(state, family, count, backend, settings.selection, cache=rows, stop=stop, full=full)
        if subject.store and sweep.complete and sweep.passes:
            subject.store.put(key, rows.table(time.perf_counter() - started))
        families = sum(len(rows) for rows in sweep.family_logits or ())
        passes = 1 + int((~sweep.skipped).sum()) + families
        return SweepTables(passes=passes, complete=sweep.complete, guard=subject.guard, sweep=sweep)

    def predict(self, tables: SweepTables, threat: PatchThreat) -> Prediction:  # noqa: ARG002
        """The pruned model's class, unless the rule fires."""
        verdict = self._verdict(tables, None)
        label = int(verdict.base.label[0])
        silent = verdict.word in ("certified", "consistent")
        return Prediction(
            label,
            label if silent else ALERT,
            verdict.word != "undecided",
            verdict.min_margin,
            tables.passes,
            "No window contradicts the base prediction." if silent else verdict.reason,
        )

    def certify(self, tables: SweepTables, label: int, threat: PatchThreat) -> Proof:
        """The engine's certificate."""
        verdict = self._verdict(tables, label)
        locations = verdict.certificate.locations.copy()
        margins = np.where(locations > 0, verdict.min_margin, -np.inf)
        return Proof(locations if verdict.certificate.computed else np.zeros(threat.places, np.int64), margins)

    def _settings(self, subject: Subject) -> Settings:
        return self.config.settings(backend=subject.settings.backend, precision=subject.settings.precision)

    def _verdict(self, tables: SweepTables, label: int | None) -> Verdict:
        return judge(tables.sweep, self.config.rule, self.config.tau, label, tables.guard)
