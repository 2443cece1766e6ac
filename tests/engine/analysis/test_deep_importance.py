"""Where maps put the patch, by hand."""

import math

import numpy as np
import pytest
import torch
from toys import Toy, classifier

from engine.analysis.deep_importance import deep_against_superficial, measure_map, superficial_map
from engine.analysis.look import Look
from engine.pipeline import Inspector
from engine.superficial import superficial, to_pixels

LOOK = Look("1", "contrast")
MAP = np.array([[1, 0], [-5, 3]], np.float32)  # cells of 2 x 2 px; what is below 0 counts as 0


def measured(box, ms=1.0):
    return measure_map(MAP, box, (4, 4), ms)


def test_a_box_on_one_cell():
    found = measured((2, 2, 4, 4))
    assert (float(found.inside), bool(found.peak), float(found.localised)) == (0.75, True, 0.75)


def test_a_box_across_cells():
    # A quarter of each cell: (1 + 0 + 0 + 3) / 16 of the importance, and the densest box lies on one cell.
    found = measured((1, 1, 3, 3))
    assert float(found.inside) == pytest.approx(1 / 4)
    assert bool(found.peak)
    assert float(found.localised) == 0.75


def test_a_box_away_from_the_peak():
    found = measured((0, 0, 2, 2))
    assert (float(found.inside), bool(found.peak)) == (0.25, False)


def test_a_map_of_nothing_puts_nothing_anywhere():
    found = measure_map(np.zeros((2, 2), np.float32), (0, 0, 1, 1), (4, 4), 1.0)
    assert (float(found.inside), float(found.localised)) == (0, 0)


def test_the_superficial_map_is_the_heatmap():
    made = classifier(Toy(torch.nn.Conv2d(3, 4, 3, stride=2, padding=1), 4), 12)
    cut, _ = Inspector(made).cut("stem")
    pixels = to_pixels(np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8))
    for importance in ("contrast", "activation"):
        heatmap, ms = superficial_map(cut, pixels, importance)
        assert heatmap == pytest.approx(superficial(cut, pixels, importance, "neutral").heatmap, rel=1e-5)
        assert ms > 0


def test_a_set_by_hand():
    inside, outside = measured((2, 2, 4, 4), 2.0), measured((0, 0, 2, 2), 4.0)
    maps = [[[outside, inside], [outside, outside]], [[outside, inside], [inside, outside]]]
    found = deep_against_superficial(LOOK, 0.25, maps)
    assert [found.gain(0, copy) for copy in (0, 1)] == [1.0, 3.0]
    assert [found.gain(1, copy) for copy in (0, 1)] == [2.0, 1.0]
    assert [found.peaks(0, copy).hits for copy in (0, 1)] == [0, 2]
    assert found.separation(0) == 0.5  # equally localised everywhere
    rows = list(found.rows())
    assert [(row["map"], row["copy"]) for row in rows] == [
        ("superficial", "benign"),
        ("superficial", "patched"),
        ("deep", "benign"),
        ("deep", "patched"),
    ]
    assert rows[1]["ms_median"] == 2.0


def test_separation_counts_the_more_localised():
    sharp, even = measure_map(MAP, (0, 0, 2, 2), (4, 4), 1.0), measure_map(np.ones((2, 2)), (0, 0, 2, 2), (4, 4), 1.0)
    found = deep_against_superficial(LOOK, 0.25, [[[even, sharp], [sharp, even]]] * 2)
    assert (found.separation(0), found.separation(1)) == (1.0, 0.0)


def test_a_classifier_without_a_deep_map():
    one = measured((0, 0, 2, 2))
    found = deep_against_superficial(LOOK, 0.25, [[[one, one], [None, None]]])
    assert math.isnan(found.gain(1, 0))
    assert math.isnan(found.separation(1))
    assert found.gain(0, 0) == 1.0
