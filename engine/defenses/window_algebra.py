"""Window algebra on class evidence: sums without a window, and PatchGuard's robust masking.

Sums are taken in float64 over the cells **outside** a window and never as a total minus a window: the total holds
what the attacker wrote, and its digits would swallow the rest. Evidence is made finite first (elementwise, so that
no cell gains a say in another), and a sum outside then has the same bits whatever the window holds.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bounds", "finite", "outside_sums", "robust_bounds", "robust_scores"]

Evidence = NDArray[np.float64]
Cells = NDArray[np.bool_]

_LARGEST = float(np.finfo(np.float32).max)
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Bounds:
    """What robust masking leaves of each class if a patch fills one window.

    Parameters
    ----------
    least : float array (windows,)
        Lower bound on the label's masked score.
    most : float array (windows, K)
        Upper bound on every class's; -inf for the label itself.
    """

    least: NDArray[np.float64] = field(repr=False)
    most: NDArray[np.float64] = field(repr=False)

    @property
    def margin(self) -> NDArray[np.float64]:
        """By how much the label wins, shape ``(windows,)``."""
        return np.asarray(self.least - self.most.max(axis=1), dtype=np.float64)

    @property
    def scale(self) -> NDArray[np.float64]:
        """The larger of the two scores compared, for judging the margin, shape ``(windows,)``."""
        return np.asarray(np.maximum(self.least, self.most.max(axis=1)), dtype=np.float64)


def finite(values: NDArray[np.floating]) -> Evidence:
    """Evidence in float64 with NaN as 0 and infinities as the largest float32: elementwise."""
    made: Evidence = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=_LARGEST, neginf=-_LARGEST)
    return made


def outside_sums(evidence: Evidence, windows: Cells) -> Evidence:
    """Sum over the cells outside each window.

    Parameters
    ----------
    evidence : float64 array (cells, K)
        Finite.
    windows : bool array (windows, cells)

    Returns
    -------
    float64 array (windows, K)
    """
    return np.asarray((~windows).astype(np.float64) @ evidence, dtype=np.float64)


def robust_scores(evidence: Evidence, windows: Cells, threshold: float) -> NDArray[np.float64]:
    """PatchGuard's robust masking (Xiang et al. 2021, Alg. 1), shape ``(K,)``.

    Each class loses its own strongest window if that window holds more than ``threshold`` of the class's
    evidence. The strongest window is the one that leaves the least outside.

    Parameters
    ----------
    evidence : float64 array (cells, K)
        Finite and not negative.
    windows : bool array (windows, cells)
    threshold : float
        T in [0, 1).
    """
    total = evidence.sum(axis=0)
    left = outside_sums(evidence, windows).min(axis=0)
    return np.asarray(np.where(left < (1 - threshold) * total, left, total), dtype=np.float64)


def robust_bounds(evidence: Evidence, windows: Cells, threshold: float, label: int) -> Bounds:
    """Bounds on robust masking's scores for a patch that fills one window, for each window (ibid., Alg. 2).

    Another class keeps at most what lies outside the window, divided by ``1 - T``: what was left unmasked
    inside is at most T of its total. The label keeps what lies outside both the patch and the window that is
    masked away. Any window that overlaps the patch may be, since the patch can fill it with evidence; one that
    does not only if it holds more than T of what is left.

    Parameters as in :func:`robust_scores`, of the clean photo.
    """
    outside = outside_sums(evidence, windows)
    most = outside / (1 - threshold)
    most[:, label] = -np.inf
    own = evidence[:, label]
    free = (~windows).astype(np.float64)
    remaining = (free * own) @ free.T  # outside window W (patch) and window W' (masked)
    left = outside[:, label]
    overlapping = (windows.astype(np.float64) @ windows.T.astype(np.float64)) > 0
    maskable = overlapping | (remaining < (1 - threshold) * left[:, None] * (1 + _ROUNDING))
    least = np.where(maskable, remaining, left[:, None]).min(axis=1)
    return Bounds(least, most)
