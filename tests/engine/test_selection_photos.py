"""Selection through real heads and tails: no content inside a window changes a bit of what is occluded."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from toys import (
    ChannelsLast,
    Skip,
    Toy,
    classifier,
    conv_axis,
    filled,
    outside,
    picture,
    pixel_footprints,
    same_bits,
    square_threat,
    tail_inputs,
)

from engine.pipeline import Inspector
from engine.selection import (
    MaskedInput,
    apply_mask,
    select,
)
from engine.settings import Settings
from engine.superficial import Superficial, sin_count, superficial, to_pixels
from engine.windows import AxisWindow, window_family

Window = tuple[AxisWindow, AxisWindow]


def patched_states(
    inspector: Inspector,
    view: NDArray[np.uint8],
    box: NDArray[np.int64],
    settings: Settings,
    draw: np.random.Generator,
) -> list[Superficial]:
    """States of a photo whose pixels inside a box were replaced, and states overwritten at the cut itself."""
    at, _, _ = inspector.prepare(settings)
    high, wide = box[2] - box[0], box[3] - box[1]
    fillings = [
        draw.integers(0, 256, (high, wide, 3), dtype=np.uint8),
        np.zeros((high, wide, 3), np.uint8),
        np.full((high, wide, 3), 255, np.uint8),
        draw.choice(np.array([0, 255], np.uint8), (high, wide, 3)),
    ]
    return [
        superficial(at, to_pixels(filled(view, box, filling)), settings.importance, settings.fill)
        for filling in fillings
    ]


def overwritten(state: Superficial, window: Window, draw: np.random.Generator) -> list[Superficial]:
    """A state whose cells inside a window hold what no pixels could bring about, ranked anew."""
    states = []
    for content in ("noise", np.nan, np.inf, -np.inf, 1e30):
        crossing = tuple(tensor.clone() for tensor in state.crossing)
        for index, tensor in enumerate(crossing):
            inside = torch.from_numpy(~outside(tuple(tensor.shape[1:]), window, index))
            count = int(inside.sum())
            noise = torch.from_numpy(draw.normal(0, 100, count).astype(np.float32))
            tensor[0][inside] = noise if content == "noise" else torch.full((count,), content)
        importance = (crossing[0] - state.fill[0])[0].abs()
        # Independent of the engine's sort: numpy's, NaN before infinity before numbers, then by index.
        flat = importance.numpy().ravel()
        order = np.lexsort((np.arange(flat.size), -np.nan_to_num(flat, nan=0.0), ~np.isnan(flat)))
        rank = np.empty(flat.size, dtype=np.int32)
        rank[order] = np.arange(flat.size)
        states.append(
            Superficial(
                crossing=crossing,
                fill=state.fill,
                importance=importance,
                rank=torch.from_numpy(rank.reshape(importance.shape)),
                heatmap=importance.sum(dim=0).numpy(),
                curve=state.curve,
            )
        )
    return states


def logits_of(
    inspector: Inspector, settings: Settings, states: list[Superficial], masks: list[MaskedInput]
) -> Tensor:
    """Logit rows of one mask a state, in batches of the backend's size."""
    _, _, backend = inspector.prepare(settings)
    rows = []
    for state, mask in zip(states, masks, strict=True):
        apply_mask(state, [mask], backend.inputs())
        rows.append(torch.from_numpy(backend.run()[:1].copy()))
    return torch.cat(rows)


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_real_photos_on_the_embedded_model(lite0, views, backend):
    settings = Settings(backend=backend)
    draw = np.random.default_rng(0)
    at, footprints, _ = lite0.prepare(settings)
    family = window_family(footprints, square_threat(32, 224))
    moved = 0
    for view, index in zip(views[:2], (0, 21), strict=False):
        clean = superficial(at, to_pixels(view), settings.importance, settings.fill)
        count = sin_count(clean.neurons, 0.3)
        window = family[index]
        patched = patched_states(lite0, view, family.boxes_px[index], settings, draw)
        states = [clean, *patched, *overwritten(clean, window, draw)]
        masks = [select(state, window, count, "per_window") for state in states]
        first = tail_inputs(clean, masks[0])
        for state, mask in zip(states, masks, strict=True):
            assert all(map(same_bits, tail_inputs(state, mask), first))
        logits = logits_of(lite0, settings, states, masks)
        assert logits.isfinite().all()
        assert all(same_bits(row, logits[0]) for row in logits)
        # With `global` selection the same photos do move the logits: the patches are strong enough to show it.
        loose = [select(state, window, count, "global") for state in states[:5]]
        moved += int((logits_of(lite0, settings, states[:5], loose) != logits[0]).any())
    assert moved


