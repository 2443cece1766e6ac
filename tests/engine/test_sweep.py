"""The sweep: equal to a naive loop, batch by batch, stopped in time, cached by everything that matters."""

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sweeping import NETS, SIZE, Recording, last, made
from toys import (
    classifier,
    inspect,
    picture,
    slow_inputs,
    stop_after,
)

from engine.classifiers.cut import CutClassifier
from engine.pipeline import Inspector
from engine.selection import MaskedInput, apply_mask, prefix_count, prefix_thresholds, select
from engine.settings import Settings
from engine.superficial import Superficial, sin_count, superficial, to_pixels
from engine.sweep import FAMILY_LIMIT, run_sweep


@pytest.fixture(scope="module", params=NETS)
def toy(request) -> tuple[Inspector, str]:
    network, layer = NETS[request.param]
    return Inspector(classifier(network(), SIZE)), layer


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
