"""Pasting a patch: what it covers, what it leaves alone, and where it may not go."""

import hashlib
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from engine.errors import PatchError
from engine.placement import (
    Patch,
    Placement,
    largest_scale,
    parse_position,
    paste,
    placed_size,
    read_patch,
)

GENERATOR = np.random.default_rng(0)
VIEW = GENERATOR.integers(0, 256, (40, 60, 3), dtype=np.uint8)


def patch_of(height: int, width: int, alpha: int | np.ndarray = 255, colour: int | None = None) -> Patch:
    """A patch of noise, or of one colour, with the given alpha."""
    rgba = np.random.default_rng(height * 100 + width).integers(0, 256, (height, width, 4), dtype=np.uint8)
    if colour is not None:
        rgba[..., :3] = colour
    rgba[..., 3] = alpha
    rgba.setflags(write=False)
    return Patch("patch.png", "patch.png", "0" * 64, rgba)


def message(call, *arguments) -> str:
    """The message of the PatchError, checked to be one sentence."""
    with pytest.raises(PatchError) as caught:
        call(*arguments)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def check(placed, view: np.ndarray) -> None:
    """What holds for every result: nothing outside the mask moved, and the box is the mask's own."""
    assert placed.view.shape == view.shape
    assert placed.view.dtype == np.uint8
    assert placed.mask.dtype == bool
    assert not placed.view.flags.writeable
    assert not placed.mask.flags.writeable
    assert np.array_equal(placed.view[~placed.mask], view[~placed.mask])
    rows, columns = np.nonzero(placed.mask)
    assert placed.box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert all(type(edge) is int for edge in placed.box)


# --- reading --------------------------------------------------------------------------------------------


def test_alpha_of_a_png_is_kept(tmp_path: Path) -> None:
    rgba = GENERATOR.integers(0, 256, (5, 7, 4), dtype=np.uint8)
    path = tmp_path / "toaster.png"
    Image.fromarray(rgba).save(path)
    patch = read_patch(path)
    assert np.array_equal(patch.rgba, rgba)
    assert patch.rgba.dtype == np.uint8
    assert not patch.rgba.flags.writeable
    assert (patch.path, patch.name) == (str(path), "toaster.png")
    assert patch.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["p.jpg", "p.png", "p.gif", "p.bmp"])
def test_a_patch_without_alpha_is_opaque(tmp_path: Path, name: str) -> None:
    Image.new("RGB", (8, 8), (255, 0, 0)).save(tmp_path / name)
    patch = read_patch(str(tmp_path / name))
    assert (patch.rgba[..., 3] == 255).all()
    assert np.abs(patch.rgba[..., :3].astype(int) - (255, 0, 0)).max() <= 3


def test_deep_and_grey_patches(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 65535]], np.uint16)).save(tmp_path / "p.png")
    assert read_patch(tmp_path / "p.png").rgba.tolist() == [[[0, 0, 0, 255], [255, 255, 255, 255]]]


def test_a_patch_that_is_transparent_everywhere(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "p.png")
    assert "transparent everywhere" in message(read_patch, tmp_path / "p.png")


def test_files_that_are_no_patch(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no image")
    Image.fromarray(VIEW).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:400])
    said = {
        "none.png": "does not exist",
        "": "is a folder",
        "empty.png": "is empty",
        "text.png": "not an image",
        "cut.png": "cut short",
    }
    for name, words in said.items():
        text = message(read_patch, tmp_path / name)
        assert text.startswith(f"The patch {tmp_path / name} ")
        assert words in text


# --- position -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"), [("0,0", (0, 0)), ("12,34", (12, 34)), (" 5 , 6 ", (5, 6)), ("-1,+2", (-1, 2))]
)
def test_a_position(text: str, expected: tuple[int, int]) -> None:
    assert parse_position(text) == expected


@pytest.mark.parametrize(
    "text", ["", "1", "1,", ",1", "1,2,3", "1.5,2", "a,b", "1;2", "1 2", "٣,٤", "1e3,2", "9" * 5000 + ",1"]
)
def test_a_bad_position(text: str) -> None:
    assert "write X,Y in whole pixels" in message(parse_position, text)


# --- pasting --------------------------------------------------------------------------------------------


