"""Footprints: equal to what brute force finds, never smaller, refused where they cannot be known, kept on disk."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn
from toys import ChannelsLast, Skip, Toy, conv_axis, conv_cells, cut

from engine.classifiers import footprint
from engine.classifiers.cut import CutClassifier
from engine.classifiers.footprint import AxisFootprint, Footprints, load_footprints, probe_footprints, reach
from engine.errors import LayerError


class AsymmetricPad(nn.Module):
    """Pads left, right, top and bottom differently, as TensorFlow's "same" padding does."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 2, 0)))


STEMS: dict[str, Callable[[], nn.Module]] = {
    "3x3": lambda: nn.Conv2d(3, 4, 3, padding=1),
    "1x1": lambda: nn.Conv2d(3, 4, 1),
    "strided": lambda: nn.Conv2d(3, 4, 3, stride=2, padding=1),
    "patches": lambda: nn.Conv2d(3, 4, 3, stride=3),
    "gaps": lambda: nn.Conv2d(3, 4, 2, stride=3),
    "dilated": lambda: nn.Conv2d(3, 4, 3, padding=2, dilation=2),
    "oblong": lambda: nn.Conv2d(3, 4, (1, 5), stride=(2, 1), padding=(0, 2)),
    "asymmetric padding": AsymmetricPad,
    "reflected": lambda: nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),
    "max pool": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(3, 2, 1)),
    "mean pool": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.AvgPool2d(2)),
    "grouped": lambda: nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU6(), nn.Conv2d(6, 4, 3, groups=2, stride=2)),
    "batch norm": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Hardswish()),
    "upsampled": lambda: nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.Upsample(scale_factor=2)),
    "transposed": lambda: nn.ConvTranspose2d(3, 4, 3, stride=2),
}
SIZE = (9, 12)


def moved_cells(
    at: CutClassifier, boxes: list[tuple[int, int, int, int]], trials: int = 6
) -> list[NDArray[np.bool_]]:
    """For each crossing tensor ``(boxes, H, W)``: cells that move when pixels in a box change.

    Pixels are drawn far outside [0, 1], so that a maximum changes hands and no activation stays flat.
    """
    draw = torch.Generator().manual_seed(0)
    found = [np.zeros((len(boxes), *shape[1:]), dtype=bool) for shape in at.shapes]
    for _ in range(trials):
        pixels = torch.randn(1, 3, *at.input_size, generator=draw) * 2
        changed = pixels.repeat(len(boxes), 1, 1, 1)
        for row, (top, left, bottom, right) in zip(changed, boxes, strict=True):
            spot = row[:, top:bottom, left:right]
            spot.copy_(torch.randn(spot.shape, generator=draw) * 10)
        for moved, before, after in zip(found, at.head(pixels), at.head(changed), strict=True):
            moved |= ((before - after).abs() > 1e-4).any(dim=1).numpy()
    return found


def hull(reached: NDArray[np.bool_]) -> tuple[int, int]:
    """First cell and end of the reached ones; (0, 0) if there is none."""
    cells = np.flatnonzero(reached)
    return (int(cells[0]), int(cells[-1]) + 1) if len(cells) else (0, 0)


def assert_equals_brute_force(at: CutClassifier, footprints: Footprints) -> None:
    """Line by line: the footprint's first and last cell are those that move."""
    height, width = at.input_size
    rows = moved_cells(at, [(line, 0, line + 1, width) for line in range(height)])
    columns = moved_cells(at, [(0, line, height, line + 1) for line in range(width)])
    for index in range(len(at.shapes)):
        for axes, moved, across in ((footprints.rows, rows, 2), (footprints.columns, columns, 1)):
            along = moved[index].any(axis=across)
            assert along.shape[1] == axes[index].cells
            ends = [(int(first), int(last)) for first, last in zip(axes[index].first, axes[index].last, strict=True)]
            assert [(0, 0) if first == last else (first, last) for first, last in ends] == list(map(hull, along))


@pytest.mark.parametrize("name", STEMS)
def test_equals_brute_force(name):
    at = cut(Toy(STEMS[name](), 4), SIZE)
    assert_equals_brute_force(at, probe_footprints(at))


