"""Superficial importance, ranking and SIN counts, against numbers worked out by hand and Python's own sort."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from toys import PixelSum, Skip, Toy, cut, order_of, picture

from engine.settings import Settings
from engine.superficial import Superficial, ranked, sin_count, superficial, to_pixels

UNIT = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def at_pixels(size: int = 2):
    """A classifier cut at its pixels: what crosses is the photo itself, and the neutral response is 0.5."""
    return cut(PixelSum(UNIT, (0.0, 0.0)), size, "input")


# A 2 x 2 photo. Contrast is |pixel - 0.5|, activation the pixel itself.
PIXELS = torch.tensor([[[[0.5, 1.0], [0.0, 0.75]], [[0.25, 0.5], [0.5, 0.5]], [[0.5, 0.875], [0.5, 0.125]]]])


def test_contrast_by_hand():
    state = superficial(at_pixels(), PIXELS, "contrast", "neutral")
    assert state.heatmap.tolist() == [[0.25, 0.875], [0.5, 0.625]]
    # 0.5: neurons 1 and 2; 0.375: 9 and 11; 0.25: 3 and 4; 0: the rest, by index.
    assert state.rank.flatten().tolist() == [6, 0, 1, 4, 5, 7, 8, 9, 10, 2, 11, 3]
    assert state.neurons == 12
    assert torch.equal(state.crossing[0], PIXELS)
    assert torch.equal(state.fill[0], torch.full((1, 3, 2, 2), 0.5))


def test_activation_by_hand():
    state = superficial(at_pixels(), PIXELS, "activation", "zero")
    assert state.heatmap.tolist() == [[1.25, 2.375], [1.0, 1.375]]
    # 1.0: 1; 0.875: 9; 0.75: 3; 0.5: 0, 5, 6, 7, 8, 10; 0.25: 4; 0.125: 11; 0: 2.
    assert state.rank.flatten().tolist() == [3, 0, 11, 2, 9, 4, 5, 6, 7, 1, 8, 10]
    assert torch.equal(state.fill[0], torch.zeros(1, 3, 2, 2))


def test_neurons_of_the_top_by_cell():
    state = superficial(at_pixels(), PIXELS, "contrast", "neutral")
    assert state.density(4).tolist() == [[0, 2], [1, 1]]
    assert state.density(12).tolist() == [[3, 3], [3, 3]]
    assert state.density(12).sum() == 12
    positions = state.positions(4)
    assert sorted(map(tuple, positions.tolist())) == [(0, 1), (0, 1), (1, 0), (1, 1)]
    assert len(state.positions(12)) == 12


def test_activation_equals_contrast_where_the_neutral_response_is_zero():
    """A stem without bias behind a ReLU answers 0 to mid-grey (the mean here): the paper's setting."""
    stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.ReLU())
    at = cut(Toy(stem, 4), 8)
    assert torch.equal(at.head(torch.full((1, 3, 8, 8), 0.5))[0], torch.zeros(1, 4, 8, 8))
    pixels = to_pixels(picture(8))
    one, other = (superficial(at, pixels, importance, "neutral") for importance in ("contrast", "activation"))
    assert torch.equal(one.rank, other.rank)
    assert np.array_equal(one.heatmap, other.heatmap)


def test_fill_is_the_neutral_response_in_every_crossing_tensor():
    at = cut(Skip(stride=2), 8, "mid")
    state = superficial(at, to_pixels(picture(8)), "contrast", "neutral")
    grey = at.head(torch.full((1, 3, 8, 8), 0.5))
    assert len(state.fill) == 2
    assert all(map(torch.equal, state.fill, grey))
    zero = superficial(at, to_pixels(picture(8)), "contrast", "zero")
    assert all(not tensor.any() for tensor in zero.fill)
    assert torch.equal(zero.rank, state.rank)


def test_pixels_are_clipped_to_the_valid_range():
    wild = torch.tensor([[[[2.0, -1.0], [0.3, 1.5]]]]).expand(1, 3, 2, 2)
    one = superficial(at_pixels(), wild, "contrast", "neutral")
    other = superficial(at_pixels(), wild.clamp(0, 1), "contrast", "neutral")
    assert torch.equal(one.crossing[0], other.crossing[0])
    assert torch.equal(one.rank, other.rank)