def test_an_opaque_patch_replaces_the_pixels_under_it() -> None:
    patch = patch_of(5, 7)
    before = VIEW.copy()
    placed = paste(VIEW, patch, Placement(left=11, top=3))
    check(placed, VIEW)
    assert placed.box == (3, 11, 8, 18)
    assert placed.mask.sum() == 35
    assert np.array_equal(placed.view[3:8, 11:18], patch.rgba[..., :3])
    assert np.array_equal(VIEW, before)
    assert not np.shares_memory(placed.view, VIEW)


def test_a_read_only_view_is_taken() -> None:
    view = VIEW.copy()
    view.setflags(write=False)
    check(paste(view, patch_of(5, 7), Placement(0, 0)), view)


def test_alpha_blends() -> None:
    # One row of alphas over white: 200 at alpha 128 gives 200 * 128/255 + 255 * 127/255 = 227.39.
    view = np.full((1, 4, 3), 255, np.uint8)
    patch = patch_of(1, 4, alpha=np.array([0, 1, 128, 255]), colour=200)
    placed = paste(view, patch, Placement(0, 0))
    check(placed, view)
    assert placed.view[0, :, 0].tolist() == [255, 255, 227, 200]
    assert placed.mask[0].tolist() == [False, True, True, True]
    assert placed.box == (0, 1, 1, 4)


def test_the_box_leaves_transparent_margins_out() -> None:
    alpha = np.zeros((9, 9), np.uint8)
    alpha[2, 3] = alpha[6, 5] = 255
    placed = paste(VIEW, patch_of(9, 9, alpha=alpha), Placement(left=10, top=20))
    check(placed, VIEW)
    assert placed.box == (22, 13, 27, 16)
    assert placed.mask.sum() == 2


def test_the_last_row_and_column_are_reached() -> None:
    patch = patch_of(5, 7)
    placed = paste(VIEW, patch, Placement(left=53, top=35))
    check(placed, VIEW)
    assert placed.box == (35, 53, 40, 60)
    assert np.array_equal(placed.view[-1, -1], patch.rgba[-1, -1, :3])
    for place in (Placement(54, 35), Placement(53, 36)):
        message(paste, VIEW, patch, place)


def test_a_patch_as_large_as_the_view() -> None:
    placed = paste(VIEW, patch_of(40, 60), Placement(0, 0))
    check(placed, VIEW)
    assert placed.mask.all()


@pytest.mark.parametrize("rotation", [0, 360, -360, 720])
def test_whole_turns_change_nothing(rotation: float) -> None:
    patch = patch_of(5, 7)
    assert np.array_equal(paste(VIEW, patch, Placement(1, 2, rotation=rotation)).view[2:7, 1:8], patch.rgba[..., :3])


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (270, 3), (-90, 3), (450, 1)])
def test_quarter_turns_are_exact_and_counter_clockwise(rotation: float, turns: int) -> None:
    patch = patch_of(5, 7)
    placed = paste(VIEW, patch, Placement(left=2, top=3, rotation=rotation))
    check(placed, VIEW)
    expected = np.rot90(patch.rgba[..., :3], turns)
    height, width = expected.shape[:2]
    assert np.array_equal(placed.view[3 : 3 + height, 2 : 2 + width], expected)


def test_other_angles_turn_the_same_way() -> None:
    # The right half is white; turned by 60 degrees counter-clockwise it is the upper one.
    patch = patch_of(20, 20, colour=0)
    rgba = patch.rgba.copy()
    rgba[:, 10:, :3] = 255
    placed = paste(np.full((40, 40, 3), 128, np.uint8), Patch("p", "p", "", rgba), Placement(0, 0, 1.0, 60.0))
    assert placed.view[5, 14, 0] == 255
    assert placed.view[22, 14, 0] == 0


