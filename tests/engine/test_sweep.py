"""The sweep: equal to a naive loop, batch by batch, stopped in time, cached by everything that matters."""

import itertools
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from toys import (
    ChannelsLast,
    PixelSum,
    Skip,
    Toy,
    classifier,
    inspect,
    picture,
    slow_inputs,
    square_threat,
    stop_after,
)

from engine.backends import TorchBackend
from engine.classifiers.cut import CutClassifier
from engine.logit_cache import LogitCache
from engine.pipeline import Inspector
from engine.selection import MaskedInput, apply_mask, prefix_count, prefix_thresholds, select
from engine.settings import Settings
from engine.superficial import Superficial, sin_count, superficial, to_pixels
from engine.sweep import FAMILY_LIMIT, Sweep, run_sweep
from engine.windows import WindowFamily, window_family


class Recording:
    """A real backend, of which the batches that it ran are counted."""

    def __init__(self, inner: TorchBackend) -> None:
        self.inner = inner
        self.name, self.precision, self.batch = inner.name, inner.precision, inner.batch
        self.batches = 0

    def inputs(self) -> Sequence[Tensor]:
        return self.inner.inputs()

    def run(self) -> NDArray[np.float32]:
        self.batches += 1
        return self.inner.run()


NETS = {
    "one tensor": (lambda: Toy(nn.Conv2d(3, 4, 3, stride=2, padding=1), 4, gain=5.0), "stem"),
    "two tensors": (lambda: Skip(stride=2, gain=5.0), "mid"),
    "channels last": (ChannelsLast, "act"),
    "pixels": (lambda: Toy(nn.Conv2d(3, 4, 3), 4), "input"),
}
SIZE = 20


@pytest.fixture(scope="module", params=NETS)
def toy(request) -> tuple[Inspector, str]:
    network, layer = NETS[request.param]
    return Inspector(classifier(network(), SIZE)), layer


def made(
    inspector: Inspector, layer: str, view: NDArray[np.uint8], fill: str = "neutral", importance: str = "contrast"
) -> tuple[CutClassifier, Superficial, WindowFamily, Recording]:
    at, footprints, backend = inspector.prepare(Settings(layer=layer, backend="torch"))
    assert isinstance(backend, TorchBackend)
    state = superficial(at, to_pixels(view), importance, fill)
    return at, state, window_family(footprints, square_threat(4, SIZE)), Recording(backend)


def last(sweeps) -> Sweep:
    *_, final = sweeps
    return final


def importance_of(state: Superficial, at: CutClassifier, importance: str) -> NDArray[np.float32]:
    grey = at.head(torch.full((1, 3, SIZE, SIZE), 0.5))[0]
    return (state.crossing[0] - (grey if importance == "contrast" else 0))[0].abs().numpy()


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.0])
@pytest.mark.parametrize(("fill", "importance"), [("neutral", "contrast"), ("zero", "activation")])
def test_equals_a_naive_loop_one_window_at_a_time(toy, fill, importance, rate):
    """Head, slow masks and the eager tail, written without the sweep: within 1e-5 of the largest logit."""
    inspector, layer = toy
    at, state, family, backend = made(inspector, layer, picture(SIZE, 3), fill, importance)
    count = sin_count(state.neurons, rate)
    sweep = last(run_sweep(state, family, count, backend))
    assert sweep.complete
    values = importance_of(state, at, importance)
    with torch.no_grad():
        wanted = inspector.classifier.network(to_pixels(picture(SIZE, 3)))[0].numpy()
    scale = max(1.0, float(np.abs(wanted).max()))
    assert np.abs(sweep.full - wanted).max() <= 1e-5 * scale
    rows = [at.tail(*slow_inputs(state, values, None, count))[0].numpy()]
    rows += [at.tail(*slow_inputs(state, values, family[index], count))[0].numpy() for index in range(len(family))]
    for found, row in zip([sweep.base, *sweep.logits], rows, strict=True):
        assert np.abs(found - row).max() <= 1e-5 * scale


