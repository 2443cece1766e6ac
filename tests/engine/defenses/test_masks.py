"""Mask families hide what they say they hide, by enumeration; bands touch what they say they touch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.defenses.bands import band_masks, block_masks, cyclic_runs, touched_bands
from engine.defenses.masks import covering_masks, occlusion_grid
from engine.errors import CoverageError
from engine.threat import PatchThreat


def spans(masks, axis: int) -> list[tuple[int, int]]:
    """The distinct spans of single-box masks along an axis, in order."""
    return list(dict.fromkeys((mask.boxes[0][axis], mask.boxes[0][axis + 2]) for mask in masks))


@pytest.mark.parametrize(
    ("extent", "patch", "steps", "stride", "side"),
    [
        (224, 32, 6, 33, 64),
        (224, 23, 6, 34, 56),
        (224, 39, 6, 31, 69),
        (224, 35, 6, 32, 66),
        (32, 2, 6, 6, 7),
        (32, 5, 6, 5, 9),
        (32, 7, 6, 5, 11),
    ],
)
def test_published_mask_sets(extent: int, patch: int, steps: int, stride: int, side: int) -> None:
    family = covering_masks(PatchThreat(patch, patch, extent, extent), steps)
    rows = spans(family.masks, 0)
    assert len(rows) <= steps
    assert {stop - start for start, stop in rows} == {side}
    assert rows[1][0] - rows[0][0] == stride
    assert len(family.masks) == len(rows) ** 2


def test_covering_masks_hide_every_offset() -> None:
    for extent in range(2, 41):
        for patch in range(1, extent):
            for steps in range(2, 9):
                try:
                    family = covering_masks(PatchThreat(1, patch, 4 * steps, extent), steps)
                except CoverageError:
                    continue
                columns = spans(family.masks, 1)
                for place in range(extent - patch + 1):
                    assert any(start <= place and place + patch <= stop for start, stop in columns)
                assert family.cover.everywhere


@given(st.integers(6, 14), st.integers(6, 14), st.integers(1, 3), st.integers(1, 4), st.integers(2, 5))
def test_the_cover_of_a_mask_set_is_what_it_hides(height: int, width: int, high: int, wide: int, steps: int) -> None:
    threat = PatchThreat(high, wide, height, width)
    family = covering_masks(threat, steps)
    counted = np.zeros(threat.places, int)
    for (mask,) in (mask.boxes for mask in family.masks):
        for row, column in np.ndindex(threat.places):
            top, left, bottom, right = mask
            counted[row, column] += top <= row and row + high <= bottom and left <= column and column + wide <= right
    assert np.array_equal(family.cover.count(np.ones(len(family.masks), bool)), counted)
    assert (counted > 0).all()


@pytest.mark.parametrize("growth", [0, 1, 2])
@pytest.mark.parametrize("stride", range(1, 8))
@pytest.mark.parametrize("patch", [2, 5, 7])
def test_every_offset_has_a_vote_that_is_all_hidden(growth: int, stride: int, patch: int) -> None:
    extent = 48
    grid = occlusion_grid(PatchThreat(patch, patch, extent, extent), stride, growth, padded=True)
    rows = spans(grid.masks, 0)
    assert len(rows) == grid.shape[0]
    for place in range(extent - patch + 1):
        hiding = [max(0, place) >= start and place + patch <= stop for start, stop in rows]
        votes = [all(hiding[cell : cell + growth + 1]) for cell in range(len(rows) - growth)]
        assert any(votes), place
        assert [bool(held) for held in grid.cover.rows[:, place]] == votes
    assert grid.cover.everywhere


def test_the_papers_grid_leaves_the_border_open() -> None:
    """32 px, 5 px patch, 3 x 3 votes: 26 x 26 occlusions, 24 x 24 votes, offsets 0, 1, 26 and 27 uncovered."""
    threat = PatchThreat(5, 5, 32, 32)
    paper = occlusion_grid(threat, 1, 2, padded=False)
    assert paper.shape == (26, 26)
    assert len(paper.cover.rows) == 24
    assert list(np.flatnonzero(~paper.cover.rows.any(axis=0))) == [0, 1, 26, 27]
    assert not paper.cover.everywhere
    sound = occlusion_grid(threat, 1, 2, padded=True)
    assert sound.shape == (30, 30)
    assert sound.cover.rows.shape == (28, 28)
    assert spans(sound.masks, 0)[:4] == [(0, 5), (0, 6), (0, 7), (1, 8)]  # starts -2, -1, 0, 1 and not 2, 1, 0, 1
    assert sound.cover.rows[:, 0].any()


def test_too_large_patches_are_refused() -> None:
    with pytest.raises(CoverageError, match="hide the whole photo"):
        covering_masks(PatchThreat(8, 8, 8, 8), 6)
    with pytest.raises(CoverageError, match="leave too little"):
        occlusion_grid(PatchThreat(6, 6, 8, 8), 1, 2, padded=True)


def test_bands_at_every_column_touch_patch_and_band_less_one() -> None:
    for extent in range(2, 33):
        for band in range(1, extent + 1):
            for patch in range(1, extent + 1):
                touched = touched_bands(extent, band, 1, patch)
                assert touched.sum(axis=1).max() == min(extent, patch + band - 1)


@pytest.mark.parametrize(("patch", "stride", "most", "formula"), [(32, 10, 6, 5), (39, 10, 7, 6), (32, 5, 11, 10)])
def test_strided_bands_crowd_where_they_wrap(patch: int, stride: int, most: int, formula: int) -> None:
    """Where the stride does not divide the width, ceil((p + b - 1) / t) is one short."""
    assert touched_bands(224, 19, stride, patch).sum(axis=1).max() == most
    assert -(-(patch + 19 - 1) // stride) == formula


@given(st.integers(3, 12), st.integers(1, 12), st.integers(1, 4), st.integers(1, 12))
def test_touched_bands_are_those_that_show_a_part_of_the_patch(
    extent: int, band: int, stride: int, patch: int
) -> None:
    band, patch = min(band, extent), min(patch, extent)
    touched = touched_bands(extent, band, stride, patch)
    masks = band_masks(2, extent, band, stride)
    for place in range(extent - patch + 1):
        for index, mask in enumerate(masks):
            shown = {column for _, left, _, right in mask.boxes for column in range(left, right)}
            assert len(shown) == band
            assert touched[place, index] == bool(shown & set(range(place, place + patch)))


def test_blocks_wrap_along_both_axes() -> None:
    masks = block_masks(4, 5, 2, 1)
    assert len(masks) == 20
    assert set(masks[-1].boxes) == {(3, 4, 4, 5), (3, 0, 4, 1), (0, 4, 1, 5), (0, 0, 1, 1)}
    assert all(mask.shown for mask in masks)
    assert sum((b - t) * (r - left) for t, left, b, r in masks[7].boxes) == 4


def test_cyclic_runs() -> None:
    runs = cyclic_runs(5, 3)
    assert runs.sum(axis=1).tolist() == [3] * 5
    assert np.flatnonzero(runs[4]).tolist() == [0, 1, 4]
    assert cyclic_runs(5, 5).all()
