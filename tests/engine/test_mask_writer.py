"""The mask writer: the same bits as the plain masks, whatever rows held before and whoever wrote to them."""

import numpy as np
import pytest
import torch
from sweeping import NETS, SIZE, Recording, last, made
from toys import classifier, inspect, picture, same_bits, state_of

from engine.device_masks import DeviceMasks
from engine.mask_writer import MaskWriter
from engine.pipeline import Inspector
from engine.selection import MaskedInput, Window, apply_mask, select
from engine.superficial import Superficial, sin_count
from engine.sweep import run_sweep
from engine.windows import AxisWindow

EXTREMES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -3.4e38, 1e-45, 1.0, 1.0, 2.0], np.float32)


def hostile(draw: np.random.Generator, tensors: int) -> Superficial:
    """A state of extremes and ties in one or two crossing tensors, the second of twice the extent."""
    shape = (int(draw.integers(1, 4)), int(draw.integers(2, 6)), int(draw.integers(2, 6)))
    others = [draw.choice(EXTREMES, (2, 2 * shape[1], 2 * shape[2])) for _ in range(tensors - 1)]
    state = state_of(np.abs(draw.choice(EXTREMES, shape)), *others, fill=float(draw.choice(EXTREMES)))
    state.crossing[0].copy_(torch.from_numpy(draw.choice(EXTREMES, (1, *shape))))
    return state


def any_window(state: Superficial, draw: np.random.Generator) -> Window | None:
    if draw.random() < 0.1:
        return None
    axes = []
    for extent in state.rank.shape[1:]:
        first, last = np.sort(draw.choice(extent + 1, 2, replace=False)).tolist()
        axes.append(AxisWindow(((first, last), (2 * first, 2 * last)), (first, last)))
    return axes[0], axes[1]


def any_mask(state: Superficial, draw: np.random.Generator) -> MaskedInput:
    count = int(draw.integers(1, state.neurons + 1))
    window = any_window(state, draw)
    if window is None or draw.random() < 0.3:
        return MaskedInput(int(draw.integers(0, state.neurons + 1)), window)
    return select(state, window, count, "per_window")


def empty(state: Superficial, rows: int) -> list[torch.Tensor]:
    return [torch.full((rows, *tensor.shape[1:]), torch.nan) for tensor in state.crossing]


def assert_rows(state: Superficial, masks: list[MaskedInput], found: list[torch.Tensor]) -> None:
    wanted = empty(state, len(masks))
    apply_mask(state, masks, wanted)
    for one, other in zip(found, wanted, strict=True):
        assert same_bits(one[: len(masks)], other)


@pytest.mark.parametrize("tensors", [1, 2])
@pytest.mark.parametrize("most", [0.0, 0.2, 2.0])
def test_rows_are_the_plain_ones_after_any_sequence_of_masks(tensors, most, monkeypatch):
    """600 random sequences, step by step: full rows only, as shipped, and in-place changes only."""
    monkeypatch.setattr("engine.mask_writer._MOST_SWITCHED", most)
    draw = np.random.default_rng(tensors)
    for _ in range(100):
        state = hostile(draw, tensors)
        write, out = MaskWriter(state), empty(state, 3)
        for _ in range(6):
            masks = [any_mask(state, draw) for _ in range(int(draw.integers(1, 4)))]
            write(masks, out)
            assert_rows(state, masks, out)


def test_every_pair_of_masks_of_a_small_map_by_enumeration(monkeypatch):
    """From each of all masks of a 2 x 3 map to each other: every window and threshold."""
    monkeypatch.setattr("engine.mask_writer._MOST_SWITCHED", 2.0)
    state = state_of(np.array([[[2.0, np.nan, 3.0], [0.0, 2.0, 1.0]]], np.float32), fill=-7.0)
    spans = [[(a, b) for a in range(extent) for b in range(a + 1, extent + 1)] for extent in (2, 3)]
    windows: list[Window | None] = [None]
    windows += [
        (AxisWindow((rows,), rows), AxisWindow((columns,), columns)) for rows in spans[0] for columns in spans[1]
    ]
    masks = [MaskedInput(threshold, window) for threshold in range(7) for window in windows]
    wanted = empty(state, len(masks))
    apply_mask(state, masks, wanted)
    write, out = MaskWriter(state), empty(state, 1)
    for first in masks:
        for second, row in zip(masks, wanted[0], strict=True):
            write([first], out)
            write([second], out)
            assert same_bits(out[0][0], row)


def test_whoever_writes_to_the_rows_between_is_noticed():
    """Another sweep's writer, plain masks, a fill, a view of one row: the next rows are whole again."""
    draw = np.random.default_rng(0)
    state, other = hostile(draw, 1), None
    while other is None or other.rank.shape != state.rank.shape:
        other = hostile(draw, 1)
    write, out = MaskWriter(state), empty(state, 2)
    strangers = [
        lambda: MaskWriter(other)([any_mask(other, draw)], out),
        lambda: apply_mask(other, [any_mask(other, draw)], out),
        lambda: out[0].fill_(9.0),
        lambda: out[0][1].zero_(),
        lambda: out[0].view(-1)[0:1].copy_(torch.tensor([5.0])),
    ]
    for stranger in strangers:
        for _ in range(20):
            masks = [any_mask(state, draw) for _ in range(2)]
            write(masks, out)
            stranger()
            write(masks, out)
            assert_rows(state, masks, out)


