"""Every place of a patch can be drawn, borders included, and none more often than another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PatchError
from engine.placement import Patch, paste
from engine.places import Places, check_places, draw_placement


def test_every_offset_is_drawn_and_none_more_often_than_another() -> None:
    draw = np.random.default_rng(0)
    size, view = (3, 2), (7, 5)
    counts = np.zeros((5, 4), int)  # 0 .. 7 - 3 down, 0 .. 5 - 2 across
    drawn = 20_000
    for _ in range(drawn):
        at = draw_placement(draw, size, view, Places())
        counts[at.top, at.left] += 1
    expected = drawn / counts.size
    statistic = float(((counts - expected) ** 2 / expected).sum())
    assert statistic < 43.8  # chi-squared with 19 degrees of freedom exceeds it once in a thousand
    assert counts.min() > 0


def test_a_patch_as_large_as_the_input_has_one_place() -> None:
    at = draw_placement(np.random.default_rng(0), (6, 6), (6, 6), Places())
    assert (at.left, at.top) == (0, 0)


def test_scales_and_rotations_fill_their_ranges() -> None:
    draw = np.random.default_rng(0)
    drawn = [draw_placement(draw, (4, 4), (30, 30), Places(rotation=30, scale=(0.5, 2))) for _ in range(2000)]
    for values, low, high in (
        ([at.rotation for at in drawn], -30, 30),
        ([at.scale for at in drawn], 0.5, 2.0),
    ):
        counts, _ = np.histogram(values, bins=10, range=(low, high))
        assert counts.sum() == 2000
        assert float(((counts - 200) ** 2 / 200).sum()) < 27.9  # 9 degrees of freedom


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.floats(0, 180),
    st.tuples(st.floats(0.5, 1.5), st.floats(0, 1)),
    st.integers(0, 2**32),
)
def test_whatever_is_drawn_can_be_pasted(size, rotation, scales, seed) -> None:
    places = Places(rotation=rotation, scale=(scales[0], scales[0] + scales[1]))
    view = np.zeros((20, 24, 3), np.uint8)
    try:
        check_places(size, view.shape[:2], places)
    except PatchError as error:
        assert str(error).endswith(".")  # noqa: PT017
        return
    patch = Patch("p", "p", "", np.full((*size, 4), 255, np.uint8))
    draw = np.random.default_rng(seed)
    for _ in range(3):
        paste(view, patch, draw_placement(draw, size, (20, 24), places))


def test_a_fixed_place_is_always_taken() -> None:
    draw = np.random.default_rng(0)
    drawn = [draw_placement(draw, (4, 4), (30, 30), Places(at=(5, 7), rotation=10)) for _ in range(20)]
    assert {(at.left, at.top) for at in drawn} == {(5, 7)}
    assert len({at.rotation for at in drawn}) == 20


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (Places(scale=(1.0, 3.1)), "takes up to 31 x 31 px"),
        (Places(rotation=45, scale=(1.0, 2.5)), "takes up to 36 x 36 px"),
        (Places(at=(21, 0)), "at 21,0"),
        (Places(at=(-1, 0)), "at -1,0"),
        (Places(scale=(0.01, 1.0)), "no pixel left at scale 0.01"),
    ],
)
def test_places_outside_are_refused_in_one_sentence(places: Places, words: str) -> None:
    with pytest.raises(PatchError, match=words) as caught:
        check_places((10, 10), (30, 30), places)
    assert str(caught.value).endswith(".")