def test_equals_a_naive_loop_on_the_embedded_model(lite0, views):
    """A real photo, the default 36 windows: every fifth against the eager model, and against its own batch of one."""
    found = inspect(lite0, views[0], backend="torch")
    state, count = found.superficial, found.count
    values = (state.crossing[0] - state.fill[0])[0].abs().numpy()
    order = np.lexsort((np.arange(values.size), -values.ravel()))
    for index in range(0, 36, 5):
        (top, bottom), (left, right) = (axis.cells[0] for axis in found.family[index])
        free = np.ones(values.shape, bool)
        free[:, top:bottom, left:right] = False
        kept = order[free.ravel()[order]][:count]
        pruned = state.fill[0].flatten().clone()
        pruned[kept] = state.crossing[0].flatten()[kept]
        row = found.cut.tail(pruned.reshape(state.fill[0].shape))[0].numpy()
        assert np.abs(found.sweep.logits[index] - row).max() <= 1e-5 * np.abs(row).max()
    with torch.no_grad():
        full = found.classifier.network(to_pixels(views[0]))[0].numpy()
    assert np.abs(found.sweep.full - full).max() <= 1e-5 * np.abs(full).max()


@pytest.mark.parametrize("selection", ["per_window", "global"])
@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_skipped_and_shared_windows_have_the_logits_of_their_own_pass(toy, selection, rate):
    inspector, layer = toy
    view = np.full((SIZE, SIZE, 3), 128, np.uint8)
    view[3:6, 4:9] = 255  # all importance in one place: most windows hold no SIN, or the same ones
    _, state, family, backend = made(inspector, layer, view)
    count = sin_count(state.neurons, rate)
    sweep = last(run_sweep(state, family, count, backend, selection))
    for index in range(len(family)):
        mask = select(state, family[index], count, selection)
        apply_mask(state, [mask], backend.inputs())
        alone = backend.run()[0]
        assert np.array_equal(sweep.logits[index], alone)
        if sweep.skipped[index]:
            assert np.array_equal(alone, sweep.base)
    if len(state.crossing) > 1:
        assert not sweep.skipped.any()
    elif rate < 0.5:
        assert sweep.skipped.any()
        assert selection == "global" or sweep.passes < len(family) + 2
    assert sweep.passes + sweep.reused >= len(family)