class Steps(nn.Module):
    """Few different activations, so that most ranks are ties."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return (self.conv(x) * 2).round() / 2


def importance_of(state: Superficial, fill: Tensor) -> np.ndarray:
    return (state.crossing[0][0] - fill[0]).abs().numpy()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stem", [Steps, lambda: nn.Conv2d(3, 4, 3, padding=1)])
def test_ranks_are_those_of_a_slow_sort_ties_by_flat_index(stem, seed):
    at = cut(Toy(stem(), 4), 10)
    state = superficial(at, to_pixels(picture(10, seed)), "contrast", "neutral")
    order = order_of(importance_of(state, state.fill[0]))
    assert torch.argsort(state.rank.flatten()).tolist() == order
    assert torch.equal(torch.sort(state.rank.flatten()).values, torch.arange(state.neurons, dtype=torch.int32))
    if stem is Steps:
        values = importance_of(state, state.fill[0]).ravel()
        assert len(np.unique(values)) < 40


class Wild(nn.Module):
    """Answers some photos with NaN and infinity: the logarithm of a negative number, and a division by zero."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([torch.log(x), 1 / (x - 1).relu(), x], dim=1)


class WildNet(Toy):
    def __init__(self) -> None:
        super().__init__(Wild(), 9)

    def forward(self, x):
        return super().forward(x).nan_to_num(0.0, 0.0, 0.0)


def test_nan_ranks_above_infinity_above_numbers():
    at = cut(WildNet(), 6)
    pixels = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    pixels[0, 0, 2, 3], pixels[0, 1, 4, 4] = 0.1, 0.5
    state = superficial(at, pixels, "activation", "zero")
    values = state.crossing[0][0].abs().numpy()
    assert np.isnan(values).any()
    assert np.isinf(values).any()
    assert torch.argsort(state.rank.flatten()).tolist() == order_of(values)
    for count in (1, 5, 100, state.neurons):
        assert len(state.positions(count)) == int(state.density(count).sum()) == count


def test_the_embedded_model_on_a_real_photo(lite0, views):
    at, _, _ = lite0.prepare(Settings(backend="torch"))
    state = superficial(at, to_pixels(views[0]), "contrast", "neutral")
    assert tuple(state.rank.shape) == at.shapes[0] == (32, 112, 112)
    importance = importance_of(state, state.fill[0])
    wanted = np.lexsort((np.arange(importance.size), -importance.ravel().astype(np.float64)))
    assert np.array_equal(torch.argsort(state.rank.flatten()).numpy(), wanted)
    assert state.heatmap == pytest.approx(importance.sum(axis=0), rel=1e-5)
    again = superficial(at, to_pixels(views[0]), "contrast", "neutral")
    assert torch.equal(state.rank, again.rank)


def test_results_are_read_only():
    state = superficial(at_pixels(), PIXELS, "contrast", "neutral")
    for array in (state.heatmap, state.density(3), state.positions(3)):
        assert not array.flags.writeable


@pytest.mark.parametrize(
    ("neurons", "rate", "count"),
    [
        (12, 1.0, 12),
        (12, 0.5, 6),
        (12, 1e-9, 1),
        (401408, 0.5, 200704),
        (401408, 0.2, 80282),
        (10, 0.34, 3),
        (1, 0.1, 1),
    ],
)
def test_the_number_of_sins(neurons, rate, count):
    assert sin_count(neurons, rate) == count


@given(st.integers(1, 10**6), st.floats(0, 1, exclude_min=True))
def test_the_number_of_sins_is_between_one_and_all(neurons, rate):
    count = sin_count(neurons, rate)
    assert 1 <= count <= neurons
    assert abs(count - rate * neurons) <= 0.5 or count == 1


def test_a_photo_of_bytes_as_pixels():
    view = picture((4, 6))
    pixels = to_pixels(view)
    assert pixels.shape == (1, 3, 4, 6)
    assert pixels.dtype == torch.float32
    for row, column, channel in ((0, 0, 0), (3, 5, 2), (2, 1, 1)):
        assert pixels[0, channel, row, column] == np.float32(view[row, column, channel]) / np.float32(255)


@pytest.mark.parametrize("seed", range(20))
def test_the_ranking_is_that_of_a_stable_sort(seed):
    """Extremes, ties, NaN of every sign and payload, 0 and -0: torch's own stable sort, in single and double."""
    draw = np.random.default_rng(seed)
    extremes = np.array([0.0, -0.0, 1e-45, -1e-45, np.inf, -np.inf, 3.4e38, 1.0, -1.0, np.nan, 2.0], np.float32)
    values = draw.choice(extremes, (2, 5, 7))
    values.view(np.uint32)[draw.random(values.shape) < 0.1] = np.uint32(0xFFC00123)  # another NaN
    found = ranked(torch.from_numpy(values))
    wanted = ranked(torch.from_numpy(values.astype(np.float64)))  # by torch.sort
    assert torch.equal(found[0], wanted[0])
    assert np.array_equal(found[1].numpy(), wanted[1].numpy().astype(np.float32), equal_nan=True)
