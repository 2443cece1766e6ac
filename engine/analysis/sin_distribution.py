"""How many clusters SINs form and how far each spreads, over benign photos and patched copies (Figure 1b)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.analysis.look import Look
from engine.analysis.results import frozen_array
from engine.analysis.statistics import Difference, paired_difference, separation
from engine.clusters import SinClusters, center_and_std, cluster_positions

__all__ = [
    "FIXED_BANDWIDTH",
    "MEASURES",
    "ImageDistribution",
    "SinDistribution",
    "image_distribution",
    "sin_distribution",
]

MEASURES = ("clusters", "fixed_clusters", "mean_std_px", "spread_px")
FIXED_BANDWIDTH = 1 / 8  # of the map's longer side


@dataclass(frozen=True, eq=False)
class ImageDistribution:
    """The clusters of one photo's top SINs.

    Parameters
    ----------
    std_px : float array (clusters,)
        Standard deviation distance s_c of each (Eq. 5), in pixels, the largest cluster first.
    size : int array (clusters,)
        SINs in each.
    spread_px : float array ()
        Eq. 5 over all the SINs at once: how far they spread however they are clustered.
    fixed_clusters : int array ()
        Number of clusters at ``FIXED_BANDWIDTH``. The usual bandwidth is estimated from the SINs' own distances,
        so that it shrinks where they crowd.
    """

    std_px: NDArray[np.float64]
    size: NDArray[np.int64]
    spread_px: NDArray[np.float64]
    fixed_clusters: NDArray[np.int64]

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return len(self.std_px)

    @property
    def mean_std_px(self) -> float:
        """s_c of the cluster of an average SIN, in pixels."""
        return float(np.average(self.std_px, weights=self.size))


@dataclass(frozen=True, eq=False)
class SinDistribution:
    """The clusters of a set of photos and of their patched copies, in one order.

    Parameters
    ----------
    look : Look
    benign, patched : tuple of ImageDistribution
    """

    look: Look
    benign: tuple[ImageDistribution, ...] = field(repr=False)
    patched: tuple[ImageDistribution, ...] = field(repr=False)

    @property
    def images(self) -> int:
        """Number of photos."""
        return len(self.benign)

    def values(self, measure: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """One of ``MEASURES``, benign and patched, each ``(photos,)``."""
        sides = [
            np.array([getattr(image, measure) for image in side], dtype=np.float64)
            for side in (self.benign, self.patched)
        ]
        return frozen_array(sides[0]), frozen_array(sides[1])

    def difference(self, measure: str) -> Difference:
        """Patched minus benign, photo by photo."""
        benign, patched = self.values(measure)
        return paired_difference(benign, patched)

    def separation(self, measure: str) -> float:
        """How often a patched photo has less of it than a benign one: 0.5 is a coin, 1 always."""
        return separation(*self.values(measure))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """For a NPZ file; ``*_image`` says which photo each cluster is of."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for name, side in (("benign", self.benign), ("patched", self.patched)):
            arrays[f"{name}_std_px"] = np.concatenate([image.std_px for image in side])
            arrays[f"{name}_size"] = np.concatenate([image.size for image in side])
            arrays[f"{name}_image"] = np.repeat(np.arange(len(side)), [image.clusters for image in side])
        for measure in MEASURES:
            arrays[f"benign_{measure}"], arrays[f"patched_{measure}"] = self.values(measure)
        return arrays

    def rows(self) -> Iterator[dict[str, object]]:
        """For a CSV file: one a cluster."""
        for name, side in (("benign", self.benign), ("patched", self.patched)):
            for photo, image in enumerate(side):
                for cluster, (std, size) in enumerate(zip(image.std_px, image.size, strict=True)):
                    yield {
                        "copy": name,
                        "photo": photo,
                        "clusters": image.clusters,
                        "fixed_clusters": int(image.fixed_clusters),
                        "cluster": cluster,
                        "sins": int(size),
                        "std_px": float(std),
                        "spread_px": float(image.spread_px),
                    }


def image_distribution(clusters: SinClusters, shape: tuple[int, ...]) -> ImageDistribution:
    """What the distribution takes of one photo's clusters on a map ``(C, H, W)``."""
    _, spread = center_and_std(clusters.positions_px)
    fixed = cluster_positions(clusters.positions, FIXED_BANDWIDTH * max(shape[1:])).max() + 1
    return ImageDistribution(
        frozen_array(np.array([cluster.std_px for cluster in clusters.clusters])),
        frozen_array(np.array([cluster.size for cluster in clusters.clusters], dtype=np.int64)),
        frozen_array(np.array(spread)),
        frozen_array(np.array(fixed, dtype=np.int64)),
    )


def sin_distribution(
    look: Look, benign: Sequence[ImageDistribution], patched: Sequence[ImageDistribution]
) -> SinDistribution:
    """The distribution over a set: the photos and their patched copies, in one order."""
    return SinDistribution(look, tuple(benign), tuple(patched))
