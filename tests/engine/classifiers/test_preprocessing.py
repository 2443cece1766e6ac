"""From photo to input: against torchvision's and timm's own transforms, and photos of extreme shape."""

import numpy as np
import pytest
import timm.data
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from torch import nn
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from engine.classifiers.preprocessing import Normalized, Preprocessing

CHINA = np.asarray(load_sample_image("china.jpg"))  # 427 x 640


def resized(height: int, width: int) -> NDArray[np.uint8]:
    """A real photo, squeezed to a size."""
    return np.asarray(Image.fromarray(CHINA).resize((width, height)))


PICTURES = {
    "landscape": CHINA,
    "portrait": CHINA.transpose(1, 0, 2).copy(),
    "panorama": CHINA[:60],
    "large": resized(1500, 1000),
    "just too small": resized(223, 225),
    "fits": resized(256, 256),
    "one pixel": CHINA[200:201, 300:301],
    "row": CHINA[200:201, :300],
    "column": CHINA[:300, 200:201],
}


def assert_near(view: NDArray[np.uint8], reference: NDArray[np.uint8]) -> None:
    """Rounding differs: the reference resamples what the crop throws away, in an order of its own."""
    difference = np.abs(view.astype(int) - reference.astype(int))
    assert view.shape == reference.shape
    assert difference.max() <= 10
    assert difference.mean() < 0.25


@pytest.mark.parametrize("rgb", PICTURES.values(), ids=PICTURES.keys())
@pytest.mark.parametrize(
    ("side", "whole", "kind"), [(224, 256, "bicubic"), (224, 232, "bilinear"), (299, 342, "bilinear")]
)
def test_it_is_torchvisions_resize_and_crop(rgb: NDArray[np.uint8], side: int, whole: int, kind: str) -> None:
    reference = Compose([Resize(whole, interpolation=InterpolationMode(kind)), CenterCrop(side)])
    view = Preprocessing((side, side), crop=side / whole, interpolation=kind).view(rgb)
    assert_near(view, np.asarray(reference(Image.fromarray(rgb))))


@pytest.mark.parametrize(
    ("name", "size", "crop", "squash"),
    [
        ("landscape", (224, 224), 0.95, False),
        ("portrait", (224, 224), 0.95, False),
        # For inputs that are not square timm rounds the long side where others cut: here they agree.
        ("landscape", (96, 160), 0.875, False),
        ("large", (160, 96), 0.9, False),
        ("landscape", (224, 224), 0.9, True),
        ("portrait", (224, 224), 1.0, True),
        ("just too small", (224, 224), 0.9, True),
    ],
)
def test_it_is_timms_transform(name: str, size: tuple[int, int], crop: float, squash: bool) -> None:
    reference = timm.data.create_transform(
        (3, *size),
        interpolation="bicubic",
        crop_pct=crop,
        crop_mode="squash" if squash else "center",
        mean=(0, 0, 0),
        std=(1, 1, 1),
    )
    view = Preprocessing(size, crop=crop, interpolation="bicubic", squash=squash).view(PICTURES[name])
    pixels = reference(Image.fromarray(PICTURES[name])).permute(1, 2, 0).numpy()
    assert_near(view, np.round(pixels * 255).astype(np.uint8))


def test_nothing_is_resampled_where_the_photo_has_the_size() -> None:
    rgb = resized(256, 300)
    view = Preprocessing((224, 224), crop=0.875, interpolation="bicubic").view(rgb)
    assert np.array_equal(view, rgb[16:240, 38:262])
    assert not view.flags.writeable


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1)])
def test_a_long_thin_photo_costs_little_and_shows_its_middle(shape: tuple[int, int]) -> None:
    rgb = np.zeros((*shape, 3), np.uint8)
    middle = tuple(slice(side // 2 - 1, side // 2 + 1) if side > 1 else slice(None) for side in shape)
    rgb[middle] = 200
    view = Preprocessing((224, 224), interpolation="bilinear").view(rgb)
    assert view.shape == (224, 224, 3)
    assert view.min() > 100
    assert view.max() == 200


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 700),
    st.integers(1, 700),
    st.integers(1, 80),
    st.integers(1, 80),
    st.floats(0.3, 1),
    st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos"]),
    st.booleans(),
)
def test_a_plain_photo_stays_plain_at_any_shape(
    height: int, width: int, input_height: int, input_width: int, crop: float, kind: str, squash: bool
) -> None:
    rgb = np.full((height, width, 3), (10, 120, 250), np.uint8)
    chosen = Preprocessing((input_height, input_width), crop=crop, interpolation=kind, squash=squash)
    view = chosen.view(rgb)
    assert view.shape == (input_height, input_width, 3)
    assert (view == (10, 120, 250)).all()


def test_the_network_begins_with_its_normalisation() -> None:
    chosen = Preprocessing((2, 2), mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0))
    normalized = Normalized(nn.Identity(), chosen)
    pixels = torch.full((1, 3, 2, 2), 0.6)
    # (0.6 - 0.1) / 0.5 = 1; (0.6 - 0.2) / 0.25 = 1.6; (0.6 - 0.3) / 2 = 0.15
    expected = torch.tensor([1.0, 1.6, 0.15]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    assert torch.allclose(normalized(pixels), expected)
    assert not normalized.training