@pytest.mark.parametrize("stride", [1, 2])
def test_equals_brute_force_in_both_crossing_tensors(stride):
    at = cut(Skip(stride=stride), (10, 12), "mid")
    footprints = probe_footprints(at)
    assert len(footprints.rows) == len(footprints.columns) == 2
    assert_equals_brute_force(at, footprints)


def test_equals_brute_force_channels_last():
    at = cut(ChannelsLast(), (8, 12), "act")
    assert_equals_brute_force(at, probe_footprints(at))


@pytest.mark.parametrize("name", ["strided", "gaps", "dilated", "asymmetric padding", "max pool", "transposed"])
@pytest.mark.parametrize("patch", [(1, 1), (2, 3), (5, 4)])
def test_holds_every_cell_that_a_patch_moves_at_every_place(name, patch):
    at = cut(Toy(STEMS[name](), 4), SIZE)
    footprints = probe_footprints(at)
    high, wide = patch
    boxes = [
        (top, left, top + high, left + wide)
        for top in range(SIZE[0] - high + 1)
        for left in range(SIZE[1] - wide + 1)
    ]
    (moved,) = moved_cells(at, boxes, trials=2)
    for cells, (top, left, bottom, right) in zip(moved, boxes, strict=True):
        inside = np.zeros_like(cells)
        rows, columns = footprints.rows[0].strip(top, bottom), footprints.columns[0].strip(left, right)
        inside[slice(*rows), slice(*columns)] = True
        assert not (cells & ~inside).any()
        pixels = torch.full((1, 3, *SIZE), 0.5)
        pixels[:, :, top:bottom, left:right] = torch.nan
        (exact,) = reach(at, pixels)
        assert not (cells & ~exact.numpy()).any()
        assert not (exact.numpy() & ~inside).any()


@settings(max_examples=12, phases=[Phase.explicit, Phase.generate])  # an export each: shrinking would take minutes
@given(
    st.tuples(st.integers(7, 14), st.integers(7, 14)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.integers(1, 2), st.integers(1, 2)),
)
def test_equals_the_definition_of_a_convolution(size, kernel, stride, padding, dilation):
    wanted = [conv_axis(size[axis], kernel[axis], stride[axis], padding[axis], dilation[axis]) for axis in (0, 1)]
    assume(min(axis.cells for axis in wanted) > 1)
    # Layouts where a middle line or a border cell has nothing to read: test_cut.
    assume(all(axis.first[lines // 2] < axis.last[lines // 2] for axis, lines in zip(wanted, size, strict=True)))
    assume(all(reached(axis) == set(range(axis.cells)) for axis in wanted))
    at = cut(Toy(nn.Conv2d(3, 2, kernel, stride, padding, dilation), 2), size)
    found = probe_footprints(at)
    for (probed,), defined in zip((found.rows, found.columns), wanted, strict=True):
        assert probed.cells == defined.cells
        some = defined.first < defined.last
        assert np.array_equal(probed.first < probed.last, some)
        assert np.array_equal(probed.first[some], defined.first[some])
        assert np.array_equal(probed.last[some], defined.last[some])


def reached(axis: AxisFootprint) -> set[int]:
    return {cell for first, last in zip(axis.first, axis.last, strict=True) for cell in range(first, last)}


def test_a_strip_is_the_hull_of_its_lines():
    axis = conv_axis(12, 2, 3)  # cells at lines 0-1, 3-4, 6-7, 9-10; lines 2, 5, 8 and 11 reach none
    assert axis.cells == 4
    assert axis.strip(0, 1) == (0, 1)
    assert axis.strip(1, 4) == (0, 2)
    assert axis.strip(2, 3) == (0, 0)
    assert axis.strip(2, 6) == (1, 2)
    assert axis.strip(0, 12) == (0, 4)
    assert axis.strip(11, 12) == (0, 0)
    for start in range(12):
        for stop in range(start + 1, 13):
            cells = {cell for line in range(start, stop) for cell in conv_cells(line, 12, 2, 3)}
            assert axis.strip(start, stop) == ((min(cells), max(cells) + 1) if cells else (0, 0))


@pytest.mark.parametrize("conv", [(2, 3, 0, 1), (3, 1, 1, 1), (1, 3, 0, 1), (3, 2, 0, 2)])
def test_strips_are_the_strip_of_each_place(conv):
    axis = conv_axis(12, *conv)
    for length in range(1, 13):
        places = [list(axis.strip(place, place + length)) for place in range(12 - length + 1)]
        assert axis.strips(length).tolist() == places


def test_centres_are_the_middle_of_the_lines_that_reach_a_cell():
    assert conv_axis(6, 1).centres().tolist() == [0, 1, 2, 3, 4, 5]
    assert conv_axis(6, 2, 2).centres().tolist() == [0.5, 2.5, 4.5]
    # At the border fewer lines reach: lines 0-1, then 0-2, ...
    assert conv_axis(4, 3, 1, 1).centres().tolist() == [0.5, 1.0, 2.0, 2.5]


def test_centres_of_cells_that_no_line_reaches_lie_between_their_neighbours():
    axis = AxisFootprint(np.array([0, 3]), np.array([1, 4]), 4)
    assert axis.centres() == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])


# What cannot be probed has to be refused.


class Squeezed(nn.Module):
    """Squeeze-excitation: every cell is scaled by the mean of the whole image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.gate = nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x * self.gate(x.mean((2, 3), keepdim=True)).sigmoid()


class Attention(nn.Module):
    """Every cell looks at every other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 2, stride=2)
        self.attention = nn.MultiheadAttention(4, 1, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        tokens = x.flatten(2).transpose(1, 2)
        return self.attention(tokens, tokens, tokens, need_weights=False)[0].transpose(1, 2).unflatten(2, x.shape[2:])


@pytest.mark.parametrize(
    "stem", [Squeezed, Attention, lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.InstanceNorm2d(4))]
)
def test_a_layer_that_sees_the_whole_image_is_refused(stem):
    at = cut(Toy(stem(), 4), (8, 8))
    with pytest.raises(LayerError) as caught:
        probe_footprints(at)
    assert "whole image" in str(caught.value)
    assert "earlier layer" in str(caught.value)
    assert "\n" not in str(caught.value)


