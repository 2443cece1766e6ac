"""What a patch is trained at is what is pasted, and gradients reach the patch's pixels alone."""

import numpy as np
import pytest
import torch
import toys
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.attacks.placing import Distortion, draw_distortion, place
from engine.attacks.settings import AttackSettings
from engine.placement import Patch, Placement, paste, placed_size

VIEW = toys.picture((40, 48), 1)
PIXELS = torch.from_numpy(VIEW.copy()).permute(2, 0, 1)[None].float() / 255


def patch_of(height: int, width: int) -> tuple[Patch, torch.Tensor]:
    """An opaque patch of noise, for pasting and for placing."""
    rgb = toys.picture((height, width), 2)
    rgba = np.dstack([rgb, np.full((height, width), 255, np.uint8)])
    return Patch("p", "p", "", rgba), torch.from_numpy(rgb).permute(2, 0, 1).float() / 255


def levels(pixels: torch.Tensor) -> np.ndarray:
    return (pixels[0].detach().permute(1, 2, 0) * 255).numpy()


@given(
    st.integers(1, 12), st.integers(1, 12), st.integers(0, 28), st.integers(0, 36), st.sampled_from([0, 90, -90, 180])
)
def test_without_scale_the_placed_and_the_pasted_patch_are_equal(height, width, top, left, rotation) -> None:
    pasted, placed = patch_of(height, width)
    at = Placement(left, top, 1.0, rotation)
    expected = paste(VIEW, pasted, at).view
    found = levels(place(PIXELS, placed, [Distortion(at)]))
    assert np.array_equal(np.rint(found).astype(np.uint8), expected)
    assert np.abs(found - expected).max() < 1e-4


@given(st.integers(4, 16), st.integers(4, 16), st.floats(0.4, 1.6), st.floats(-180, 180))
def test_with_scale_and_rotation_they_differ_by_rounding(height, width, scale, rotation) -> None:
    pasted, placed = patch_of(height, width)
    size = placed_size(pasted, scale, rotation)
    assume(size[0] <= 40 and size[1] <= 48)
    at = Placement(3 if size[1] <= 45 else 0, 40 - size[0], scale, rotation)
    expected = paste(VIEW, pasted, at)
    found = levels(place(PIXELS, placed, [Distortion(at)]))
    # One level each for resizing, turning, and for colour and alpha, which are rounded on their own.
    assert np.abs(found - expected.view).max() <= 3.5
    assert np.abs(found - expected.view).mean() <= 0.5


@pytest.mark.parametrize(
    "settings",
    [AttackSettings(), AttackSettings(rotation=40, scale=(0.7, 1.3), perspective=0.3, brightness=0.3)],
    ids=["plain", "distorted"],
)
def test_gradients_reach_the_pixels_of_the_patch_and_no_others(settings: AttackSettings) -> None:
    draw = np.random.default_rng(3)
    distortions = [draw_distortion(draw, (9, 7), (40, 48), settings) for _ in range(4)]
    patch = torch.full((3, 9, 7), 0.5, requires_grad=True)
    photos = PIXELS.repeat(4, 1, 1, 1).requires_grad_()
    placed = place(photos, patch, distortions)
    weights = torch.rand(placed.shape, generator=torch.Generator().manual_seed(0)) + 0.5
    (placed * weights).sum().backward()
    assert patch.grad is not None
    assert photos.grad is not None
    assert bool((patch.grad > 0).all())
    untouched = photos.grad == weights  # where the photo shows unmixed
    assert bool((placed[untouched] == photos[untouched]).all())
    for each, distortion in zip(untouched, distortions, strict=True):
        covered = ~each.all(dim=0)
        rows, columns = (torch.nonzero(covered.any(dim=axis)).flatten() for axis in (1, 0))
        pasted, _ = patch_of(9, 7)
        height, width = placed_size(pasted, distortion.placement.scale, distortion.placement.rotation)
        top, left = distortion.placement.top, distortion.placement.left
        assert top <= int(rows[0])
        assert int(rows[-1]) < top + height
        assert left <= int(columns[0])
        assert int(columns[-1]) < left + width


def test_without_distortion_each_gradient_is_that_of_the_pixel_it_covers() -> None:
    patch = torch.rand(3, 5, 6, requires_grad=True)
    placed = place(PIXELS, patch, [Distortion(Placement(42, 35))])  # in the last row and column
    weights = torch.arange(placed.numel(), dtype=torch.float32).reshape(placed.shape)
    (placed * weights).sum().backward()
    assert patch.grad is not None
    assert torch.equal(patch.grad, weights[0, :, 35:, 42:])


def test_perspective_moves_the_corners_to_where_it_says() -> None:
    patch = torch.zeros(3, 41, 41)
    corner = Distortion(Placement(0, 0), corners=(0.5, 1.0, 1.0, 1.0))
    ground = torch.ones(1, 3, 41, 41)
    cover = 1 - place(ground, patch, [corner])[0, 0]
    # The top-left corner went halfway to the centre, (10.25, 10.25) px; the others are where they were.
    assert float(cover[8, 8]) == 0
    assert float(cover[12, 12]) == 1
    for row, column in ((2, 39), (39, 39), (39, 2)):
        assert float(cover[row, column]) > 0.9


def test_brightness_is_a_factor_and_is_clamped() -> None:
    patch = torch.tensor([0.2, 0.5, 0.9]).reshape(3, 1, 1).expand(3, 2, 2)
    placed = place(PIXELS, patch, [Distortion(Placement(4, 4), brightness=1.5)])
    assert placed[0, :, 4, 4].tolist() == pytest.approx([0.3, 0.75, 1.0])
