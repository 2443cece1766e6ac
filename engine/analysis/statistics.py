"""Comparing what was measured of photos with what was measured of their patched copies."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.metrics import Share

__all__ = ["Difference", "paired_difference", "separation"]

_Z = 1.959963984540054


@dataclass(frozen=True)
class Difference:
    """Patched minus benign, over pairs of one photo each.

    Parameters
    ----------
    benign, patched : float
        Means.
    mean : float
        Of the differences.
    interval : (float, float)
        95 % of it, by its standard error; the whole line for fewer than two pairs.
    less, more : Share
        Pairs whose patched copy has less, and more.
    """

    benign: float
    patched: float
    mean: float
    interval: tuple[float, float]
    less: Share
    more: Share

    @property
    def verdict(self) -> str:
        """``smaller``, ``larger``, or ``no different`` where the interval holds 0."""
        low, high = self.interval
        return "smaller" if high < 0 else "larger" if low > 0 else "no different"


def paired_difference(benign: NDArray[np.float64], patched: NDArray[np.float64]) -> Difference:
    """Compare two measurements of the same photos, each ``(photos,)``."""
    differences = patched - benign
    count, mean = len(differences), float(differences.mean())
    error = float(differences.std(ddof=1)) / math.sqrt(count) if count > 1 else math.inf
    return Difference(
        float(benign.mean()),
        float(patched.mean()),
        mean,
        (mean - _Z * error, mean + _Z * error),
        Share(int((differences < 0).sum()), count),
        Share(int((differences > 0).sum()), count),
    )


def separation(benign: NDArray[np.float64], patched: NDArray[np.float64]) -> float:
    """How often any patched photo has less than any benign one, ties counted half: the area under the ROC curve."""
    from sklearn.metrics import roc_auc_score

    truth = np.concatenate([np.zeros(len(benign)), np.ones(len(patched))])
    return float(roc_auc_score(truth, -np.concatenate([benign, patched])))