class Beside(nn.Module):
    """A 3 x 3 convolution, and beside it ``far``: something that looks elsewhere and may swallow NaN."""

    def __init__(self, far: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.far = far
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x) + self.far(x))


def shifted(x: Tensor, by: int = 4) -> Tensor:
    return F.pad(x, (by, 0))[..., : x.shape[3]]


SWALLOWING: dict[str, Callable[[Tensor], Tensor]] = {
    "where": lambda x: shifted(torch.where(x[:, :1] > 0, x[:, :1], 0.0)),
    "where, vertical": lambda x: torch.where(x[:, :1] > 0, x[:, :1], 0.0).roll(3, 2),
    "sign": lambda x: shifted(x[:, :1].sign()),
    "argmax": lambda x: shifted(x.argmax(1, keepdim=True).float()),
    "comparison": lambda x: shifted((x[:, :1] > x[:, 1:2]).float()),
    "nan_to_num": lambda x: shifted(torch.nan_to_num(x[:, :1])),
    "fmax": lambda x: torch.fmax(x[:, :1], shifted(x[:, :1])),
    "masked": lambda x: shifted(x[:, :1].masked_fill(~(x[:, :1] > 0.2), 0.0)),
}


@pytest.mark.parametrize("size", [12, 24, 64])
@pytest.mark.parametrize("name", SWALLOWING)
def test_an_operation_that_swallows_nan_is_caught(name, size):
    at = cut(Toy(Beside(SWALLOWING[name]), 4), size)
    with pytest.raises(LayerError) as caught:
        probe_footprints(at)
    assert "\n" not in str(caught.value)


