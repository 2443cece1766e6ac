"""What a mask changes, recomputed alone: regions by brute force, and every answer against the plain computation."""

import itertools
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recomputed import Residual, aten, boxed, chain, greedy_plan, noise, plainly, prefix_of, swept
from torch import Tensor
from toys import conv_cells, conv_extent, cut

from engine.classifiers.cut import CutClassifier
from engine.defenses.incremental.choice import boxes_of
from engine.defenses.incremental.plan import Boxes, make_plan
from engine.defenses.incremental.regions import AxisRegion, Reach, hidden_region, joined, reached
from engine.defenses.incremental.sweep import IncrementalSweep
from engine.defenses.masked_forward import Mask

HEIGHT, WIDTH = 19, 16


def weights(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("kernel", "stride"), list(itertools.product((1, 2, 3, 5), (1, 2, 3))))
def test_regions_are_what_a_box_changes(kernel: int, stride: int) -> None:
    """Along one axis, for every place of every box: the cells that read one of its pixels, from the definition."""
    lines = 13
    for padding, dilation, side in itertools.product((0, 1, 2), (1, 2), (1, 2, 4, lines)):
        reach = Reach(kernel, stride, padding, dilation)
        cells = conv_extent(lines, kernel, stride, padding, dilation)
        read_by = [conv_cells(line, lines, kernel, stride, padding, dilation) for line in range(lines)]
        region = reached(hidden_region(lines, side), reach, cells)
        for place in range(lines - side + 1):
            changed = sorted({cell for line in range(place, place + side) for cell in read_by[line]})
            start, stop = int(region.starts[place]), int(region.starts[place]) + region.size
            assert 0 <= start < stop <= cells
            assert all(start <= cell < stop for cell in changed)
            if changed and (dilation == 1 or kernel == 1):
                assert (region.first[place], region.last[place]) == (changed[0], changed[-1] + 1)


def test_regions_join_to_what_any_changes() -> None:
    one = AxisRegion(np.array([0, 3, 7]), np.array([2, 5, 7]), 9)
    other = AxisRegion(np.array([1, 1, 8]), np.array([4, 1, 9]), 9)
    both = joined([one, other])
    assert (both.first.tolist(), both.last.tolist(), both.size) == ([0, 3, 8], [4, 5, 9], 4)
    assert both.starts.tolist() == [0, 3, 5]
    nothing = joined([AxisRegion(np.array([4]), np.array([4]), 9)] * 2)
    assert (nothing.size, nothing.starts.tolist()) == (1, [4])


