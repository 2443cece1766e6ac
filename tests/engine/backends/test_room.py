"""How many rows there is room for: what a graph holds at once, against what PyTorch allocates."""

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile
from toys import Skip, Toy, cut

from engine.backends.room import batch_within, row_bytes
from engine.classifiers.cut import CutClassifier


def peak(at: CutClassifier, rows: int) -> int:
    """Bytes at most alive beside the inputs, by the profiler's record of every allocation."""
    inputs = [torch.rand(rows, *shape) for shape in at.shapes]
    module = at.tail_module
    with torch.inference_mode():
        module(*inputs)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
            module(*inputs)
    live = most = 0
    for event in record.profiler.kineto_results.events():
        if event.name() == "[memory]":
            live += event.nbytes()
            most = max(most, live)
    return most


@pytest.mark.parametrize(
    ("network", "layer"),
    [
        (lambda: Toy(nn.Conv2d(3, 16, 3, padding=1), 16), "stem"),
        (lambda: Toy(nn.Conv2d(3, 8, 3, stride=2), 8), "input"),
        (lambda: Skip(stride=2), "mid"),
    ],
    ids=["first layer", "pixels", "two tensors"],
)
def test_what_a_row_takes_is_enough_and_not_far_too_much(network, layer) -> None:
    at = cut(network(), (48, 64), layer)
    inputs = sum(4 * torch.Size(shape).numel() for shape in at.shapes)
    counted = row_bytes(at.tail_module.graph, at.shapes)
    measured = (peak(at, 24) - peak(at, 8)) / 16 + inputs
    assert counted <= 1.1 * measured
    assert measured <= 4 * counted


def test_half_of_the_numbers_width_is_half_of_the_bytes() -> None:
    at = cut(Toy(nn.Conv2d(3, 4, 3), 4), 16, "stem")
    graph = at.tail_module.graph
    assert row_bytes(graph, at.shapes, 2) * 2 == row_bytes(graph, at.shapes)


@pytest.mark.parametrize(
    ("free", "row", "rows"), [(0, 10, 1), (79, 10, 1), (80, 10, 2), (319, 10, 4), (320, 10, 8), (10**9, 10, 128)]
)
def test_batches_are_powers_of_two_within_a_quarter_of_what_is_free(free: int, row: int, rows: int) -> None:
    assert batch_within(free, row) == rows
