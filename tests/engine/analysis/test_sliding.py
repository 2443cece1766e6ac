"""Sums under a sliding window, counted by hand."""

import numpy as np
import pytest

from engine.analysis.sliding import densest_window, window_sums

MAP = np.array([[1, 0, 2], [0, 3, 0], [1, 1, 4]])


def test_sums_by_hand():
    assert window_sums(MAP, 2, 2).tolist() == [[4, 5], [5, 8]]
    assert window_sums(MAP, 1, 3).tolist() == [[3], [3], [6]]
    assert window_sums(MAP, 3, 3).tolist() == [[12]]


def test_bools_are_counted():
    assert window_sums(MAP > 0, 2, 2).tolist() == [[2, 2], [3, 3]]


@pytest.mark.parametrize("side", [0, 4])
def test_a_window_outside_the_map_is_refused(side):
    with pytest.raises(ValueError, match="does not lie in a map of 3 x 3"):
        window_sums(MAP, side, 1)


def test_the_densest_window_by_hand():
    assert densest_window(MAP, 2, 2) == (1, 1)
    assert densest_window(MAP, 1, 2) == (2, 1)


def test_of_equally_dense_windows_the_first_is_taken():
    assert densest_window(np.ones((4, 4), np.int32), 2, 2) == (0, 0)
    assert densest_window(np.array([[0, 1, 0, 1]], np.int32), 1, 1) == (0, 1)
