"""Inputs that are equal bit by bit share a pass, whatever thresholds and windows they come from."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from toys import PixelSum, Toy, classifier, inspect, picture

from engine.pipeline import Inspector
from engine.selection import MaskedInput, apply_mask, select
from engine.settings import Settings
from engine.superficial import Superficial, superficial, to_pixels
from engine.threat import PatchThreat


def inputs(state: Superficial, mask: MaskedInput) -> torch.Tensor:
    """What the tail gets, as bits."""
    out = [torch.zeros_like(tensor) for tensor in state.crossing]
    apply_mask(state, [mask], out)
    return torch.cat([tensor.flatten().view(torch.int32) for tensor in out])


@pytest.mark.parametrize(
    ("importance", "fill"), list(itertools.product(("activation", "contrast"), ("zero", "neutral")))
)
def test_above_the_distinct_ranks_every_threshold_gives_the_same_bits(importance: str, fill: str):
    inspector = Inspector(classifier(Toy(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()), 4), 12))
    cut, _, _ = inspector.prepare(Settings(layer="stem", backend="torch"))
    family = inspector.family(PatchThreat.parse("4", (12, 12)), Settings(layer="stem"))
    state = superficial(cut, to_pixels(picture(12, 3)), importance, fill)
    if (importance, fill) in (("activation", "zero"), ("contrast", "neutral")):
        assert 0 < state.distinct < state.neurons
    for window in (None, family[0], family[len(family) - 1]):
        whole = inputs(state, MaskedInput(state.neurons, window))
        assert torch.equal(inputs(state, MaskedInput(state.distinct, window)), whole)
    assert not torch.equal(inputs(state, MaskedInput(state.distinct - 1)), inputs(state, MaskedInput(state.neurons)))


def test_zeros_of_either_sign_and_nan_are_told_apart_by_their_bits():
    fill = torch.tensor([[[0.0, 0.0, torch.nan, 1.0]]])
    value = torch.tensor([[[0.0, -0.0, torch.nan, 1.0]]])
    rank = torch.tensor([[[1, 3, 0, 2]]], dtype=torch.int32)
    nothing = np.zeros(0, np.float32)
    assert Superficial((value[None],), (fill[None],), value, rank, nothing, nothing).distinct == 4
    assert Superficial((fill[None],), (fill[None],), value, rank, nothing, nothing).distinct == 0


def test_rates_that_keep_the_same_neurons_take_no_pass_of_their_own():
    network = Toy(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()), 4, gain=5.0)
    knobs = {"layer": "stem", "backend": "torch", "patch": "4", "importance": "activation", "fill": "zero"}
    shared, view = Inspector(classifier(network, 12)), picture(12, 3)
    first = inspect(shared, view, top=1.0, **knobs)
    assert np.array_equal(first.sweep.base, first.sweep.full)
    near = inspect(shared, view, top=0.99, **knobs)
    assert near.count < first.count
    assert near.sweep.passes == 0
    alone = inspect(Inspector(classifier(network, 12)), view, top=0.99, **knobs)
    for one in (near, first):
        assert np.array_equal(one.sweep.logits, alone.sweep.logits)
        assert np.array_equal(one.sweep.base, alone.sweep.base)
    assert near.verdict.word == alone.verdict.word


def test_a_window_over_pruned_values_alone_takes_the_base_prediction():
    """Black pixels are their own zero fill: SINs in them are in name only."""
    view = np.zeros((12, 12, 3), dtype=np.uint8)
    view[8:, 8:] = 200
    inspector = Inspector(classifier(PixelSum([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], (0.0, 0.5)), 12))
    knobs = {
        "layer": "input",
        "backend": "torch",
        "patch": "3",
        "importance": "activation",
        "fill": "zero",
        "top": 1.0,
    }
    found = inspect(inspector, view, **knobs)
    sweep, family = found.sweep, found.family
    assert not sweep.skipped.any()
    black = [index for index in range(len(family)) if not touches(family[index])]
    assert black
    assert all(np.array_equal(sweep.logits[index], sweep.base) for index in black)
    assert sweep.passes == 1 + len(family) - len(black), "base and full are one input too"
    state = found.superficial
    for index in black:
        assert torch.equal(
            inputs(state, select(state, family[index], found.count, "per_window")),
            inputs(state, MaskedInput(found.count)),
        )


def touches(window) -> bool:
    rows, columns = window
    return rows.cells[0][1] > 8 and columns.cells[0][1] > 8
