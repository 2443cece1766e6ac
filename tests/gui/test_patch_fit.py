"""Where a patch fits: what is proposed, the engine accepts."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.placement import Patch, Placement, paste, read_patch
from gui.patch_fit import clamped, first_placement, patch_size, rescaled, size_on_photo, turned

VIEW = (40, 56)
SIZES = st.tuples(st.integers(1, 30), st.integers(1, 30))
PLACEMENTS = st.builds(
    Placement,
    left=st.integers(-50, 90),
    top=st.integers(-50, 90),
    scale=st.floats(0.01, 5.0),
    rotation=st.one_of(st.sampled_from([0.0, 45.0, 90.0, 180.0, 270.0]), st.floats(-720, 720)),
)


def patch_of(size: tuple[int, int]) -> Patch:
    """An opaque patch."""
    return Patch("p.png", "p.png", "", np.full((*size, 4), 255, dtype=np.uint8))


@given(SIZES, PLACEMENTS)
def test_a_clamped_placement_can_be_pasted(size: tuple[int, int], placement: Placement) -> None:
    inside = clamped(placement, size, VIEW)
    placed = paste(np.zeros((*VIEW, 3), dtype=np.uint8), patch_of(size), inside)
    height, width = size_on_photo(size, inside) or (0, 0)
    assert 0 < placed.box[2] - placed.box[0] <= height
    assert 0 < placed.box[3] - placed.box[1] <= width
    assert clamped(inside, size, VIEW) == inside


@given(SIZES, st.floats(0.2, 2.0), st.floats(0, 359))
def test_turning_keeps_the_centre_while_there_is_room(size: tuple[int, int], scale: float, rotation: float) -> None:
    before = Placement(20, 10, 0.5)
    after = turned(before, size, (400, 400), (200.0, 200.0), scale, rotation)
    height, width = size_on_photo(size, after) or (0, 0)
    assert abs(after.left + width / 2 - 200) <= 0.5
    assert abs(after.top + height / 2 - 200) <= 0.5


def test_a_new_patch_lies_in_the_middle() -> None:
    assert first_placement((51, 51), (32, 32), (224, 224)) == Placement(86, 86, 1.0)
    large = first_placement((1000, 500), (32, 32), (224, 224))
    assert size_on_photo((1000, 500), large) == (32, 16)
    assert (large.left, large.top) == (104, 96)


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_header_gives_the_size_that_the_engine_reads(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "patch.jpg"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (30, 20), "red").save(path, exif=exif)
    assert patch_size(str(path)) == read_patch(path).rgba.shape[:2]


def test_what_is_no_picture_has_no_size(tmp_path: Path) -> None:
    path = tmp_path / "patch.png"
    path.write_bytes(b"not a picture")
    assert patch_size(str(path)) is None
    assert patch_size(str(tmp_path / "missing.png")) is None


def test_a_patch_keeps_its_part_of_an_input_of_another_size() -> None:
    small = rescaled(Placement(112, 56), (51, 51), (224, 224), (32, 32))
    assert (small.left, small.top) == (16, 8)
    assert size_on_photo((51, 51), small) == (7, 7)
    assert rescaled(Placement(200, 0), (51, 51), (224, 224), (32, 32)).left == 25
