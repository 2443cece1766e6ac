"""Colours of the heatmap and the numbers beside them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.canvas.colour_bar import nice_ticks
from gui.canvas.layers import TABLES
from gui.canvas.tables import colour_table, levels_of, to_indices, veil_table


@pytest.mark.parametrize("name", TABLES)
def test_tables_get_lighter_all_the_way(name: str):
    table = colour_table(name).astype(float)
    lightness = table @ [0.299, 0.587, 0.114]
    assert table.shape == (256, 3)
    assert np.diff(lightness).min() > -1.0
    assert lightness[-1] - lightness[0] > 100


@pytest.mark.parametrize("name", TABLES)
def test_little_importance_lets_the_photo_through(name: str):
    veil = veil_table(name)
    assert (veil[:, :3] == colour_table(name)).all()
    assert veil[0, 3] < 100
    assert veil[-1, 3] == 255


def test_indices_run_over_the_levels():
    values = np.array([[2.0, 4.0], [3.0, 9.0]], dtype=np.float32)
    assert to_indices(values, (2.0, 4.0)).tolist() == [[0, 255], [127, 255]]


def test_values_that_are_not_finite_stand_out_and_spoil_nothing():
    values = np.array([[np.nan, np.inf, -np.inf, 1.0, 0.0]], dtype=np.float32)
    assert levels_of(values) == (0.0, 1.0)
    assert to_indices(values, levels_of(values)).tolist() == [[255, 255, 0, 255, 0]]


def test_a_flat_map_is_drawn_as_its_least():
    values = np.full((2, 2), 3.0, dtype=np.float32)
    assert to_indices(values, levels_of(values)).max() == 0
    assert levels_of(np.full((1, 1), np.nan, dtype=np.float32)) == (0.0, 1.0)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_few_and_inside(least: float, span: float):
    ticks = nice_ticks(least, least + span, 5)
    slack = 1e-5 * max(abs(least), span)
    assert len(ticks) <= 6
    assert all(least - slack <= tick <= least + span + slack for tick in ticks)


def test_ticks_of_a_common_range():
    assert nice_ticks(14.4, 53.8, 5) == [20, 30, 40, 50]
    assert nice_ticks(0.0, 1.0, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert nice_ticks(3.0, 3.0, 5) == [3.0]
