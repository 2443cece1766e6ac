"""Window families: every place of the patch hidden in every crossing tensor, checked cell by cell."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from toys import conv_axis, conv_cells, conv_extent, pixel_footprints, square_threat

from engine.classifiers.footprint import Footprints
from engine.errors import CoverageError
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat
from engine.windows import WindowFamily, default_window, largest_window, smallest_window, window_family

# What a crossing tensor does along an axis: kernel, stride, padding, dilation.
Conv = tuple[int, int, int, int]

CONVS = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))


@st.composite
def cuts(draw: st.DrawFn, most_pixels: int = 26) -> tuple[list[list[Conv]], tuple[int, int], PatchThreat]:
    """Convolutions of one to three crossing tensors for rows and for columns, sizes, and a threat."""
    size = draw(st.tuples(st.integers(6, most_pixels), st.integers(6, most_pixels)))
    tensors = draw(st.integers(1, 3))
    kinds = [[draw(CONVS) for _ in range(tensors)] for _ in range(2)]
    for lines, axis in zip(size, kinds, strict=True):
        assume(all(conv_extent(lines, *kind) >= 2 for kind in axis))
    patch = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    assume(patch[0] <= size[0])
    assume(patch[1] <= size[1])
    return kinds, size, PatchThreat(*patch, *size)


def footprints_of(kinds: list[list[Conv]], size: tuple[int, int]) -> Footprints:
    rows, columns = (tuple(conv_axis(lines, *kind) for kind in axis) for lines, axis in zip(size, kinds, strict=True))
    return Footprints(rows, columns)


def reached_cells(kinds: list[Conv], lines: int, length: int) -> list[list[set[int]]]:
    """For every place of the patch along an axis, the cells it reaches in every crossing tensor."""
    per_line = [[conv_cells(line, lines, *kind) for kind in kinds] for line in range(lines)]
    return [
        [
            {cell for line in range(place, place + length) for cell in per_line[line][tensor]}
            for tensor in range(len(kinds))
        ]
        for place in range(lines - length + 1)
    ]


def hidden(cells: list[set[int]], window: tuple[tuple[int, int], ...]) -> bool:
    """Whether a window holds all cells in every crossing tensor."""
    return all(
        all(start <= cell < stop for cell in reached) for reached, (start, stop) in zip(cells, window, strict=True)
    )


def uncovered(family: WindowFamily, kinds: list[list[Conv]], size: tuple[int, int]) -> list[tuple[int, int]]:
    """Places of the patch that no window of the family hides in every tensor, by enumeration."""
    threat = family.threat
    down = reached_cells(kinds[0], size[0], threat.height)
    across = reached_cells(kinds[1], size[1], threat.width)
    boxes = [(row.cells, column.cells) for row, column in (family[index] for index in range(len(family)))]
    by_row = {cells: [hidden(place, cells) for place in down] for cells, _ in boxes}
    by_column = {cells: [hidden(place, cells) for place in across] for _, cells in boxes}
    return [
        (top, left)
        for top in range(len(down))
        for left in range(len(across))
        if not any(by_row[row][top] and by_column[column][left] for row, column in boxes)
    ]


def orderly(footprints: Footprints, tensors: int | None = None) -> bool:
    """Whether reach moves steadily with the line, as it does but for dilation and borders that read nothing."""
    for axis in (*footprints.rows[:tensors], *footprints.columns[:tensors]):
        some = axis.first < axis.last
        if not some[0] or (np.diff(axis.first[some]) < 0).any() or (np.diff(axis.last[some]) < 0).any():
            return False
    return True


def built(kinds, size, threat, side=None, stride=None) -> WindowFamily | None:
    """A family, or None where the engine says that there is none."""
    try:
        return window_family(footprints_of(kinds, size), threat, side, stride)
    except CoverageError:
        return None


@given(cuts(), st.none() | st.integers(0, 6))
def test_every_place_is_covered_in_every_crossing_tensor(case, wider):
    kinds, size, threat = case
    footprints = footprints_of(kinds, size)
    smallest = smallest_window(footprints, threat)
    family = built(kinds, size, threat, None if wider is None else smallest + wider)
    if family is None:
        most = min(footprints.rows[0].cells, footprints.columns[0].cells) - 1
        assert smallest + (wider or 0) > most or not orderly(footprints, 1), "a family that exists was refused"
        return
    assert uncovered(family, kinds, size) == []
    assert all(
        axis.cells[0][1] - axis.cells[0][0] == family.side
        and axis.cells[0][0] >= 0
        and axis.cells[0][1] <= footprint[0].cells
        for axes, footprint in ((family.rows, footprints.rows), (family.columns, footprints.columns))
        for axis in axes
    )


@settings(max_examples=60)
@given(cuts(), st.integers(1, 8), st.integers(0, 4))
def test_with_a_stride_every_place_is_covered_or_the_stride_refused(case, stride, wider):
    kinds, size, threat = case
    footprints = footprints_of(kinds, size)
    side = smallest_window(footprints, threat) + wider
    assume(side < min(footprints.rows[0].cells, footprints.columns[0].cells))
    try:
        family = window_family(footprints, threat, side, stride)
    except CoverageError as error:
        named = re.search(r"the widest that hides it everywhere is (\d+)", str(error))
        if named is None:
            assert not orderly(footprints, 1)
            return
        widest = int(named[1])
        assert widest < stride
        assert uncovered(window_family(footprints, threat, side, widest), kinds, size) == []
        for step in range(widest + 1, stride + 1):
            with pytest.raises(CoverageError):
                window_family(footprints, threat, side, step)
        return
    assert uncovered(family, kinds, size) == []
    for axes, footprint in ((family.rows, footprints.rows[0]), (family.columns, footprints.columns[0])):
        starts = [axis.cells[0][0] for axis in axes]
        assert starts == sorted({*range(0, footprint.cells - side + 1, stride), footprint.cells - side})


@given(cuts())
def test_the_count_of_windows_that_hide_a_place_is_never_above_the_true_one(case):
    """``covering`` may miss a window that hides a place by chance; it must not invent one."""
    kinds, size, threat = case
    family = built(kinds, size, threat)
    assume(family is not None)
    counted = family.covering(np.ones(len(family), dtype=np.int64))
    assert counted.shape == threat.places
    down = reached_cells(kinds[0], size[0], threat.height)
    across = reached_cells(kinds[1], size[1], threat.width)
    rows = np.array([[hidden(place, axis.cells) for place in down] for axis in family.rows]).astype(int)
    columns = np.array([[hidden(place, axis.cells) for place in across] for axis in family.columns]).astype(int)
    true = rows.sum(axis=0)[:, None] * columns.sum(axis=0)[None, :]
    assert (counted <= true).all()
    assert (counted >= 1).all()


@given(cuts())
def test_content_inside_a_pixel_box_reaches_only_occluded_cells(case):
    kinds, size, threat = case
    family = built(kinds, size, threat)
    assume(family is not None)
    for axis, axes in enumerate((family.rows, family.columns)):
        lines = reached_cells(kinds[axis], size[axis], 1)
        for window in axes:
            assert all(hidden(lines[line], window.cells) for line in range(*window.pixels))
    assert family.boxes_px.shape == (len(family), 4)
    row, column = family[len(family) - 1]
    assert family.boxes_px[-1].tolist() == [row.pixels[0], column.pixels[0], row.pixels[1], column.pixels[1]]
    assert not family.boxes_px.flags.writeable


@given(cuts(most_pixels=16), st.integers(0, 4))
def test_the_smallest_family_is_smallest(case, wider):
    """Along each axis, no choice of fewer windows of that side hides every place."""
    kinds, size, threat = case
    kinds = [axis[:1] for axis in kinds]
    footprints = footprints_of(kinds, size)
    assume(orderly(footprints))
    family = built(kinds, size, threat, smallest_window(footprints, threat) + wider)
    assume(family is not None)
    for axis, axes in enumerate((family.rows, family.columns)):
        length = (threat.height, threat.width)[axis]
        places = reached_cells(kinds[axis], size[axis], length)
        extent = conv_extent(size[axis], *kinds[axis][0])
        masks = [
            sum(1 << place for place, cells in enumerate(places) if hidden(cells, ((start, start + family.side),)))
            for start in range(extent - family.side + 1)
        ]
        whole = (1 << len(places)) - 1
        assert len({window.cells for window in axes}) == len(axes)
        for fewer in itertools.combinations(masks, len(axes) - 1):
            assert np.bitwise_or.reduce(np.array([0, *fewer], dtype=object)) != whole


@given(cuts())
def test_the_smallest_window_is_smallest(case):
    """With one cell less, windows everywhere leave a place open; with it, they leave none."""
    kinds, size, threat = case
    kinds = [axis[:1] for axis in kinds]
    smallest = smallest_window(footprints_of(kinds, size), threat)
    for side, wanted in ((smallest - 1, False), (smallest, True)):
        covered = []
        for axis, length in enumerate((threat.height, threat.width)):
            extent = conv_extent(size[axis], *kinds[axis][0])
            windows = [((start, start + side),) for start in range(-side, extent)]
            covered += [
                any(hidden(place, window) for window in windows)
                for place in reached_cells(kinds[axis], size[axis], length)
            ]
        assert all(covered) == wanted or side == 0


@given(cuts())
def test_the_default_window_is_the_smallest_that_needs_at_most_six_steps_an_axis(case):
    kinds, size, threat = case
    footprints = footprints_of(kinds, size)
    assume(orderly(footprints, 1))
    family = built(kinds, size, threat)
    assume(family is not None)
    assert family.side == default_window(footprints, threat)
    assert max(len(family.rows), len(family.columns)) <= 6 or family.side == largest_window(footprints) - 1
    if family.side > family.smallest:
        tighter = window_family(footprints, threat, family.side - 1)
        assert max(len(tighter.rows), len(tighter.columns)) > 6


def test_a_window_below_the_smallest_is_refused_and_the_smallest_named():
    footprints = Footprints((conv_axis(24, 3, 2, 1),), (conv_axis(24, 3, 2, 1),))
    threat = square_threat(5, 24)
    with pytest.raises(CoverageError) as caught:
        window_family(footprints, threat, 2)
    named = int(re.search(r"the smallest one is (\d+)", str(caught.value))[1])
    assert window_family(footprints, threat, named).side == named == smallest_window(footprints, threat) == 4
    with pytest.raises(CoverageError, match=f"the smallest one is {named}"):
        window_family(footprints, threat, named - 1)


def test_a_window_as_large_as_the_map_is_refused():
    footprints = pixel_footprints(12, 15)
    for side in (12, 13, 400):
        with pytest.raises(CoverageError, match="hides the whole map of 12; give one from 3 to 11"):
            window_family(footprints, square_threat(3, 12), side)
    assert window_family(footprints, PatchThreat(3, 3, 12, 15), 11).side == 11


def test_a_patch_that_reaches_everything_is_refused():
    with pytest.raises(CoverageError, match="give a smaller patch or an earlier layer"):
        window_family(pixel_footprints(12, 12), square_threat(12, 12))


@pytest.mark.parametrize("patch", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [(3, 1, 2, 2), (2, 1, 0, 2), (3, 1, 0, 3), (3, 2, 3, 3)])
def test_a_dilated_layer_has_a_family_too(kind, patch):
    """At the border a line reaches fewer cells than its neighbours, so reach does not move steadily there."""
    kinds, size, threat = [[kind], [kind]], (20, 20), square_threat(patch, 20)
    family = window_family(footprints_of(kinds, size), threat)
    assert uncovered(family, kinds, size) == []
    smallest = window_family(footprints_of(kinds, size), threat, family.smallest)
    assert uncovered(smallest, kinds, size) == []


def test_lines_that_reach_nothing_do_not_stand_for_the_window():
    """Two taps three cells apart: the last cell has one line, no longer than the gaps inside every window."""
    kind, lines = (2, 3, 2, 2), 8
    axis = conv_axis(lines, *kind)
    assert [axis.last[line] - axis.first[line] for line in (2, 5, 7)] == [0, 0, 1]
    family = window_family(Footprints((axis,), (axis,)), PatchThreat(1, 1, lines, lines), 1, 1)
    assert uncovered(family, [[kind], [kind]], (lines, lines)) == []


def test_a_reach_that_jumps_about_is_refused():
    """Rows that arrive mirrored in part: no family of intervals hides every place, and none is claimed to."""
    axis = conv_axis(8, 1)
    order = np.array([0, 5, 2, 7, 4, 1, 6, 3])
    jumping = type(axis)(order, order + 1, 8)
    with pytest.raises(CoverageError):
        window_family(Footprints((jumping,), (axis,)), square_threat(3, 8), 4)


def test_patchcleansers_pixel_family():
    """36 masks of 64 px at steps of 33 px hide a patch of 32 px in 224 x 224 px."""
    family = window_family(pixel_footprints(224, 224), square_threat(32, 224), side=64, stride=33)
    for axes in (family.rows, family.columns):
        assert [axis.pixels for axis in axes] == [(start, start + 64) for start in (0, 33, 66, 99, 132, 160)]
        assert [axis.cells for axis in axes] == [((start, start + 64),) for start in (0, 33, 66, 99, 132, 160)]
    assert len(family) == 36
    with pytest.raises(CoverageError, match="the widest that hides it everywhere is 33"):
        window_family(pixel_footprints(224, 224), square_threat(32, 224), side=64, stride=34)


def test_the_same_from_the_embedded_model_cut_at_its_pixels(lite0: Inspector):
    _, footprints, _ = lite0.prepare(Settings(layer="input", backend="torch"))
    family = window_family(footprints, square_threat(32, 224), side=64, stride=33)
    assert [axis.pixels[0] for axis in family.rows] == [0, 33, 66, 99, 132, 160]
    assert [axis.pixels[0] for axis in family.columns] == [0, 33, 66, 99, 132, 160]


def test_the_embedded_models_default_family(lite0: Inspector):
    """2 % at the stem (3 x 3, stride 2): a patch of 32 px reaches 17 cells; 36 windows hide it."""
    _, footprints, _ = lite0.prepare(Settings(backend="torch"))
    assert smallest_window(footprints, square_threat(32, 224)) == 17
    family = window_family(footprints, square_threat(32, 224))
    assert len(family.rows) == len(family.columns) == 6
    for axes, axis in ((family.rows, footprints.rows[0]), (family.columns, footprints.columns[0])):
        for place in range(224 - 32 + 1):
            cells = {cell for line in range(place, place + 32) for cell in range(axis.first[line], axis.last[line])}
            assert any(hidden([cells], window.cells) for window in axes)


def test_what_every_window_hides_is_what_the_least_of_them_does():
    """3 x 3 with stride 2 on 24 x 36 px: windows at the edges hide another number of lines than those between."""
    kinds = [[(3, 2, 1)], [(3, 2, 1)]]
    family = window_family(footprints_of(kinds, (24, 36)), PatchThreat(5, 4, 24, 36), 6)
    high, wide = family.least_px
    sides = [(bottom - top, right - left) for top, left, bottom, right in family.boxes_px.tolist()]
    assert (high, wide) == (min(side[0] for side in sides), min(side[1] for side in sides))
    assert high < max(side[0] for side in sides)
    assert high >= 5


def test_covering_adds_the_weights_of_the_windows_that_hide_a_place():
    """5 x 5 px, patch 2, windows of 3 px: along an axis 0-2 hides places 0 and 1, and 2-4 hides 2 and 3."""
    family = window_family(pixel_footprints(5, 5), square_threat(2, 5), side=3)
    assert [axis.pixels for axis in family.rows] == [(0, 3), (2, 5)]
    weights = np.array([1, 10, 100, 1000])
    assert family.covering(weights).tolist() == [
        [1, 1, 10, 10],
        [1, 1, 10, 10],
        [100, 100, 1000, 1000],
        [100, 100, 1000, 1000],
    ]
    assert family.covering(np.array([0, 0, 0, 1])).sum() == 4
