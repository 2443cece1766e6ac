"""How far a patch spreads in a resize: measured on the resized photo, against the formula."""

import numpy as np
import pytest

from engine.classifiers.preprocessing import Preprocessing
from engine.errors import ThreatError
from engine.resized_patch import on_photo, resized_side

# Measured touched lines, from patches of extremes at every offset, of 5 px and of 2 px.
PUBLISHED = [
    ("nearest", 192, 5, 30),
    ("nearest", 224, 5, 35),
    ("bilinear", 192, 5, 36),
    ("bilinear", 224, 5, 41),
    ("bicubic", 192, 5, 48),
    ("bicubic", 224, 5, 55),
    ("lanczos", 192, 5, 60),
    ("lanczos", 224, 5, 69),
    ("nearest", 192, 2, 12),
    ("bilinear", 192, 2, 18),
    ("bicubic", 192, 2, 30),
    ("lanczos", 192, 2, 42),
]


def touched(preprocessing: Preprocessing, side: int, source: int) -> int:
    """The widest span of lines that moves when ``side`` columns of a photo change, over every offset."""
    draw = np.random.default_rng(0)
    widest = 0
    for place in range(source - side + 1):
        moved = np.zeros(preprocessing.input_size[1], bool)
        for _ in range(2):
            clean = draw.integers(0, 256, (source, source, 3), dtype=np.uint8)
            patched = clean.copy()
            patched[:, place : place + side] = 255 - clean[:, place : place + side]
            moved |= (preprocessing.view(clean) != preprocessing.view(patched)).any(axis=(0, 2))
        lines = np.flatnonzero(moved)
        widest = max(widest, int(lines[-1] - lines[0] + 1)) if len(lines) else widest
    return widest


@pytest.mark.parametrize(("interpolation", "size", "side", "measured"), PUBLISHED)
def test_enlarged_patches(interpolation: str, size: int, side: int, measured: int) -> None:
    preprocessing = Preprocessing((size, size), crop=1.0, interpolation=interpolation)
    found = touched(preprocessing, side, 32)
    bound = resized_side(side, size / 32, interpolation)
    assert found <= measured <= bound <= measured + 4
    if interpolation in ("nearest", "bilinear", "bicubic"):
        assert found >= measured - 2  # 8 bits round the outermost weights away


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize(("source", "size", "crop"), [(50, 24, 1.0), (41, 32, 0.875), (30, 43, 0.9), (64, 16, 0.8)])
def test_any_scale_and_crop(interpolation: str, source: int, size: int, crop: float) -> None:
    preprocessing = Preprocessing((size, size), crop=crop, interpolation=interpolation)
    for side in (1, 4, 9):
        threat = on_photo(str(side), (source, source), preprocessing)
        assert touched(preprocessing, side, source) <= threat.width


def test_a_threat_says_what_it_was() -> None:
    threat = on_photo("5", (32, 32), Preprocessing((224, 224), crop=1.0, interpolation="bicubic"))
    assert (threat.height, threat.width) == (56, 56)
    assert threat.patch_space == "5 x 5 px on photos of 32 x 32 px, before the resize"
    with pytest.raises(ThreatError, match="spreads to 245 x 245 px"):
        on_photo("30", (32, 32), Preprocessing((224, 224), crop=1.0, interpolation="lanczos"))
