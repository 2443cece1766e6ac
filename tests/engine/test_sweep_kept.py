"""What a sweep keeps: rows in a cache by everything that decides them, and never more memory than a batch."""

import itertools
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sweeping import NETS, SIZE, last, made
from torch import nn
from toys import (
    PixelSum,
    Toy,
    classifier,
    inspect,
    picture,
    square_threat,
    stop_after,
)

from engine.backends import TorchBackend
from engine.logit_cache import LogitCache
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.superficial import sin_count, superficial, to_pixels
from engine.sweep import run_sweep
from engine.windows import window_family


@pytest.fixture(scope="module", params=NETS)
def toy(request) -> tuple[Inspector, str]:
    network, layer = NETS[request.param]
    return Inspector(classifier(network(), SIZE)), layer


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
    """1,764 windows over 16 channels of 48 x 48: all masked inputs at once would take 260 MB."""
    network = Toy(nn.Conv2d(3, 16, 3, padding=1), 16)
    inspector = Inspector(classifier(network, 48))
    at, footprints, _ = inspector.prepare(Settings(layer="stem", backend="torch"))
    family = window_family(footprints, square_threat(4, 48), side=7, stride=1)
    assert len(family) == 42 * 42
    state = superficial(at, to_pixels(picture(48)), "contrast", "neutral")
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
    assert most - before < 60 * 2**20


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