def test_other_tensors_are_written_whole():
    draw = np.random.default_rng(0)
    state = hostile(draw, 1)
    write = MaskWriter(state)
    for _ in range(20):
        masks = [any_mask(state, draw) for _ in range(2)]
        for make in (
            lambda: empty(state, 2),
            lambda: [tensor.to(memory_format=torch.channels_last) for tensor in empty(state, 2)],
        ):
            out = make()
            write(masks, out)
            assert_rows(state, masks, out)
    with torch.inference_mode():
        out = empty(state, 2)
        write(masks, out)
        write(masks[::-1], out)
        assert_rows(state, masks[::-1], out)


@pytest.mark.parametrize("kind", NETS)
def test_a_neighbouring_rate_goes_on_from_the_rows_of_the_former_one(kind, monkeypatch):
    """No row is written whole at the second rate; after another photo, all of them are."""
    whole: list[MaskedInput] = []
    write_whole = MaskWriter._write
    monkeypatch.setattr(
        MaskWriter, "_write", lambda self, targets, mask: [whole.append(mask), write_whole(self, targets, mask)]
    )
    network, layer = NETS[kind]
    inspector = Inspector(classifier(network(), SIZE))
    knobs = {"layer": layer, "backend": "torch", "patch": "4"}
    inspect(inspector, picture(SIZE, 1), top=0.50, **knobs)
    assert whole
    whole.clear()
    near = inspect(inspector, picture(SIZE, 1), top=0.51, **knobs)
    assert near.sweep.passes > 0
    assert not whole
    alone = inspect(Inspector(inspector.classifier), picture(SIZE, 1), top=0.51, **knobs)
    assert np.array_equal(near.sweep.logits, alone.sweep.logits)
    inspect(inspector, picture(SIZE, 2), top=0.51, **knobs)
    whole.clear()
    back = inspect(inspector, picture(SIZE, 1), top=0.52, **knobs)
    assert whole, "another photo's masks stood in the rows"
    alone = inspect(Inspector(inspector.classifier), picture(SIZE, 1), top=0.52, **knobs)
    assert np.array_equal(back.sweep.logits, alone.sweep.logits)


def test_the_writer_of_another_photo_is_not_used():
    inspector = Inspector(classifier(NETS["one tensor"][0](), SIZE))
    _, one, family, backend = made(inspector, "stem", picture(SIZE, 1))
    _, other, _, _ = made(inspector, "stem", picture(SIZE, 2))
    wanted = last(run_sweep(one, family, 40, backend))
    found = last(run_sweep(one, family, 40, backend, write=MaskWriter(other)))
    assert np.array_equal(found.logits, wanted.logits)


@pytest.mark.parametrize("kind", NETS)
def test_two_sweeps_that_take_turns_on_one_backend_do_not_mix(kind):
    network, layer = NETS[kind]
    inspector = Inspector(classifier(network(), SIZE))
    _, one, family, backend = made(inspector, layer, picture(SIZE, 1))
    _, other, _, _ = made(inspector, layer, picture(SIZE, 2))
    count = sin_count(one.neurons, 0.5)
    wanted = [last(run_sweep(state, family, count, backend)).logits for state in (one, other)]
    both = [run_sweep(state, family, count, Recording(backend.inner)) for state in (one, other)]
    *_, finals = zip(*both, strict=True)
    for sweep, rows in zip(finals, wanted, strict=True):
        assert sweep.complete
        assert np.array_equal(sweep.logits, rows)
    assert not np.array_equal(*wanted)


@pytest.mark.parametrize("tensors", [1, 2])
def test_a_device_writes_the_same_bits(tensors):
    draw = np.random.default_rng(tensors)
    for _ in range(100):
        state = hostile(draw, tensors)
        write, out = DeviceMasks(state, torch.device("cpu")), empty(state, 4)
        for rows in (4, 1, 3):
            masks = [any_mask(state, draw) for _ in range(rows)]
            write(masks, out)
            assert_rows(state, masks, out)


def test_tensors_on_a_device_are_written_there():
    """The meta device has shapes and no memory: any step through the CPU would fail on it."""
    draw = np.random.default_rng(0)
    state = hostile(draw, 2)
    write, out = MaskWriter(state), [tensor.to("meta") for tensor in empty(state, 3)]
    versions = [tensor._version for tensor in out]
    write([any_mask(state, draw) for _ in range(2)], out)
    assert all(tensor._version > before for tensor, before in zip(out, versions, strict=True))
    own = empty(state, 1)
    mask = any_mask(state, draw)
    write([mask], own)
    assert_rows(state, [mask], own)
