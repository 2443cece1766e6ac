"""Clusters of SINs: centre (Eq. 4) and standard deviation distance (Eq. 5) by hand, and degenerate inputs."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import conv_axis, pixel_footprints

from engine.classifiers.footprint import Footprints
from engine.clusters import center_and_std, cluster_positions, cluster_sins


def points(*pairs: tuple[int, int]) -> np.ndarray:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def test_equations_4_and_5_by_hand():
    """Corners of a 2 x 4 rectangle: mean (1, 2), each corner sqrt(1 + 4) away."""
    center, std = center_and_std(points((0, 0), (0, 4), (2, 0), (2, 4)))
    assert center == (1.0, 2.0)
    assert std == pytest.approx(math.sqrt(5))
    # Distances 2, 1, 1, 2 along a line: sqrt((4 + 1 + 1 + 4) / 4).
    center, std = center_and_std(points((3, 0), (3, 1), (3, 3), (3, 4)))
    assert center == (3.0, 2.0)
    assert std == pytest.approx(math.sqrt(2.5))


def test_two_groups_by_hand():
    left = [(row, column) for row in range(3) for column in range(3)]
    right = [(row + 40, column + 50) for row in range(2) for column in range(2)]
    found = cluster_sins(points(*right, *left), pixel_footprints(64, 64), bandwidth=6.0)
    assert [cluster.size for cluster in found.clusters] == [9, 4]
    assert found.clusters[0].center == (1.0, 1.0)
    assert found.clusters[1].center == (40.5, 50.5)
    assert found.clusters[0].std == pytest.approx(math.sqrt(12 / 9))
    assert found.clusters[1].std == pytest.approx(math.sqrt(0.5))
    assert found.labels.tolist() == [1] * 4 + [0] * 9
    assert found.positions_px.tolist() == found.positions.tolist()


def test_pixels_follow_the_footprints():
    """Cells of a 2 x 2 convolution of stride 2 lie at 0.5, 2.5, ...; distances double."""
    axis = conv_axis(20, 2, 2)
    found = cluster_sins(points((1, 1), (1, 3), (3, 1), (3, 3)), Footprints((axis,), (axis,)), bandwidth=9.0)
    (cluster,) = found.clusters
    assert cluster.center == (2.0, 2.0)
    assert cluster.center_px == (4.5, 4.5)
    assert cluster.std == pytest.approx(math.sqrt(2))
    assert cluster.std_px == pytest.approx(2 * math.sqrt(2))
    assert found.positions_px.tolist() == [[2.5, 2.5], [2.5, 6.5], [6.5, 2.5], [6.5, 6.5]]


def test_no_sins():
    found = cluster_sins(points(), pixel_footprints(8, 8))
    assert found.clusters == ()
    assert found.labels.shape == (0,)
    assert found.positions_px.shape == (0, 2)


@pytest.mark.parametrize("count", [1, 2, 200])
def test_all_in_one_cell(count):
    found = cluster_sins(points(*[(3, 5)] * count), pixel_footprints(8, 8))
    (cluster,) = found.clusters
    assert (cluster.center, cluster.std, cluster.size) == ((3.0, 5.0), 0.0, count)


@pytest.mark.filterwarnings("ignore:Binning data failed")
def test_two_sins_apart_and_two_side_by_side():
    found = cluster_sins(points((0, 0), (7, 7)), pixel_footprints(8, 8))
    assert [(cluster.center, cluster.std, cluster.size) for cluster in found.clusters] == [
        ((0.0, 0.0), 0.0, 1),
        ((7.0, 7.0), 0.0, 1),
    ]
    assert sum(cluster.size for cluster in cluster_sins(points((0, 0), (0, 1)), pixel_footprints(8, 8)).clusters) == 2


def test_most_in_one_cell():
    """The estimated bandwidth is 0 then; the rest still has to be put somewhere."""
    found = cluster_sins(points(*[(3, 3)] * 150, (0, 0), (7, 7), (3, 4)), pixel_footprints(8, 8))
    assert sum(cluster.size for cluster in found.clusters) == 153
    assert found.clusters[0].size >= 150
    assert np.isfinite([cluster.std for cluster in found.clusters]).all()


@settings(max_examples=40)
@pytest.mark.filterwarnings("ignore:Binning data failed")
@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 11)), max_size=40), st.none() | st.floats(0.5, 20))
def test_every_sin_is_in_one_cluster_and_the_largest_comes_first(pairs, bandwidth):
    positions = points(*pairs)
    found = cluster_sins(positions, pixel_footprints(16, 12), bandwidth)
    sizes = [cluster.size for cluster in found.clusters]
    assert sum(sizes) == len(pairs)
    assert sizes == sorted(sizes, reverse=True)
    assert [int((found.labels == index).sum()) for index in range(len(sizes))] == sizes
    for index, cluster in enumerate(found.clusters):
        members = positions[found.labels == index]
        mean = members.mean(axis=0)
        assert cluster.center == pytest.approx(tuple(mean))
        assert cluster.std == pytest.approx(np.sqrt(((members - mean) ** 2).sum(axis=1).mean()))
    assert not found.labels.flags.writeable
    assert not found.positions_px.flags.writeable


@pytest.mark.parametrize("pairs", [((0, 0), (0, 1)), ((0, 0), (7, 7)), ((0, 0), (3, 4), (7, 7))])
def test_few_sins_bring_no_warning_to_the_user(pairs):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cluster_sins(points(*pairs), pixel_footprints(8, 8))


def test_it_answers_the_same_twice():
    positions = np.random.default_rng(0).integers(0, 112, (200, 2))
    assert np.array_equal(cluster_positions(positions), cluster_positions(positions))
