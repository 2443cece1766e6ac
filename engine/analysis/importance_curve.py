"""Sorted superficial importance of benign and patched photos, and the top-k cut (Figure 5a)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.analysis.look import Look
from engine.analysis.results import frozen_array

__all__ = ["ImportanceCurve", "importance_curve"]

SPREAD = (10, 90)  # percentiles


@dataclass(frozen=True, eq=False)
class ImportanceCurve:
    """Sorted importance of some photos and of their patched copies, rank by rank.

    Parameters
    ----------
    look : Look
    cut : float
        The share of neurons that are SINs: k over all.
    share : float array (points,), read-only
        Rank of each point over the number of neurons, in [0, 1].
    benign, patched : float32 array (photos, points), read-only
        Importance, the largest first; a single photo is one row.
    """

    look: Look
    cut: float
    share: NDArray[np.float64] = field(repr=False)
    benign: NDArray[np.float32] = field(repr=False)
    patched: NDArray[np.float32] = field(repr=False)

    @property
    def images(self) -> int:
        """Number of photos."""
        return len(self.benign)

    @property
    def kept_ratio(self) -> float:
        """Mean importance of the SINs, patched over benign."""
        return self._ratio(self.share <= self.cut)

    @property
    def pruned_ratio(self) -> float:
        """Mean importance of the neurons below the cut, patched over benign; NaN where none are."""
        return self._ratio(self.share > self.cut)

    @property
    def higher(self) -> int:
        """Photos whose patched copy has SINs of higher mean importance."""
        kept = self.share <= self.cut
        return int((self.patched[:, kept].mean(axis=1) > self.benign[:, kept].mean(axis=1)).sum())

    def spread(self, values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """10th and 90th percentile over the photos, each ``(points,)``."""
        low, high = np.percentile(values, SPREAD, axis=0)
        return low, high

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """For a NPZ file."""
        return {"share": self.share, "cut": np.array(self.cut), "benign": self.benign, "patched": self.patched}

    def rows(self) -> Iterator[dict[str, object]]:
        """For a CSV file: one a point."""
        spreads = [self.spread(values) for values in (self.benign, self.patched)]
        means = [values.mean(axis=0) for values in (self.benign, self.patched)]
        for point, share in enumerate(self.share):
            row: dict[str, object] = {"rank_share": share, "is_sin": share <= self.cut}
            for name, mean, (low, high) in zip(("benign", "patched"), means, spreads, strict=True):
                row |= {f"{name}_mean": mean[point], f"{name}_p10": low[point], f"{name}_p90": high[point]}
            yield row

    def _ratio(self, points: NDArray[np.bool_]) -> float:
        below = float(self.benign[:, points].mean()) if points.any() else 0.0
        return float(self.patched[:, points].mean()) / below if below else float("nan")


def importance_curve(
    look: Look, cut: float, benign: NDArray[np.float32], patched: NDArray[np.float32]
) -> ImportanceCurve:
    """The curves of a set of photos, or of one.

    Parameters
    ----------
    look : Look
    cut : float
        The share of neurons that are SINs, in (0, 1].
    benign, patched : float array (photos, points)
        :attr:`Superficial.curve` of each, in one order.
    """
    share = np.linspace(0.0, 1.0, benign.shape[1])
    return ImportanceCurve(look, cut, frozen_array(share), frozen_array(benign), frozen_array(patched))
