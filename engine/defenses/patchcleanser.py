"""PatchCleanser: double masking (Xiang, Mahloujifar, Mittal, USENIX Security 2022)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.cache import digest
from engine.defenses.base import Config, Defense, Tables, require
from engine.defenses.masked_forward import MaskedLogits
from engine.defenses.masks import MaskFamily, covering_masks
from engine.defenses.result import Prediction, Proof
from engine.defenses.subject import PIXELS, Subject
from engine.defenses.table_store import KeptTable
from engine.errors import CoverageError
from engine.predictions import read_logits
from engine.threat import PatchThreat

__all__ = ["PairTables", "PatchCleanser", "PatchCleanserConfig"]

UNKNOWN = -2
FILL = "mean"


@dataclass(frozen=True)
class PatchCleanserConfig(Config):
    """Knobs of double masking.

    Parameters
    ----------
    masks : int
        Masks along each axis, at most.
    complete : bool
        Predict under all pairs of masks, also where the first ones have settled prediction and certificate: for
        a full location map.
    """

    masks: int = 6
    complete: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(2 <= self.masks <= 64, f"The photo is covered by 2 to 64 masks an axis, not {self.masks}; try 6.")

    @classmethod
    def published(cls) -> Mapping[str, "PatchCleanserConfig"]:
        """The default budget of 36 masks, and the smallest published one."""
        return {"k6": cls(masks=6), "k3": cls(masks=3)}


@dataclass(frozen=True, eq=False, kw_only=True)
class PairTables(Tables):
    """Labels under every pair of masks, as far as they are needed.

    Parameters
    ----------
    labels : int array (masks, masks), read-only
        Symmetric; one mask alone on the diagonal; ``UNKNOWN`` where nobody asked, -1 where not finite.
    margins : float array (masks, masks), read-only
        Largest logit minus runner-up; -inf where unknown.
    clear : bool array (masks, masks), read-only
        Whether the margin is beyond the doubt of arithmetic.
    family : MaskFamily
    """

    labels: NDArray[np.int64] = field(repr=False)
    margins: NDArray[np.float64] = field(repr=False)
    clear: NDArray[np.bool_] = field(repr=False)
    family: MaskFamily

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.labels, self.margins, self.clear):
            array.setflags(write=False)


class PatchCleanser(Defense[PatchCleanserConfig, PairTables]):
    """One mask hides the patch if there is one; a second mask tells which one did."""

    name = "patchcleanser"
    title = "PatchCleanser"
    kind = "recovery"
    citation = "Xiang, Mahloujifar, Mittal: PatchCleanser, USENIX Security 2022"
    requires = "It runs on any classifier; one trained with cutout answers best under masks."
    configuration = PatchCleanserConfig

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:  # noqa: ARG002
        """Where masks would hide the whole photo."""
        try:
            covering_masks(threat, self.config.masks)
        except CoverageError as error:
            return str(error)
        return None

    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:  # noqa: ARG002
        """One for each mask alone and one for each pair."""
        masks = len(covering_masks(threat, self.config.masks).masks)
        return masks * (masks + 1) // 2

    def tables(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        stop: Callable[[], bool] | None = None,
    ) -> PairTables:
        """One mask each, then the pairs that inference and certificate need.

        Where the single masks agree, the pairs decide the certificate, and the first to differ ends it. Where
        they do not, no class is certified everywhere, and inference needs the pairs of the masks that differ
        from the majority.
        """
        while True:
            before = subject.computation
            sheet = _Sheet(subject, view, covering_masks(threat, self.config.masks), stop)
            tables = self._pairs(sheet)
            if subject.computation == before:  # else memory ran out on the way: no table mixes computations
                sheet.keep()
                return tables

    def _pairs(self, sheet: "_Sheet") -> PairTables:
        sheet.singles()
        if sheet.stopped:
            return sheet.tables()
        singles = sheet.labels.diagonal()
        if self.config.complete:
            for mask in range(len(singles)):
                sheet.row(mask)
        elif (singles == singles[0]).all():
            for mask in range(len(singles)):
                if not sheet.row(mask) or not sheet.proves(mask, int(singles[0])):
                    break
        else:
            for mask in np.flatnonzero(singles != _majority(singles)).tolist():
                if not sheet.row(mask) or (sheet.labels[mask] == singles[mask]).all():
                    break
        return sheet.tables()

    def predict(self, tables: PairTables, threat: PatchThreat) -> Prediction:  # noqa: ARG002
        """The agreed class, else a minority's if its mask holds against every second mask, else the majority's.

        Of equally large majorities the lowest class is taken, and minorities are heard in the order of the
        masks; the certificate depends on neither.
        """
        labels, singles = tables.labels, tables.labels.diagonal()
        masks = len(singles)
        margin = float(tables.margins.diagonal().min())
        majority = _majority(singles)
        if (singles == majority).all():
            return _answer(majority, margin, masks, "All single masks agree.")
        minority = np.flatnonzero(singles != majority)
        for heard, mask in enumerate(minority, start=1):
            if (labels[mask] == singles[mask]).all():
                reason = f"{len(minority)} of {masks} single masks differ, and one holds against every second mask."
                return _answer(int(singles[mask]), margin, masks * (1 + heard), reason)
        reason = f"{len(minority)} of {masks} single masks differ, and none holds against every second mask."
        return _answer(majority, margin, masks * (1 + len(minority)), reason)

    def certify(self, tables: PairTables, label: int, threat: PatchThreat) -> Proof:  # noqa: ARG002
        """Proved where some mask hides the patch and says the label beside every second mask.

        Whatever the patch, that mask's row then says the label. A mask that says otherwise meets it as a second
        mask and fails; and if the majority says otherwise, it is heard itself and holds. The published
        certificate, that all pairs say the label, is the case in which this is so for every mask.
        """
        holds = ((tables.labels == label) & tables.clear).all(axis=1)
        margins = np.where(tables.labels == label, tables.margins, -np.inf).min(axis=1)
        return Proof(tables.family.cover.count(holds), tables.family.cover.best(margins))


class _Sheet:
    """The pairs while they are filled in."""

    def __init__(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        family: MaskFamily,
        stop: Callable[[], bool] | None,
    ) -> None:
        count = len(family.masks)
        self._subject, self._view, self._family, self._stop = subject, view, family, stop
        self.labels = np.full((count, count), UNKNOWN, dtype=np.int64)
        self._margins = np.full((count, count), -np.inf)
        self._clear = np.zeros((count, count), dtype=bool)
        self._passes = 0
        self.stopped = False
        cut, _ = subject.inspector.cut(PIXELS)
        kinds = family.masks[:1], (family.masks[0] | family.masks[-1],)  # one mask alone, and two
        paths = [subject.path(view, masks, FILL) for masks in kinds]
        self._key = subject.key(cut, view, "pairs of masks", FILL, subject.computation, *paths, digest(*family.masks))
        kept = subject.kept(self._key)
        self._rows = dict(zip(kept.names, kept.values, strict=True)) if kept is not None else {}
        self._before = kept.seconds if kept is not None else 0.0
        self._known = len(self._rows)
        self._started = time.perf_counter()

    def singles(self) -> None:
        """Every mask alone."""
        self._predict([(mask, mask) for mask in range(len(self._family.masks))])

    def row(self, mask: int) -> bool:
        """One mask with every other, as far as they are not known yet; whether it was not stopped."""
        pairs = [(mask, other) for other in range(len(self.labels)) if self.labels[mask, other] == UNKNOWN]
        return not pairs or self._predict(pairs)

    def proves(self, mask: int, label: int) -> bool:
        """Whether a full row says the label beyond the doubt of arithmetic."""
        return bool(((self.labels[mask] == label) & self._clear[mask]).all())

    def tables(self) -> PairTables:
        return PairTables(
            passes=self._passes,
            complete=not self.stopped,
            guard=self._subject.guard,
            labels=self.labels,
            margins=self._margins,
            clear=self._clear,
            family=self._family,
        )

    def keep(self) -> None:
        """Put all rows into the store as one table, unless they came from it."""
        if self._subject.store and len(self._rows) > self._known:
            seconds = self._before + time.perf_counter() - self._started
            self._subject.store.put(
                self._key, KeptTable(np.stack(list(self._rows.values())), seconds, tuple(self._rows))
            )

    def _predict(self, pairs: list[tuple[int, int]]) -> bool:
        masks = self._family.masks
        names = [f"{min(pair)} {max(pair)}" for pair in pairs]
        unknown = [index for index, name in enumerate(names) if name not in self._rows]
        joined = [masks[one] if one == other else masks[one] | masks[other] for one, other in pairs]
        if unknown:
            new = [joined[index] for index in unknown]
            found: MaskedLogits = self._subject.masked(self._view, new, FILL, self._stop, keep=False)
            self._rows |= {
                names[index]: row for index, row, done in zip(unknown, found.logits, found.done, strict=True) if done
            }
        self._passes += sum(name in self._rows for name in names)
        if not all(name in self._rows for name in names):
            self.stopped = True
            return False
        read = read_logits(np.stack([self._rows[name] for name in names]), self._subject.guard)
        one, other = np.array(pairs).T
        for first, second in ((one, other), (other, one)):
            self.labels[first, second] = read.label
            self._margins[first, second] = read.margin
            self._clear[first, second] = read.clear
        return True


def _majority(labels: NDArray[np.int64]) -> int:
    """The most frequent label, the lowest among equals."""
    values, counts = np.unique(labels, return_counts=True)
    return int(values[counts.argmax()])


def _answer(label: int, margin: float, passes: int, reason: str) -> Prediction:
    return Prediction(label, label, label >= 0, margin, passes, reason)