NETS = {
    "one tensor": (lambda: Toy(nn.Conv2d(3, 4, 3, stride=2, padding=1), 4), "stem"),
    "two tensors": (lambda: Skip(stride=2), "mid"),
    "channels last": (ChannelsLast, "act"),
    "pixels": (lambda: Toy(nn.Conv2d(3, 4, 3), 4), "input"),
}


@pytest.fixture(scope="module", params=NETS)
def toy(request) -> tuple[Inspector, str]:
    network, layer = NETS[request.param]
    return Inspector(classifier(network(), 16)), layer


@pytest.mark.parametrize("fill", ["neutral", "zero"])
@pytest.mark.parametrize("importance", ["contrast", "activation"])
def test_content_inside_a_pixel_box_cannot_change_the_occluded_input(toy, importance, fill):
    """Every window of the family, any content in its box: the tail's inputs are the same bit for bit."""
    inspector, layer = toy
    settings = Settings(layer=layer, importance=importance, fill=fill, backend="torch")
    at, footprints, _ = inspector.prepare(settings)
    family = window_family(footprints, square_threat(4, 16))
    view, draw = picture(16, 1), np.random.default_rng(2)
    clean = superficial(at, to_pixels(view), importance, fill)
    for index in range(len(family)):
        states = patched_states(inspector, view, family.boxes_px[index], settings, draw)
        for rate in (0.1, 0.5, 1.0):
            count = sin_count(clean.neurons, rate)
            before = tail_inputs(clean, select(clean, family[index], count, "per_window"))
            for state in states:
                after = tail_inputs(state, select(state, family[index], count, "per_window"))
                assert all(map(same_bits, before, after))


def test_a_pixel_beside_the_box_does_change_it(toy):
    """The boxes are not larger than they need be to be true: one line more, and the input moves."""
    inspector, layer = toy
    settings = Settings(layer=layer, backend="torch")
    at, footprints, _ = inspector.prepare(settings)
    family = window_family(footprints, square_threat(4, 16))
    view = picture(16, 1)
    clean = superficial(at, to_pixels(view), "contrast", "neutral")
    top, left, bottom, right = family.boxes_px[0].tolist()
    assert (top, left) == (0, 0)
    for box in ((bottom, left, bottom + 1, right), (top, right, bottom, right + 1)):
        state = superficial(at, to_pixels(filled(view, box, np.uint8(255))), "contrast", "neutral")
        before = tail_inputs(clean, MaskedInput(clean.neurons, family[0]))
        after = tail_inputs(state, MaskedInput(state.neurons, family[0]))
        assert not all(map(same_bits, before, after))


def test_slow_reference_on_a_real_photo(lite0, views):
    """The stem of the embedded model, some windows: equal to sorting the outside alone."""
    settings = Settings(backend="torch")
    at, footprints, _ = lite0.prepare(settings)
    family = window_family(footprints, square_threat(32, 224))
    state = superficial(at, to_pixels(views[0]), "contrast", "neutral")
    importance = (state.crossing[0][0] - state.fill[0][0]).abs().numpy()
    order = np.lexsort((np.arange(importance.size), -importance.ravel()))
    count = sin_count(state.neurons, 0.5)
    for index in (0, 7, 35):
        free = outside(importance.shape, family[index]).ravel()
        kept = order[free[order]][:count]
        wanted = state.fill[0].flatten().clone()
        wanted[kept] = state.crossing[0].flatten()[kept]
        (found,) = tail_inputs(state, select(state, family[index], count, "per_window"))
        assert same_bits(found.flatten(), wanted)


def test_pixel_footprints_are_themselves():
    assert pixel_footprints(4, 4).rows[0].strip(1, 3) == (1, 3) == conv_axis(4, 1).strip(1, 3)
