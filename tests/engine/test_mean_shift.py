"""MeanShift: scikit-learn's own answers on random and degenerate positions."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import MeanShift, estimate_bandwidth

from engine.mean_shift import mean_shift, usual_bandwidth


def wanted(points: np.ndarray, bandwidth: float) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return MeanShift(bandwidth=bandwidth, bin_seeding=True).fit(points).labels_


@pytest.mark.parametrize("seed", range(12))
def test_clusters_are_scikit_learns(seed):
    draw = np.random.default_rng(seed)
    centres = draw.uniform(0, 112, (int(draw.integers(1, 6)), 2))
    spread = draw.uniform(0.5, 12)
    points = np.rint(centres[draw.integers(len(centres), size=int(draw.integers(2, 120)))])
    points = np.rint(points + draw.normal(scale=spread, size=points.shape))
    bandwidth = float(draw.uniform(1.0, 30.0))
    assert usual_bandwidth(points) == pytest.approx(estimate_bandwidth(points), rel=1e-12)
    assert mean_shift(points, bandwidth).tolist() == wanted(points, bandwidth).tolist()


@pytest.mark.parametrize(
    "points",
    [
        [[3.0, 4.0]],
        [[3.0, 4.0]] * 5,
        [[0.0, 0.0], [0.0, 1.0]],
        [[0.0, 0.0], [100.0, 100.0]],
        [[float(row), float(column)] for row in range(6) for column in range(6)],
    ],
)
def test_degenerate_positions(points):
    points = np.array(points)
    assert mean_shift(points, 1.5).tolist() == wanted(points, 1.5).tolist()