def test_sins_inside_are_counted_by_the_whole_map(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    count = sin_count(state.neurons, 0.1)
    sweep = last(run_sweep(state, family, count, backend))
    for index in range(len(family)):
        (top, bottom), (left, right) = (axis.cells[0] for axis in family[index])
        assert sweep.sins_inside[index] == int((state.rank[:, top:bottom, left:right] < count).sum())
        assert sweep.skipped[index] == (sweep.sins_inside[index] == 0 and len(state.crossing) == 1)


def test_it_yields_after_every_batch(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    done = []
    for sweep in run_sweep(state, family, sin_count(state.neurons, 0.5), backend):
        assert backend.batches == len(done) + 1
        done.append(int(sweep.done.sum()))
        assert sweep.passes <= backend.batches * backend.batch
        assert np.isnan(sweep.logits[~sweep.done]).all()
        assert np.isfinite(sweep.logits[sweep.done]).all()
        assert sweep.full is not None
        assert sweep.base is not None
    assert done == sorted(done)
    assert done[-1] == len(family)
    assert backend.batches == -(-sweep.passes // backend.batch)


@pytest.mark.parametrize("batches", [0, 1, 2, 4])
def test_it_stops_within_one_batch(toy, batches):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    sweeps = list(run_sweep(state, family, sin_count(state.neurons, 0.5), backend, stop=stop_after(batches)))
    assert backend.batches == batches
    assert not sweeps[-1].complete
    assert sweeps[-1].passes == batches * backend.batch
    if batches == 0:
        assert sweeps[-1].base is None
        assert not sweeps[-1].done.any()


def test_stopped_amid_the_families_of_global_selection_none_is_given(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    count = 3
    whole = list(run_sweep(state, family, count, backend, "global"))
    assert whole[-1].family_logits is not None
    assert all(sweep.family_logits is None for sweep in whole[:-1])
    batches = backend.batches
    again = list(run_sweep(state, family, count, Recording(backend.inner), "global", stop=stop_after(batches - 1)))
    assert again[-1].family_logits is None


def test_families_of_global_selection_hold_the_logits_of_every_prefix(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    count = 4
    sweep = last(run_sweep(state, family, count, backend, "global"))
    assert len(sweep.family_logits) == len(family)
    for index in range(0, len(family), 5):
        thresholds = prefix_thresholds(state, family[index], count)
        assert len(sweep.family_logits[index]) == len(thresholds)
        for threshold, row in zip(thresholds, sweep.family_logits[index], strict=True):
            apply_mask(state, [MaskedInput(threshold, family[index])], backend.inputs())
            assert np.array_equal(backend.run()[0], row)
        assert any(np.array_equal(row, sweep.logits[index]) for row in sweep.family_logits[index])


def test_families_are_computed_up_to_a_limit(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    count = state.neurons // 2
    costs = [prefix_count(state, family[index], count) for index in range(len(family))]
    sweep = last(run_sweep(state, family, count, backend, "global"))
    assert sweep.complete
    if sum(costs) <= FAMILY_LIMIT:
        assert [len(rows) for rows in sweep.family_logits] == costs
        return
    assert sweep.family_logits is None
    assert sweep.passes <= FAMILY_LIMIT


def test_results_are_read_only(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    sweep = last(run_sweep(state, family, 3, backend, "global"))
    for array in (sweep.logits, sweep.done, sweep.skipped, sweep.sins_inside, sweep.base, sweep.full):
        assert not array.flags.writeable
    assert not sweep.family_logits[0].flags.writeable


def test_a_former_yield_keeps_what_it_said(toy):
    """What was done then is still what `done` says; its rows have not moved."""
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    sweeps, kept = [], []
    for sweep in run_sweep(state, family, sin_count(state.neurons, 0.5), backend):
        sweeps.append(sweep)
        kept.append((sweep.done.copy(), sweep.logits[sweep.done].copy()))
    for sweep, (done, rows) in zip(sweeps, kept, strict=True):
        assert np.array_equal(sweep.done, done)
        assert np.array_equal(sweep.logits[sweep.done], rows)


# Rows do not depend on their company.


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_a_row_is_the_same_whatever_the_batch_it_is_in(lite0, views, backend):
    """The base input of a photo at every place of a batch, beside other inputs, zeros, and NaN."""
    at, _, runs = lite0.prepare(Settings(backend=backend))
    states = [superficial(at, to_pixels(view), "contrast", "neutral") for view in views[:2]]
    mask = MaskedInput(sin_count(states[0].neurons, 0.5))
    rows = []
    for place, company in itertools.product(range(runs.batch), ("zero", "other", "nan")):
        for tensor in runs.inputs():
            tensor.fill_({"zero": 0.0, "other": 0.0, "nan": torch.nan}[company])
        if company == "other":
            apply_mask(states[-1], [mask] * runs.batch, runs.inputs())
        apply_mask(states[0], [mask], [tensor[place : place + 1] for tensor in runs.inputs()])
        rows.append(runs.run()[place].copy())
    assert np.isfinite(rows).all()
    assert all(np.array_equal(row, rows[0]) for row in rows)


def test_the_base_row_is_the_same_in_every_sweep(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    count = sin_count(state.neurons, 0.5)
    first = last(run_sweep(state, family, count, backend))
    second = last(run_sweep(state, family, count, backend, "global"))
    alone = last(run_sweep(state, family, count, backend, stop=stop_after(1)))
    assert not alone.complete
    assert np.array_equal(first.base, second.base)
    assert np.array_equal(first.base, alone.base)


# The cache.


def test_a_second_run_takes_no_pass(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    cache = LogitCache()
    for selection, count in (("per_window", 40), ("global", 3)):
        first = last(run_sweep(state, family, count, backend, selection, cache=cache, context="c"))
        again = last(run_sweep(state, family, count, backend, selection, cache=cache, context="c"))
        assert first.passes > 0
        assert again.passes == 0
        assert again.reused >= len(family)
        assert np.array_equal(first.logits, again.logits)
        assert np.array_equal(first.base, again.base)
        assert np.array_equal(first.full, again.full)
        if first.family_logits is not None:
            assert all(map(np.array_equal, first.family_logits, again.family_logits))


def test_a_small_cache_stays_small_and_changes_no_result(toy):
    inspector, layer = toy
    _, state, family, backend = made(inspector, layer, picture(SIZE, 1))
    small = LogitCache(limit=7 * 12)
    free = last(run_sweep(state, family, 40, backend))
    for _ in range(2):
        bound = last(run_sweep(state, family, 40, backend, cache=small, context="c"))
        assert small.bytes <= 7 * 12
        assert np.array_equal(free.logits, bound.logits)


VARIANTS = {
    "base": {},
    "fill": {"fill": "zero"},
    "importance": {"importance": "activation"},
    "selection": {"selection": "global"},
    "rate": {"top": 0.3},
    "layer": {"layer": "mid"},
    "pixels": {"layer": "input"},
    "backend": {"backend": "openvino"},
    "patch": {"patch": "6"},
    "window": {"window": 8},
    "stride": {"stride": 1},
}


def test_a_shared_cache_mixes_nothing_up():
    """Photos, networks and every knob, one after the other through one cache, each as with a cache of its own."""
    shared = LogitCache()
    networks = {
        "toy": Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=5.0),
        "other weights": Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=5.0, seed=1),
        "other operations": Toy(nn.Conv2d(3, 4, 3, padding=2, dilation=2), 4, gain=5.0),
        "other gain": Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=6.0),
    }
    for name, network in networks.items():
        ours = Inspector(classifier(network, SIZE), shared)
        own = Inspector(classifier(network, SIZE))
        for seed, knobs in itertools.product((1, 2), VARIANTS.values() if name == "toy" else ({},)):
            knobs = {"layer": "stem", "backend": "torch", "patch": "4", "top": 0.5} | knobs
            mixed = inspect(ours, picture(SIZE, seed), **knobs)
            own.forget()
            alone = inspect(own, picture(SIZE, seed), **knobs)
            assert np.array_equal(mixed.sweep.logits, alone.sweep.logits), (name, knobs)
            assert np.array_equal(mixed.sweep.base, alone.sweep.base)
            assert np.array_equal(mixed.sweep.full, alone.sweep.full)
            assert mixed.verdict.word == alone.verdict.word
            assert mixed.sweep.passes <= alone.sweep.passes


@pytest.mark.parametrize("name", ["fill", "importance", "layer", "pixels", "backend"])
def test_what_decides_a_row_takes_passes_of_its_own(name):
    inspector = Inspector(classifier(Toy(nn.Conv2d(3, 4, 3, padding=1), 4), SIZE))
    knobs = {"layer": "stem", "backend": "torch", "patch": "4", "top": 0.5}
    inspect(inspector, picture(SIZE, 1), **knobs)
    assert inspect(inspector, picture(SIZE, 1), **knobs).sweep.passes == 0
    assert inspect(inspector, picture(SIZE, 2), **knobs).sweep.passes > 0
    assert inspect(inspector, picture(SIZE, 1), **(knobs | VARIANTS[name])).sweep.passes > 0
    assert inspect(inspector, picture(SIZE, 1), **(knobs | {"rule": "hicert", "tau": 0.9})).sweep.passes == 0


# The dense family.


def resident() -> int:
    """Bytes of memory in use, or 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


def test_the_dense_family_runs_in_bounded_memory():
    """3,364 windows over 16 channels of 64 x 64: all masked inputs at once would take 880 MB."""
    network = Toy(nn.Conv2d(3, 16, 3, padding=1), 16)
    inspector = Inspector(classifier(network, 64))
    at, footprints, _ = inspector.prepare(Settings(layer="stem", backend="torch"))
    family = window_family(footprints, square_threat(4, 64), side=7, stride=1)
    assert len(family) == 58 * 58
    state = superficial(at, to_pixels(picture(64)), "contrast", "neutral")
    sweeps = run_sweep(state, family, sin_count(state.neurons, 0.5), TorchBackend(at), cache=LogitCache(2**16))
    next(sweeps)
    tracemalloc.start()
    before, most = resident(), 0
    for step, found in enumerate(sweeps):
        sweep = found
        if step % 20 == 0:
            most = max(most, resident())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sweep.complete
    assert peak < 20 * 2**20
    assert most - before < 100 * 2**20


def test_the_dense_family_on_the_embedded_model_can_be_stopped(lite0, views):
    """Every place of the smallest window: 9,216 windows; the first batches, and then no more."""
    settings = Settings(backend="torch", window=17, stride=1)
    stages = []
    for stage in lite0.inspect(views[0], settings, stop=stop_after(3)):
        stages.append(stage)
    final = stages[-1]
    assert len(final.family) == 96 * 96
    assert final.sweep.passes <= 3 * 4
    assert final.verdict.word == "undecided"
    assert not final.verdict.certificate.holds


def test_a_dense_family_that_needs_no_pass_can_still_be_stopped():
    """Where every row is known already, masks are still worked out for each window, and `stop` is to be asked."""
    inspector = Inspector(classifier(PixelSum([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], (0.0, 0.0)), 24))
    at, footprints, backend = inspector.prepare(Settings(layer="input", backend="torch"))
    family = window_family(footprints, square_threat(3, 24), side=4, stride=1)
    state = superficial(at, to_pixels(picture(24)), "contrast", "neutral")
    cache = LogitCache()
    first = last(run_sweep(state, family, 800, backend, cache=cache, context="c"))
    assert first.complete
    sweeps = list(run_sweep(state, family, 800, backend, cache=cache, context="c", stop=lambda: True))
    assert not sweeps[-1].complete, "441 windows were worked off after being told to stop"