NORM = (weights(4, seed=2), weights(4, seed=3), weights(4, seed=4), weights(4, seed=5).abs() + 0.5)
OPERATORS = {
    "conv": [(aten.conv2d.default, weights(6, 4, 3, 3), weights(6), [1, 1], [1, 1])],
    "no padding": [(aten.conv2d.default, weights(6, 4, 3, 3))],
    "wide padding": [(aten.conv2d.default, weights(6, 4, 3, 3), None, [1, 1], [3, 2])],
    "strided": [(aten.conv2d.default, weights(6, 4, 3, 5), weights(6), [2, 3], [1, 2])],
    "strides pass over": [(aten.conv2d.default, weights(6, 4, 1, 1), weights(6), [2, 2])],
    "dilated": [(aten.conv2d.default, weights(6, 4, 3, 3), None, [1, 2], [2, 1], [2, 3])],
    "depthwise": [(aten.conv2d.default, weights(8, 1, 5, 5), None, [2, 2], [2, 2], [1, 1], 4)],
    "max": [(aten.max_pool2d.default, [3, 3], [2, 2], [1, 1])],
    "max, ceil": [(aten.max_pool2d.default, [2, 3], [], [0, 1], [1, 1], True)],
    "max of negatives": [(aten.sub.Tensor, 5.0), (aten.max_pool2d.default, [3, 3], [1, 1], [1, 1])],
    "avg": [(aten.avg_pool2d.default, [3, 2], [2, 2], [1, 1])],
    "avg, own divisor": [(aten.avg_pool2d.default, [2, 2], [2, 2], [0, 0], False, True, 3)],
    "norm": [(aten.batch_norm.default, *NORM, False, 0.1, 1e-5, True)],
    "colours": [(aten.sub.Tensor, weights(1, 4, 1, 1)), (aten.div.Tensor, weights(4, 1, 1).abs() + 1)],
    "activations": [
        *((aten.relu.default,), (aten.hardtanh.default, 0.0, 0.6), (aten.silu.default,), (aten.hardswish.default,)),
        *((aten.gelu.default,), (aten.dropout.default, 0.2, False), (aten.leaky_relu.default, 0.1)),
    ],
    "pad": [(aten.pad.default, [0, 1, 2, 1], "constant", 0.5), (aten.conv2d.default, weights(6, 4, 3, 3))],
    "pad columns": [(aten.pad.default, [1, 2])],
    "crop": [(aten.pad.default, [-2, 1, -1, -3]), (aten.max_pool2d.default, [3, 3], [1, 1], [1, 1])],
    "one after the other": [
        (aten.conv2d.default, weights(6, 4, 3, 3), None, [2, 2], [1, 1]),
        (aten.relu.default,),
        (aten.conv2d.default, weights(6, 6, 3, 3), weights(6), [1, 1], [1, 1]),
        (aten.max_pool2d.default, [2, 2]),
    ],
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_answer_as_on_the_whole_map(name: str) -> None:
    module, photo = chain(*OPERATORS[name]), noise(4, HEIGHT, WIDTH)
    prefix, fill = prefix_of(module, photo), noise(4, HEIGHT, WIDTH, seed=9)[0]
    assert len(prefix.steps) == len(OPERATORS[name])
    for side in ((4, 3), (7, 9)):
        masks = boxed(HEIGHT, WIDTH, side)
        plan = greedy_plan(prefix, masks)
        wanted = plainly(module, photo, fill, masks)
        assert np.abs(wanted[1:] - wanted[0]).max() > 1e-3
        found = swept(IncrementalSweep(plan, 3), photo, fill, masks)
        assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize(
    "call",
    [
        (aten.mean.dim, [2, 3], True),
        (aten.adaptive_avg_pool2d.default, [5, 5]),
        (aten.permute.default, [0, 2, 3, 1]),
        (aten.avg_pool2d.default, [3, 3], [2, 2], [1, 1], False, False),
        (aten.avg_pool2d.default, [2, 2], [2, 2], [0, 0], True),
        (aten.pad.default, [1, 1, 1, 1], "reflect"),
        (aten.softmax.int, 3),
        (aten.mul.Tensor, weights(1, 4, 1, 1).double()),
        (aten.add.Tensor, weights(1, 4, HEIGHT, WIDTH)),
        (aten.batch_norm.default, *NORM, True, 0.1, 1e-5, True),
        (aten.dropout.default, 0.2, True),
        (aten.conv2d.padding, weights(6, 4, 3, 3), None, [1, 1], "same"),
    ],
    ids=lambda call: call[0].__name__,
)
def test_what_looks_further_ends_the_local_part(call: tuple[object, ...]) -> None:
    prefix = prefix_of(chain((aten.relu.default,), call, (aten.abs.default,)), noise(4, HEIGHT, WIDTH))
    assert [str(step.node.target) for step in prefix.steps] == ["aten.relu.default"]


@cache
def residual(height: int, width: int, channels: int = 8) -> CutClassifier:
    return cut(Residual(channels), (height, width), "input")


@pytest.mark.parametrize("size", [(45, 38), (64, 57)])
def test_a_whole_network_answers_the_same_wherever_it_is_joined(size: tuple[int, int]) -> None:
    at = residual(*size)
    photo, fill = noise(3, *size), torch.full((3, *size), 0.5)
    prefix = prefix_of(at.tail_module, photo)
    assert len(prefix.steps) == 18, "all before the gate"
    masks = boxed(*size, (11, 8))
    wanted = plainly(at.tail_module, photo, fill, masks)
    spread = np.abs(wanted[1:] - wanted[0]).max()
    for count in (1, 3, 6, 10, 13, 16, 18):
        plan = greedy_plan(prefix, masks, count)
        found = swept(IncrementalSweep(plan, 4), photo, fill, masks)
        assert np.abs(found - wanted).max() <= min(1e-5 * np.abs(wanted).max(), spread / 100)
    early = plan.regions[prefix.steps[3].node]
    assert early.rows.size < early.rows.cells / 2


def test_boxes_apart_together_and_of_many_sizes() -> None:
    """Two boxes a mask, far from each other, side by side and one in the other; masks with one, two or no box."""
    size = (45, 38)
    at, photo, fill = residual(*size), noise(3, *size), torch.rand(3, *size)
    prefix = prefix_of(at.tail_module, photo)
    corners = [(0, 0), (0, 27), (34, 0), (34, 27), (17, 13), (20, 15)]
    singles = [Mask(((y, x, y + 11, x + 11),)) for y, x in corners]
    pairs = [one | other for one, other in itertools.combinations(singles, 2)]
    smaller = [Mask(((0, 0, 4, 6),)), Mask(((40, 30, 45, 38), (2, 3, 4, 5))), Mask(((43, 20, 60, 26),))]
    masks = [*singles, *pairs, Mask(()), *smaller]
    wanted = plainly(at.tail_module, photo, fill, masks)
    for count in (4, len(prefix.steps)):
        found = swept(IncrementalSweep(greedy_plan(prefix, masks, count), 4), photo, fill, masks)
        assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize("content", [torch.nan, torch.inf, -1e30])
def test_what_is_hidden_leaves_no_bit(content: float) -> None:
    """Rows of masks that hide hostile pixels have the bits that they have on the clean photo; so have pairs."""
    size = (45, 38)
    at, photo, fill = residual(*size), noise(3, *size), torch.full((3, *size), 0.5)
    prefix = prefix_of(at.tail_module, photo)
    for place in ((0, 0), (17, 13), (37, 30)):
        hostile = photo.clone()
        hostile[..., place[0] : place[0] + 8, place[1] : place[1] + 8] = content
        hiding = [
            Mask(((max(0, y - dy), max(0, x - dx), y + 8, x + 8),)) for y, x in [place] for dy, dx in ((0, 0), (3, 1))
        ]
        masks = [*hiding, *(mask | Mask(((25, 4, 33, 14),)) for mask in hiding), Mask(())]
        sweep = IncrementalSweep(greedy_plan(prefix, masks), 4)
        clean, attacked = (swept(sweep, pixels, fill, masks) for pixels in (photo, hostile))
        assert clean[:-1].tobytes() == attacked[:-1].tobytes()
        assert (clean[-1] != attacked[-1]).any()
        assert swept(sweep, photo, fill, masks).tobytes() == clean.tobytes(), "nothing stays behind"


def test_the_same_photo_under_another_fill() -> None:
    size = (45, 38)
    at, photo, masks = residual(*size), noise(3, *size), boxed(45, 38, (9, 9))
    sweep = IncrementalSweep(greedy_plan(prefix_of(at.tail_module, photo), masks), 4)
    for fill in (torch.zeros(3, *size), torch.rand(3, *size)):
        wanted = plainly(at.tail_module, photo, fill, masks)
        assert np.abs(swept(sweep, photo, fill, masks) - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_the_plan_is_chosen_by_counting() -> None:
    """Small boxes are followed further than large ones; where nothing is saved, nothing is planned."""
    prefix = prefix_of(residual(96, 96, 16).tail_module, noise(3, 96, 96))
    plans = [make_plan(prefix, Boxes(side, side, 1), 4) for side in (8, 40, 96)]
    saved = [plan.saved for plan in plans]
    assert saved == sorted(saved, reverse=True)
    assert len(plans[0].steps) >= len(plans[1].steps) > 0
    assert (plans[2].saved, plans[2].steps) == (0, ())
    assert make_plan(prefix, Boxes(40, 40, 2), 4).saved < saved[1]


def test_what_masks_have_in_common() -> None:
    one, two = Mask(((0, 0, 4, 6),)), Mask(((1, 2, 3, 9), (8, 8, 15, 9)))
    assert boxes_of([one, two, Mask(())], (12, 12)) == Boxes(4, 7, 2)
    for masks in (
        [Mask(())],
        [one, Mask(((0, 0, 4, 4),), shown=True)],
        [Mask(((-2, 0, 4, 4),))],
        [Mask(((3, 3, 3, 5),))],
    ):
        assert boxes_of(masks, (12, 12)) is None


@given(data=st.data())
@settings(max_examples=40)
def test_any_chain_of_operators_under_any_masks(data: st.DataObject) -> None:
    """Same answers as the whole network, and not a bit of what is hidden."""
    height, width = data.draw(st.integers(9, 30)), data.draw(st.integers(9, 30))
    calls, extent = [], (height, width)
    for index in range(data.draw(st.integers(1, 4))):
        kernel, stride, padding, dilation = (
            [data.draw(st.integers(least, most)) for _ in range(2)]
            for least, most in ((1, 4), (1, 3), (0, 2), (1, 2))
        )
        pool = data.draw(st.booleans())
        if pool:
            padding = [min(pad, size // 2) for pad, size in zip(padding, kernel, strict=True)]
        after = tuple(conv_extent(*each) for each in zip(extent, kernel, stride, padding, dilation, strict=True))
        if min(after) < 2:
            break
        extent = after
        conv = (aten.conv2d.default, weights(3, 3, *kernel, seed=index), weights(3), stride, padding, dilation)
        calls += [
            (aten.max_pool2d.default, kernel, stride, padding, dilation) if pool else conv,
            (aten.hardswish.default,),
        ]
    sides = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    corner = st.tuples(st.integers(0, height - sides[0]), st.integers(0, width - sides[1]))
    drawn = data.draw(st.lists(st.lists(corner, min_size=1, max_size=2), min_size=1, max_size=5))
    masks = [Mask(tuple((y, x, y + sides[0], x + sides[1]) for y, x in corners)) for corners in drawn]
    photo, fill = noise(3, height, width), noise(3, height, width, seed=9)[0]
    module = chain(*calls, (aten.relu.default,))
    sweep = IncrementalSweep(greedy_plan(prefix_of(module, photo), masks), 4)
    wanted, found = plainly(module, photo, fill, masks), swept(sweep, photo, fill, masks)
    assert np.abs(found - wanted).max() <= 1e-5 * max(1.0, np.abs(wanted).max())
    hostile = photo.clone()
    masks[0].write(photo[0], torch.full_like(fill, torch.nan), hostile[0])
    assert swept(sweep, hostile, fill, masks)[0].tobytes() == found[0].tobytes()