def test_a_turned_patch_agrees_with_pillows_rotation() -> None:
    patch = patch_of(21, 31, colour=90)
    height, width = placed_size(patch, 1.0, 30.0)
    assert (height, width) == (34, 38)  # 31 sin 30 + 21 cos 30 = 33.7 and 31 cos 30 + 21 sin 30 = 37.3
    placed = paste(VIEW, patch, Placement(0, 0, 1.0, 30.0))
    check(placed, VIEW)
    turned = np.asarray(Image.fromarray(patch.rgba).rotate(30, Image.Resampling.NEAREST, expand=True))
    whole = (placed.view == 90).all(axis=2)
    assert abs(int(whole.sum()) - int((turned[..., 3] > 0).sum())) < 2 * (21 + 31)
    # Faded edges lose and gain as much: over black, the patch's light is its area's.
    light = paste(np.zeros((60, 60, 3), np.uint8), patch, Placement(10, 10, 1.0, 30.0)).view[..., 0].sum()
    assert abs(light / 90 - 21 * 31) < 0.01 * 21 * 31


@pytest.mark.parametrize(("scale", "size"), [(0.5, (5, 10)), (2.0, (20, 40)), (1.49, (15, 30)), (0.051, (1, 1))])
def test_scaling(scale: float, size: tuple[int, int]) -> None:
    patch = patch_of(10, 20, colour=123)
    assert placed_size(patch, scale) == size
    placed = paste(VIEW, patch, Placement(3, 4, scale))
    check(placed, VIEW)
    assert placed.box == (4, 3, 4 + size[0], 3 + size[1])
    assert (placed.view[placed.mask] == 123).all()


def test_scaling_down_averages() -> None:
    rgba = np.full((64, 64, 4), 255, np.uint8)
    rgba[::2, ::2, :3] = rgba[1::2, 1::2, :3] = 0  # a chequerboard
    placed = paste(VIEW, Patch("p", "p", "", rgba), Placement(0, 0, 0.125))
    assert np.abs(placed.view[1:7, 1:7].astype(int) - 128).max() <= 2


@pytest.mark.parametrize(("scale", "rotation"), [(0.5, 0.0), (1.7, 0.0), (1.0, 33.0)])
def test_colours_under_transparent_pixels_do_not_bleed(scale: float, rotation: float) -> None:
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[..., 0] = 255  # red where nothing shows
    rgba[4:12, 4:12] = (0, 0, 255, 255)
    placed = paste(np.zeros((40, 40, 3), np.uint8), Patch("p", "p", "", rgba), Placement(0, 0, scale, rotation))
    assert placed.view[..., 0].max() == 0
    assert placed.view[..., 2].max() == 255


@given(scale=st.floats(0.2, 2), rotation=st.floats(0, 360))
def test_one_colour_stays_one_colour(scale: float, rotation: float) -> None:
    alpha = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (12, 12))
    patch = patch_of(12, 12, alpha=alpha, colour=90)
    placed = paste(np.full((40, 40, 3), 90, np.uint8), patch, Placement(0, 0, scale, rotation))
    assert np.abs(placed.view.astype(int) - 90).max() <= 3  # premultiplied in 8 bits, cut off and rounded


# --- what does not fit ----------------------------------------------------------------------------------


def test_too_large_says_the_sizes_and_the_largest_scale() -> None:
    patch = patch_of(30, 70)
    text = message(paste, VIEW, patch, Placement(0, 0))
    assert "30 x 70 px" in text
    assert "40 x 60 px" in text
    scale = float(re.search(r"largest scale that fits is ([0-9.]+)\.$", text)[1])
    assert scale == 0.8571  # 60 / 70
    check(paste(VIEW, patch, Placement(0, 0, scale)), VIEW)


def test_too_large_once_rotated() -> None:
    patch = patch_of(38, 58)
    check(paste(VIEW, patch, Placement(0, 0)), VIEW)
    text = message(paste, VIEW, patch, Placement(0, 0, 1.0, 45.0))
    assert "rotation 45" in text
    scale = float(re.search(r"largest scale that fits is ([0-9.]+)\.$", text)[1])
    check(paste(VIEW, patch, Placement(0, 0, scale, 45.0)), VIEW)


def test_a_huge_scale_is_refused_before_anything_is_drawn() -> None:
    assert "larger than the model's input" in message(paste, VIEW, patch_of(500, 500), Placement(0, 0, 1e6))


def test_a_sliver_that_fits_at_no_scale() -> None:
    assert largest_scale(patch_of(1, 1000), 0.0, (40, 60)) is None
    assert "at no scale" in message(paste, VIEW, patch_of(1, 1000), Placement(0, 0))


