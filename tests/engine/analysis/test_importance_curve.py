"""The importance curve of hand-made values."""

import math

import numpy as np
import pytest

from engine.analysis.importance_curve import importance_curve
from engine.analysis.look import Look

LOOK = Look("1", "contrast")
BENIGN = np.array([[4, 2, 1, 1, 0], [2, 2, 1, 1, 0]], dtype=np.float32)
PATCHED = np.array([[8, 4, 1, 1, 0], [1, 1, 1, 1, 0]], dtype=np.float32)


def test_ratios_by_hand():
    curve = importance_curve(LOOK, 0.3, BENIGN, PATCHED)  # points at 0, 25, 50, 75 and 100 %: two are SINs
    assert curve.kept_ratio == pytest.approx((8 + 4 + 1 + 1) / (4 + 2 + 2 + 2))
    assert curve.pruned_ratio == pytest.approx(1.0)
    assert (curve.higher, curve.images) == (1, 2)


def test_nothing_is_pruned_at_the_full_rate():
    assert math.isnan(importance_curve(LOOK, 1.0, BENIGN, PATCHED).pruned_ratio)


def test_one_photo_is_a_curve_too():
    curve = importance_curve(LOOK, 0.5, BENIGN[:1], PATCHED[:1])
    low, high = curve.spread(curve.benign)
    assert low.tolist() == high.tolist() == BENIGN[0].tolist()


def test_rows_hold_mean_and_spread_of_each_rank():
    rows = list(importance_curve(LOOK, 0.3, BENIGN, PATCHED).rows())
    assert [row["is_sin"] for row in rows] == [True, True, False, False, False]
    assert rows[0]["benign_mean"] == 3
    assert rows[0]["patched_p10"] == pytest.approx(1.7)
    assert rows[0]["patched_p90"] == pytest.approx(7.3)


def test_nobody_can_write_to_a_result():
    curve = importance_curve(LOOK, 0.3, BENIGN, PATCHED)
    for array in (curve.share, curve.benign, curve.patched):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