RARE: dict[str, Callable[[Tensor], Tensor]] = {
    # Only a saturated red pixel with no green is seen, four cells away.
    "rare colour": lambda x: shifted(((x[:, :1] > 0.99) & (x[:, 1:2] < -0.99)).float()) * 50,
    # Mid-grey never takes the far branch.
    "bright only": lambda x: torch.where(x[:, :1] > 0.98, shifted(x[:, 1:2]), x[:, 1:2]),
    # 1 for a pixel of full red without green, else 0: a cast to whole numbers loses NaN.
    "whole numbers": lambda x: shifted(x[:, :1].long().relu().float() * (-x[:, 1:2]).long().relu().float()),
    "whole numbers, by a sum": lambda x: shifted(
        x[:, :1].sum(1, keepdim=True, dtype=torch.int64).relu().float()
        * (-x[:, 1:2]).sum(1, keepdim=True, dtype=torch.int64).relu().float()
    ),
    # Which of two pixels is the brighter, not how bright.
    "indices": lambda x: shifted(
        F.pad(F.max_pool2d((x[:, :1] - 0.999).relu(), 2, 1, return_indices=True)[1].float(), (0, 1, 0, 1))
    ),
    # How many channels are not 0.
    "norm of order 0": lambda x: shifted(torch.linalg.vector_norm((x - 0.999).relu(), 0, 1, keepdim=True)),
    # Where a cell looks depends on what it sees.
    "aimed": lambda x: torch.gather(x[:, :1], 3, (x[:, 1:2] > 0.99).long() * (x.shape[3] - 1)),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", RARE)
def test_what_swallows_nan_is_caught_even_if_pixels_seldom_show_it(name, seed):
    """The check with pixel values draws a few rectangles; a proof cannot rest on their luck."""
    at = cut(Toy(Beside(RARE[name]), 4), 24)
    with pytest.raises(LayerError):
        probe_footprints(at, seed)


@pytest.mark.parametrize(
    "activation",
    [
        nn.ReLU,
        nn.ReLU6,
        nn.SiLU,
        nn.GELU,
        nn.Hardswish,
        nn.Hardsigmoid,
        nn.LeakyReLU,
        nn.ELU,
        nn.Mish,
        nn.PReLU,
        nn.Tanh,
    ],
)
def test_usual_activations_are_not_refused(activation):
    at = cut(Toy(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), activation()), 4), 12)
    (rows,) = probe_footprints(at).rows
    assert rows.strip(5, 6) == (4, 7)


# Kept on disk.


def stored_files(folder: Path) -> list[Path]:
    return sorted((folder / "footprints").glob("*"))


def equal(one: Footprints, other: Footprints) -> bool:
    return all(
        np.array_equal(a.first, b.first) and np.array_equal(a.last, b.last) and a.cells == b.cells
        for axes, others in ((one.rows, other.rows), (one.columns, other.columns))
        for a, b in zip(axes, others, strict=True)
    )


def no_probe(*_: object) -> Footprints:
    raise AssertionError("probed again")


def test_round_trip_through_the_cache(fresh_cache, monkeypatch):
    at = cut(Skip(stride=2), (10, 12), "mid")
    probed = load_footprints(at)
    assert equal(probed, probe_footprints(at))
    assert len(stored_files(fresh_cache)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(footprint, "probe_footprints", no_probe)
        loaded = load_footprints(cut(Skip(stride=2), (10, 12), "mid"))
    assert equal(loaded, probed)
    assert not any(axis.first.flags.writeable for axis in (*probed.rows, *loaded.rows, *loaded.columns))


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"hello",
    "cut short": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "zip start only": lambda content: content[:40],
    "a flipped byte": lambda content: content[:200] + bytes([content[200] ^ 255]) + content[201:],
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_cache_file_is_made_again(name, fresh_cache, monkeypatch):
    at = cut(Toy(nn.Conv2d(3, 4, 3), 4), 10)
    probed = load_footprints(at)
    (path,) = stored_files(fresh_cache)
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[name](whole))
    assert equal(load_footprints(at), probed)
    with monkeypatch.context() as patch:
        patch.setattr(footprint, "probe_footprints", no_probe)
        assert equal(load_footprints(at), probed)
    assert path.read_bytes() == whole


def test_networks_that_share_their_weights_do_not_share_footprints(fresh_cache):
    """A wider reach with the same weights, names and shapes would otherwise inherit the narrow footprint."""
    narrow = load_footprints(cut(Toy(nn.Conv2d(3, 4, 3, padding=1), 4), 12))
    wide = load_footprints(cut(Toy(nn.Conv2d(3, 4, 3, padding=3, dilation=3), 4), 12))
    assert narrow.rows[0].strip(5, 6) == (4, 7)
    assert wide.rows[0].strip(5, 6) == (2, 9)
    assert len(stored_files(fresh_cache)) == 2


def test_without_a_cache_folder_it_probes(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SINSCOPE_CACHE", str(blocked))
    at = cut(Toy(nn.Conv2d(3, 4, 3), 4), 10)
    assert equal(load_footprints(at), probe_footprints(at))