@pytest.mark.parametrize(("left", "top"), [(-1, 0), (0, -1), (54, 0), (0, 36), (10**9, 0)])
def test_a_bad_place_says_the_admissible_range(left: int, top: int) -> None:
    text = message(paste, VIEW, patch_of(5, 7), Placement(left, top))
    assert "5 x 7 px" in text
    assert "40 x 60 px" in text
    assert f"{left},{top}" in text
    assert text.endswith("X may be 0 to 53 and Y 0 to 35.")


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf, 1e300])
def test_scales_that_mean_nothing(scale: float) -> None:
    assert "cannot be scaled" in message(Placement, 0, 0, scale)


@pytest.mark.parametrize("rotation", [math.nan, math.inf, -math.inf])
def test_rotations_that_mean_nothing(rotation: float) -> None:
    assert "cannot be rotated" in message(Placement, 0, 0, 1.0, rotation)


def test_a_scale_that_leaves_no_pixel() -> None:
    text = message(paste, VIEW, patch_of(10, 20), Placement(0, 0, 0.04))
    assert "no pixel left" in text
    assert "more than 0.05" in text


def test_a_scale_that_leaves_no_visible_pixel() -> None:
    alpha = np.zeros((40, 40), np.uint8)
    alpha[20, 20] = 60
    assert "no visible pixel" in message(paste, VIEW, patch_of(40, 40, alpha=alpha), Placement(0, 0, 0.025))


# --- for drawn placements -------------------------------------------------------------------------------

SIDES = st.integers(1, 24)
SCALES = st.floats(0.05, 4)
ANGLES = st.one_of(st.floats(-720, 720), st.sampled_from([0.0, 45.0, 90.0, -90.0, 180.0, 270.0, 1e-9, -1e-300]))


@given(height=SIDES, width=SIDES, scale=SCALES, rotation=ANGLES, data=st.data())
def test_every_admissible_place_works_and_no_other(height, width, scale, rotation, data) -> None:
    patch = patch_of(height, width)
    assume(min(height, width) * scale >= 0.5)
    size = placed_size(patch, scale, rotation)
    assume(size[0] <= 40)
    assume(size[1] <= 60)
    left = data.draw(st.integers(0, 60 - size[1]))
    top = data.draw(st.integers(0, 40 - size[0]))
    placed = paste(VIEW, patch, Placement(left, top, scale, rotation))
    check(placed, VIEW)
    assert placed.box[0] >= top
    assert placed.box[1] >= left
    assert placed.box[2] <= top + size[0]
    assert placed.box[3] <= left + size[1]
    if rotation % 90 == 0:
        assert placed.box == (top, left, top + size[0], left + size[1])
        assert placed.mask.sum() == size[0] * size[1]
    for place in ((-1, top), (left, -1), (61 - size[1], top), (left, 41 - size[0])):
        message(paste, VIEW, patch, Placement(*place, scale, rotation))


@given(height=SIDES, width=SIDES, rotation=ANGLES, tall=st.integers(1, 60), wide=st.integers(1, 60))
def test_the_largest_scale_fits_and_little_more_does_not(height, width, rotation, tall, wide) -> None:
    patch = patch_of(height, width, colour=7)
    scale = largest_scale(patch, rotation, (tall, wide))
    if scale is None:
        return
    view = np.zeros((tall, wide, 3), np.uint8)
    check(paste(view, patch, Placement(0, 0, scale, rotation)), view)
    # Rounding both sides up, then the box, takes at most two pixels of it.
    above = placed_size(patch, scale + 3 / min(height, width), rotation)
    assert above[0] > tall or above[1] > wide


@given(alpha=st.integers(1, 255), left=st.integers(0, 53), top=st.integers(0, 35))
def test_blending_is_right_to_half_a_level(alpha: int, left: int, top: int) -> None:
    patch = patch_of(5, 7, alpha=alpha)
    placed = paste(VIEW, patch, Placement(left, top))
    area = np.s_[top : top + 5, left : left + 7]
    exact = patch.rgba[..., :3] * (alpha / 255) + VIEW[area] * (1 - alpha / 255)
    assert np.abs(placed.view[area] - exact).max() <= 0.5 + 1e-9
    assert placed.mask.sum() == 35
