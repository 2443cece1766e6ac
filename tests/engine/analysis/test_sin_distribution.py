"""Clusters of hand-made positions, counted and compared."""

import numpy as np
import pytest
from toys import pixel_footprints

from engine.analysis.look import Look
from engine.analysis.sin_distribution import image_distribution, sin_distribution
from engine.clusters import cluster_sins

FOOTPRINTS = pixel_footprints(40, 40)


def found(*positions):
    return image_distribution(cluster_sins(np.array(positions, dtype=np.int64), FOOTPRINTS, bandwidth=3.0))


# Two cells side by side: s_c 0.5. Two such pairs, 30 columns apart: two clusters, and all four spread by
# sqrt(15^2 + 0.5^2) in columns.
PAIR = found((5, 5), (5, 6))
TWO = found((5, 5), (5, 6), (5, 35), (5, 36))


def test_one_photo_by_hand():
    assert (PAIR.clusters, PAIR.std_px.tolist(), PAIR.size.tolist()) == (1, [0.5], [2])
    assert TWO.clusters == 2
    assert TWO.std_px.tolist() == [0.5, 0.5]
    assert float(TWO.spread_px) == pytest.approx(np.sqrt(15**2 + 0.5**2))


def test_s_c_of_a_photo_is_weighted_by_size():
    one = found((5, 5), (5, 6), (5, 6), (5, 5), (30, 30))
    assert sorted(one.size.tolist(), reverse=True) == [4, 1]
    assert one.mean_std_px == pytest.approx(0.5 * 4 / 5)


def test_a_set_by_hand():
    both = sin_distribution(Look("1", "contrast"), [TWO, TWO, PAIR], [PAIR, PAIR, TWO])
    benign, patched = both.values("clusters")
    assert (benign.tolist(), patched.tolist()) == ([2, 2, 1], [1, 1, 2])
    difference = both.difference("clusters")
    assert (difference.less.hits, difference.more.hits, difference.mean) == (2, 1, pytest.approx(-1 / 3))
    assert both.separation("clusters") == pytest.approx((4 + 4 / 2) / 9)  # less in 4 of 9 pairs, equal in 4
    assert difference.verdict == "no different"


def test_arrays_say_of_which_photo_each_cluster_is():
    both = sin_distribution(Look("1", "contrast"), [TWO, PAIR], [PAIR, PAIR])
    arrays = both.arrays()
    assert arrays["benign_image"].tolist() == [0, 0, 1]
    assert arrays["patched_image"].tolist() == [0, 1]
    assert len(arrays["benign_std_px"]) == len(arrays["benign_size"]) == 3
    rows = list(both.rows())
    assert [(row["copy"], row["photo"], row["cluster"]) for row in rows[:3]] == [
        ("benign", 0, 0),
        ("benign", 0, 1),
        ("benign", 1, 0),
    ]
    assert len(rows) == 5
