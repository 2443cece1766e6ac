"""Hatching, borders and tints of chosen cells."""

import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as arrays
from PySide6.QtGui import QColor

from gui.canvas.hatch import hatch_lines, mask_image, outline_lines

masks = arrays.arrays(np.bool_, arrays.array_shapes(min_dims=2, max_dims=2, max_side=9))


def test_a_line_runs_through_each_run_of_cells_along_a_diagonal():
    mask = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 1]], dtype=bool)
    # Diagonals: (0,0) | (1,0),(0,1) | (2,0) without (1,1),(0,2) | none | (2,2); from lower left to upper right.
    assert hatch_lines(mask, 1).tolist() == [[0, 1, 1, 0], [0, 2, 2, 0], [0, 3, 1, 2], [2, 3, 3, 2]]
    assert hatch_lines(mask, 2).tolist() == [[0, 1, 1, 0], [0, 3, 1, 2], [2, 3, 3, 2]]


@given(masks)
def test_every_chosen_cell_is_crossed_once_and_no_other(mask: np.ndarray):
    crossed = np.zeros_like(mask, dtype=int)
    for x, y, stop, top in hatch_lines(mask, 1).tolist():
        assert stop - x == y - top
        for step in range(stop - x):
            crossed[y - 1 - step, x + step] += 1
    assert (crossed == mask).all()


@given(masks)
def test_the_border_has_every_edge_between_chosen_and_other_cells(mask: np.ndarray):
    padded = np.pad(mask, 1)
    edges = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    ends = outline_lines(mask)
    lengths = abs(ends[:, 2] - ends[:, 0]) + abs(ends[:, 3] - ends[:, 1])
    assert lengths.sum() == edges
    assert ((ends[:, 0] == ends[:, 2]) | (ends[:, 1] == ends[:, 3])).all()


def test_a_single_cell_has_four_edges():
    assert sorted(outline_lines(np.array([[False, True]])).tolist()) == [
        [1, 0, 1, 1],
        [1, 0, 2, 0],
        [1, 1, 2, 1],
        [2, 0, 2, 1],
    ]


def test_a_mask_is_drawn_one_pixel_a_cell():
    image = mask_image(np.array([[True, False, False], [False, False, True]]), QColor(10, 20, 30, 40))
    assert (image.width(), image.height()) == (3, 2)
    assert image.pixelColor(0, 0).getRgb() == (10, 20, 30, 40)
    assert image.pixelColor(2, 1).alpha() == 40
    assert image.pixelColor(1, 0).alpha() == 0
