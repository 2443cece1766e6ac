"""The threat: sizes in pixels or as a share, and every place of the patch."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ThreatError
from engine.threat import PatchThreat


@pytest.mark.parametrize(
    ("side", "share", "patch"),
    [
        (224, "1%", 23),
        (224, "2%", 32),
        (224, "3%", 39),
        (224, "5%", 51),
        (224, "8%", 64),
        (32, "0.4%", 2),
        (32, "2.4%", 5),
        (32, "5%", 7),
        (32, "8%", 9),
    ],
)
def test_the_literatures_sizes(side, share, patch):
    threat = PatchThreat.parse(share, (side, side))
    assert (threat.height, threat.width) == (patch, patch)


@pytest.mark.parametrize("text", ["2%", " 2 % ", "2.0%", "2.00 %"])
def test_a_share_may_be_written_in_several_ways(text):
    assert PatchThreat.parse(text, (224, 224)).height == 32


@given(st.integers(1, 100_000), st.integers(8, 300), st.integers(8, 300))
def test_any_other_share_is_the_smallest_square_of_at_least_that_share(thousandths, height, width):
    percent = thousandths / 1000
    wanted = next(side for side in range(1, 400) if side * side * 100_000 >= thousandths * height * width)
    if height == width and (height, percent) in {(224, share) for share in (1.0, 2.0, 3.0, 5.0, 8.0)}:
        return
    if height == width == 32 and percent in (0.4, 2.4, 5.0, 8.0):
        return
    if wanted > min(height, width):
        with pytest.raises(ThreatError):
            PatchThreat.parse(f"{percent}%", (height, width))
    else:
        threat = PatchThreat.parse(f"{percent}%", (height, width))
        assert (threat.height, threat.width) == (wanted, wanted)


@pytest.mark.parametrize(
    ("text", "height", "width"),
    [("32", 32, 32), ("32px", 32, 32), ("32x40", 32, 40), ("32X40", 32, 40), ("32 × 40 px", 32, 40), ("1", 1, 1)],
)
def test_sides_in_pixels_are_height_then_width(text, height, width):
    threat = PatchThreat.parse(text, (224, 224))
    assert (threat.height, threat.width) == (height, width)


@pytest.mark.parametrize(
    "text", ["", "x", "2%%", "-3", "-2%", "3.5", "32x", "x40", "32x40x3", "%", "two", "1e2", "nan%"]
)
def test_what_cannot_be_read_says_how_to_write_it(text):
    with pytest.raises(ThreatError) as caught:
        PatchThreat.parse(text, (224, 224))
    assert "write 2%, 32 or 32x40" in str(caught.value)


@pytest.mark.parametrize("text", ["0%", "0.0%", "100.1%", "200%"])
def test_a_share_of_nothing_or_of_too_much_is_refused(text):
    with pytest.raises(ThreatError, match="not a share of an image"):
        PatchThreat.parse(text, (224, 224))


def test_a_patch_that_does_not_fit_is_refused():
    assert PatchThreat.parse("224", (224, 224)).share == 1.0
    assert PatchThreat.parse("100%", (224, 224)).share == 1.0
    for text in ("225", "225x10", "10x225", "99999999999999999999"):
        with pytest.raises(ThreatError, match="larger than the model's input of 224 x 224 px; give a smaller patch"):
            PatchThreat.parse(text, (224, 224))
    for text in ("0", "0x5", "5x0"):
        with pytest.raises(ThreatError, match="is empty; give at least 1 px a side"):
            PatchThreat.parse(text, (224, 224))


def test_places_hold_the_last_row_and_column():
    threat = PatchThreat(2, 3, 6, 9)
    assert threat.places == (5, 7)
    places = [(top, left) for top in range(6) for left in range(9) if top + 2 <= 6 and left + 3 <= 9]
    assert len(places) == math.prod(threat.places)
    assert PatchThreat(6, 9, 6, 9).places == (1, 1)


def test_pixels_and_share_are_stated_together():
    assert str(PatchThreat(32, 32, 224, 224)) == "32 x 32 px (2.04% of the model's input)"
    assert PatchThreat(32, 32, 224, 224).patch_space == "model input"
    assert PatchThreat(2, 3, 6, 9).share == pytest.approx(6 / 54)
