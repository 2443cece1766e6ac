"""Occluded predictions: one tail pass for every window that needs one, in batches that can be stopped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.backends.backend import Backend
from engine.batches import BatchRunner, Logits
from engine.logit_cache import LogitCache
from engine.mask_writer import MaskWriter
from engine.selection import (
    MaskedInput,
    prefix_count,
    prefix_thresholds,
    removed_sum,
    same_input,
    select,
)
from engine.settings import Selection
from engine.superficial import Superficial
from engine.windows import WindowFamily

__all__ = ["FAMILY_LIMIT", "Sweep", "run_sweep", "sweep_order"]

FULL, BASE = -2, -1  # where windows are counted from 0

FAMILY_LIMIT = 2048  # tail passes a certificate for global selection may cost; above it, none is computed


@dataclass(frozen=True, eq=False)
class Sweep:
    """Predictions under every window, complete or as far as they have come.

    Parameters
    ----------
    family : WindowFamily
    count : int
        k, the number of SINs.
    selection : str
    full, base : float32 array (K,), optional
        Logits of the unpruned and of the pruned model; ``None`` until they are done.
    logits : float32 array (windows, K), read-only
        One row a window; rows that are not ``done`` hold NaN and may be filled later.
    done, skipped : bool array (windows,), read-only
        Which windows are done, and which hold no SIN and so take the base logits without a pass.
    sins_inside : int array (windows,), read-only
        SINs of the whole map inside each window.
    family_logits : tuple of float32 array (m, K), optional
        For ``global`` selection: for each window, the logits of every input that a patch inside it can
        leave. ``None`` where they were not computed.
    passes, reused : int
        Tail rows computed here, and rows found in the cache or shared between windows.
    """

    family: WindowFamily
    count: int
    selection: Selection
    full: Logits | None = field(repr=False)
    base: Logits | None = field(repr=False)
    logits: Logits = field(repr=False)
    done: NDArray[np.bool_] = field(repr=False)
    skipped: NDArray[np.bool_] = field(repr=False)
    sins_inside: NDArray[np.int64] = field(repr=False)
    family_logits: tuple[Logits, ...] | None = field(repr=False, default=None)
    passes: int = 0
    reused: int = 0

    @property
    def complete(self) -> bool:
        """Whether the full and base predictions and every window are done."""
        return self.full is not None and self.base is not None and bool(self.done.all())

    @property
    def nbytes(self) -> int:
        """What its logits take."""
        return self.logits.nbytes + sum(logits.nbytes for logits in self.family_logits or ())


def run_sweep(
    state: Superficial,
    family: WindowFamily,
    count: int,
    backend: Backend,
    selection: Selection = "per_window",
    *,
    cache: LogitCache | None = None,
    context: str = "",
    stop: Callable[[], bool] | None = None,
    full: Logits | None = None,
    coarse: bool = False,
    write: MaskWriter | None = None,
) -> Iterator[Sweep]:
    """Predict under every window of a family.

    The base and the full prediction come first, then the windows from coarse to fine (:func:`sweep_order`): what an
    attack rests on is seen early. Windows without a SIN leave the
    pruned input as it is and take the base logits; windows that give equal inputs share one pass.

    Parameters
    ----------
    state : Superficial
    family : WindowFamily
    count : int
        k, the number of SINs to keep.
    backend : Backend
    selection : str
    cache, context : optional
        Where rows are kept between sweeps, and the digest of all that decides them besides the mask.
    stop : callable, optional
        Asked before every batch; once it says yes, the sweep ends where it is.
    full : float32 array (K,), optional
        Logits of the unpruned model, where the backend does not run that one.
    coarse : bool
        Whether to end after the windows of level 0, where the full sweep begins.
    write : MaskWriter, optional
        Kept from a former sweep of this state; that of another one is not used.

    Yields
    ------
    Sweep
        After every batch. The last one is complete unless ``stop`` or ``coarse`` ended it.
    """
    sheet = _Sheet(state, family, count, selection, full)
    kept = cache if cache is not None else LogitCache()
    if write is None or write.state is not state:
        write = MaskWriter(state)
    runner = BatchRunner(backend, write, partial(kept.get, context), partial(kept.put, context), stop)
    for answers in runner.rows(_distinct_inputs(sheet, coarse)):
        for targets, row in answers:
            sheet.fill(targets, row)
        yield sheet.snapshot(runner)
    if selection == "global" and not coarse and not runner.stopped:
        yield from _run_prefix_families(sheet, runner)


def sweep_order(family: WindowFamily, sins_inside: NDArray[np.int64]) -> NDArray[np.int64]:
    """The windows from coarse to fine, and within a level those with most SINs in them first."""
    return np.lexsort((-sins_inside, family.level))


class _Sheet:
    """The results of a sweep while they are filled in."""

    def __init__(
        self, state: Superficial, family: WindowFamily, count: int, selection: Selection, full: Logits | None
    ) -> None:
        self.state, self.family, self.count, self.selection = state, family, count, selection
        self.sins_inside = _sins_inside(state, family, count)
        # Occluding a second crossing tensor changes the input even where no SIN is touched.
        self.alone = len(state.crossing) == 1
        self.skipped = (self.sins_inside == 0) & self.alone
        self.done = np.zeros(len(family), dtype=bool)
        self.logits: Logits | None = None
        self.full = full
        self.base: Logits | None = None
        self.shared = int(self.skipped.sum())

    def fill(self, targets: list[int], row: Logits) -> None:
        if self.logits is None:
            self.logits = np.full((len(self.family), row.size), np.nan, dtype=np.float32)
        for target in targets:
            if target == FULL:
                self.full = row
            elif target == BASE:
                self.base = row
                self.logits[self.skipped], self.done[self.skipped] = row, True
            else:
                self.logits[target], self.done[target] = row, True

    def snapshot(self, runner: BatchRunner[MaskedInput], family_logits: tuple[Logits, ...] | None = None) -> Sweep:
        logits = np.zeros((len(self.family), 0), dtype=np.float32) if self.logits is None else self.logits.view()
        done = self.done.copy()
        for array in (logits, done, self.skipped, self.sins_inside):
            array.setflags(write=False)
        return Sweep(
            self.family,
            self.count,
            self.selection,
            self.full,
            self.base,
            logits,
            done,
            self.skipped,
            self.sins_inside,
            family_logits,
            runner.passes,
            runner.found + self.shared,
        )


def _distinct_inputs(sheet: _Sheet, coarse: bool) -> Iterator[tuple[int, MaskedInput]]:
    """Each result and the input it needs, found as they are asked for.

    Two windows give equal inputs if their thresholds and the neurons they take away are equal; the later one
    then stands under the earlier one's mask, or that of the base prediction. So do thresholds that differ only in
    neurons that are what they are replaced by.
    """
    distinct = sheet.state.distinct
    base = MaskedInput(min(sheet.count, distinct))
    yield BASE, base
    if sheet.full is None:
        yield FULL, MaskedInput(distinct)
    seen: dict[tuple[int, int], list[MaskedInput]] = {(base.threshold, 0): [base]}
    for window in sweep_order(sheet.family, sheet.sins_inside).tolist():
        if coarse and sheet.family.level[window] > 0:
            break
        if sheet.skipped[window]:
            continue
        mask = select(sheet.state, sheet.family[window], sheet.count, sheet.selection)
        mask = replace(mask, threshold=min(mask.threshold, distinct))
        if sheet.alone:
            alike = seen.setdefault((mask.threshold, removed_sum(sheet.state, mask)), [])
            twin = next((other for other in alike if same_input(sheet.state, mask, other)), None)
            if twin is None:
                alike.append(mask)
            else:
                mask = twin
        yield window, mask


def _run_prefix_families(sheet: _Sheet, runner: BatchRunner[MaskedInput]) -> Iterator[Sweep]:
    """For ``global`` selection, the predictions that a patch inside each window can bring about."""
    families = [
        [MaskedInput(threshold, window) for threshold in prefix_thresholds(sheet.state, window, sheet.count)]
        if prefix_count(sheet.state, window, sheet.count) <= FAMILY_LIMIT
        else []
        for window in (sheet.family[index] for index in range(len(sheet.family)))
    ]
    if not all(families) or sum(len(family) for family in families) > FAMILY_LIMIT:
        return
    flat = [mask for family in families for mask in family]
    found: dict[int, Logits] = {}
    for answers in runner.rows(enumerate(flat)):
        for targets, row in answers:
            found |= dict.fromkeys(targets, row)
        yield sheet.snapshot(runner)
    if runner.stopped:
        return
    ends = np.cumsum([len(family) for family in families])
    logits = np.stack([found[index] for index in range(len(flat))])
    logits.setflags(write=False)
    yield sheet.snapshot(runner, tuple(np.split(logits, ends[:-1])))


def _sins_inside(state: Superficial, family: WindowFamily, count: int) -> NDArray[np.int64]:
    """SINs of the whole map inside each window, by one summed-area table."""
    table = np.zeros(tuple(extent + 1 for extent in state.rank.shape[1:]), dtype=np.int64)
    table[1:, 1:] = state.density(count).cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    top, bottom = np.array([axis.cells[0] for axis in family.rows]).T[:, :, None]
    left, right = np.array([axis.cells[0] for axis in family.columns]).T[:, None, :]
    sins = table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
    return np.asarray(sins.ravel(), dtype=np.int64)
