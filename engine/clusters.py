"""Clusters of SINs and how far each spreads (Eq. 4 and Eq. 5)."""

import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.classifiers.footprint import Footprints
from engine.deferred import statistics_deferred

__all__ = ["CLUSTERED_SINS", "SinCluster", "SinClusters", "cluster_positions", "cluster_sins"]

CLUSTERED_SINS = 200


@dataclass(frozen=True)
class SinCluster:
    """One cluster of SINs.

    Parameters
    ----------
    center, center_px : (float, float)
        Mean position (row, column), Eq. 4: in cells of the superficial layer, and in pixels of the input.
    std, std_px : float
        Standard deviation distance s_c, Eq. 5, in cells and in pixels.
    size : int
        SINs in the cluster.
    """

    center: tuple[float, float]
    std: float
    center_px: tuple[float, float]
    std_px: float
    size: int


@dataclass(frozen=True, eq=False)
class SinClusters:
    """The clusters of the top SINs, the largest first.

    Parameters
    ----------
    clusters : tuple of SinCluster
    positions, positions_px : array (n, 2), read-only
        Row and column of each clustered SIN, in cells and in pixels.
    labels : int64 array (n,), read-only
        Which cluster each belongs to.
    """

    clusters: tuple[SinCluster, ...]
    positions: NDArray[np.int64] = field(repr=False)
    positions_px: NDArray[np.float64] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)


def cluster_sins(positions: NDArray[np.int64], footprints: Footprints, bandwidth: float | None = None) -> SinClusters:
    """Cluster the positions of SINs with MeanShift.

    Parameters
    ----------
    positions : int array (n, 2)
        Row and column of each SIN, in cells; the appendix takes the top 200.
    footprints : Footprints
        Where cells lie in pixels.
    bandwidth : float, optional
        In cells; estimated from the positions if ``None``.
    """
    labels = cluster_positions(positions, bandwidth)
    rows, columns = footprints.rows[0].centres(), footprints.columns[0].centres()
    pixels = np.stack([rows[positions[:, 0]], columns[positions[:, 1]]], axis=1)
    clusters = []
    for label in range(int(labels.max(initial=-1)) + 1):
        members = labels == label
        center, std = center_and_std(positions[members])
        center_px, std_px = center_and_std(pixels[members])
        clusters.append(SinCluster(center, std, center_px, std_px, int(members.sum())))
    for array in (pixels, labels):
        array.setflags(write=False)
    return SinClusters(tuple(clusters), positions, pixels, labels)


def cluster_positions(positions: NDArray[np.int64], bandwidth: float | None = None) -> NDArray[np.int64]:
    """The cluster of each position, numbered from the largest cluster down (ties by first position)."""
    with statistics_deferred():
        from sklearn.cluster import MeanShift, estimate_bandwidth

    distinct = np.unique(positions, axis=0)
    if len(distinct) < 2:
        return np.zeros(len(positions), dtype=np.int64)
    points = positions.astype(np.float64)
    width = bandwidth if bandwidth is not None else float(estimate_bandwidth(points))
    if width <= 0:  # most positions coincide: nothing to smooth over but neighbouring cells
        width = 1.0
    # Seeding from bins is ten times as fast as from every point, and the clusters follow the sliders.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that few points were not binned is nothing to act on
        found = MeanShift(bandwidth=width, bin_seeding=True).fit(points).labels_
    _, first, inverse, counts = np.unique(found, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -counts))
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return np.asarray(number[inverse], dtype=np.int64)


def center_and_std(points: NDArray[np.int64] | NDArray[np.float64]) -> tuple[tuple[float, float], float]:
    """Mean position (Eq. 4) and standard deviation distance (Eq. 5) of points ``(n, 2)``."""
    mean = points.mean(axis=0)
    std = float(np.sqrt(((points - mean) ** 2).sum(axis=1).mean()))
    return (float(mean[0]), float(mean[1])), std
