"""Coarse to fine: the order of windows, and previews, which begin a full inspection and decide nothing."""

import dataclasses

import numpy as np
import pytest
from sweeping import NETS, SIZE, last, made
from toys import PixelSum, classifier, inspect, picture, pixel_footprints, square_threat, stop_after
from verdict_tables import RULES, A, logits, sweep_of

from engine.images import load_image
from engine.logit_cache import LogitCache
from engine.pipeline import Inspection, Inspector
from engine.report import inspection_report
from engine.settings import Settings
from engine.superficial import sin_count
from engine.sweep import run_sweep, sweep_order
from engine.verdict import judge
from engine.windows import WindowFamily, window_family

KNOBS = {"layer": "input", "backend": "torch", "patch": "4", "top": 0.5, "window": 5}


def family_of(down: int, across: int) -> WindowFamily:
    """A family of so many windows down and across."""
    family = window_family(pixel_footprints(40, 40), square_threat(2, 40), side=3)
    return dataclasses.replace(family, rows=family.rows[:down], columns=family.columns[:across])


def test_levels_by_hand():
    assert family_of(1, 6).level.tolist() == [0, 1, 0, 1, 0, 1]
    assert family_of(7, 1).level.tolist() == [2, 0, 2, 1, 2, 0, 2]
    assert family_of(4, 5).level.reshape(4, 5).tolist() == [
        [0, 1, 0, 1, 0],
        [1, 1, 1, 1, 1],
        [0, 1, 0, 1, 0],
        [1, 1, 1, 1, 1],
    ]


@pytest.mark.parametrize("down", range(1, 21))
def test_every_level_is_a_grid_with_even_steps_and_holds_the_coarser_ones(down: int):
    grid = family_of(down, 13).level.reshape(down, 13)
    assert not family_of(down, 13).level.flags.writeable
    for level in range(int(grid.max()) + 1):
        rows, columns = (np.flatnonzero((grid <= level).any(axis=axis)) for axis in (1, 0))
        assert ((grid <= level) == np.outer(np.isin(range(down), rows), np.isin(range(13), columns))).all()
        for axis, count in ((rows, down), (columns, 13)):
            steps = np.diff(axis)
            assert len(np.unique(steps)) <= 1
            if len(steps):  # as far from either end as the step lets it be
                assert max(axis[0], count - 1 - axis[-1]) < steps[0]
            if level == 0:
                assert 1 <= len(axis) <= 3


def test_within_a_level_the_windows_with_most_sins_come_first():
    family = family_of(6, 6)
    sins = np.random.default_rng(0).integers(0, 9, 36)
    order = sweep_order(family, sins)
    assert sorted(order.tolist()) == list(range(36))
    keys = [(int(family.level[window]), -int(sins[window]), window) for window in order.tolist()]
    assert keys == sorted(keys)


@pytest.mark.parametrize("kind", NETS)
@pytest.mark.parametrize("selection", ["per_window", "global"])
def test_a_coarse_sweep_is_what_the_full_one_begins_with(kind, selection):
    network, layer = NETS[kind]
    _, state, family, backend = made(Inspector(classifier(network(), SIZE)), layer, picture(SIZE, 1))
    count, cache = sin_count(state.neurons, 0.1), LogitCache()
    alone = last(run_sweep(state, family, count, backend, selection))
    coarse = last(run_sweep(state, family, count, backend, selection, cache=cache, context="c", coarse=True))
    assert np.array_equal(coarse.done, (family.level == 0) | coarse.skipped)
    assert np.array_equal(coarse.logits[coarse.done], alone.logits[coarse.done])
    assert coarse.family_logits is None
    full = last(run_sweep(state, family, count, backend, selection, cache=cache, context="c"))
    assert full.complete
    assert np.array_equal(full.logits, alone.logits)
    assert coarse.passes + full.passes == alone.passes


@pytest.mark.parametrize("rule", RULES)
def test_a_preview_decides_nothing_even_if_every_window_agrees(rule):
    sweep = sweep_of(logits(A, 0.99), [logits(A, 0.99)] * 4)
    assert judge(sweep, rule, 0.5).word == "certified"
    preview = judge(sweep, rule, 0.5, coarse=True)
    assert preview.word == "undecided"
    assert not preview.certificate.holds
    assert not preview.certificate.computed
    assert not preview.certificate.locations.any()
    assert preview.reason == (
        "A preview of 4 of 4 windows, of which 0 contradict the base prediction: it decides nothing."
    )


@pytest.fixture
def inspector() -> Inspector:
    return Inspector(classifier(PixelSum([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], (0.0, 0.0)), 16))


def previewed(inspector: Inspector, seed: int, stop=None) -> Inspection:
    *_, found = inspector.inspect(picture(16, seed), Settings(**KNOBS), stop, coarse=True)
    assert found.stage == "verdict"
    return found


def test_none_of_a_previews_passes_is_done_again(inspector):
    words = set()
    for seed in range(6):
        preview = previewed(inspector, seed)
        assert preview.verdict.word == "undecided"
        assert 0 < preview.sweep.passes < len(preview.family)
        full = inspect(inspector, picture(16, seed), **KNOBS)
        alone = inspect(Inspector(inspector.classifier), picture(16, seed), **KNOBS)
        assert preview.sweep.passes + full.sweep.passes == alone.sweep.passes
        assert np.array_equal(full.sweep.logits, alone.sweep.logits)
        assert full.verdict.word == alone.verdict.word
        words.add(full.verdict.word)
        known = previewed(inspector, seed)
        assert known.sweep.passes == 0
        assert known.verdict.word == "undecided", "nor does a preview of what is known"
        assert not known.verdict.certificate.locations.any()
    assert len(words) > 1


def test_a_stopped_preview_is_one_of_less(inspector):
    found = previewed(inspector, 0, stop_after(1))
    assert found.verdict.reason.startswith(
        f"A preview of {int(found.sweep.done.sum())} of {len(found.family)} windows"
    )
    nothing = previewed(inspector, 1, lambda: True)
    assert nothing.verdict.reason.startswith(f"A preview of 0 of {len(nothing.family)} windows")


def test_its_report_says_what_it_is(inspector):
    image, preview = load_image("sample:flower"), previewed(inspector, 0)
    report = inspection_report(preview, image)
    assert report["verdict"] == "undecided"
    assert report["complete"] is False
    assert report["certificate"]["computed"] is False
    assert report["image"]["notes"] == [*image.notes, preview.verdict.reason]
    whole = inspect(inspector, picture(16, 0), **KNOBS)
    assert inspection_report(whole, image)["image"]["notes"] == list(image.notes)
