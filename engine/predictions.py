"""Logit rows read as predictions: label, confidence, margin, and whether arithmetic leaves them in doubt."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.settings import Precision

__all__ = ["Guard", "Predictions", "read_logits"]

# Margin and confidence of the guard.
_GUARDS: dict[Precision, tuple[float, float]] = {"fp32": (1e-4, 1e-6), "fp16": (1e-2, 1e-3), "bf16": (8e-2, 8e-3)}


@dataclass(frozen=True)
class Guard:
    """How close to a tie is too close for a proof that rests on floating-point arithmetic.

    Parameters
    ----------
    margin : float
        A margin below this share of the largest absolute logit is in doubt.
    confidence : float
        A confidence nearer than this to tau is in doubt.
    """

    margin: float = 1e-4
    confidence: float = 1e-6

    @classmethod
    def of(cls, precision: Precision) -> "Guard":
        """The guard for an arithmetic: the fewer bits it keeps (24, 11 or 8), the wider."""
        return cls(*_GUARDS[precision])


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of some logit rows; all arrays are read-only, one element a row.

    Parameters
    ----------
    label : int64 array
        Index of the largest logit, the lowest among equals; -1 where a logit is not finite.
    confidence : float64 array
        Softmax of the label, computed in float64; 0 where a logit is not finite.
    margin : float64 array
        Largest logit minus runner-up; 0 where a logit is not finite.
    clear : bool array
        Whether the margin is at or above the guard's share of the row's largest absolute logit, and above 0
        if there is a guard.
    slack : float64 array
        How far the confidence moves if every logit moves by the guard's share of the largest one.
    """

    label: NDArray[np.int64]
    confidence: NDArray[np.float64]
    margin: NDArray[np.float64]
    clear: NDArray[np.bool_]
    slack: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.label)


def read_logits(logits: NDArray[np.floating], guard: Guard) -> Predictions:
    """Predictions of logit rows ``(n, K)``, ``K >= 2``; chunked, so that memory stays flat in ``n``."""
    rows, chunk = len(logits), 512
    label = np.full(rows, -1, dtype=np.int64)
    confidence, margin, slack = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    clear = np.zeros(rows, dtype=bool)
    for start in range(0, rows, chunk):
        block = logits[start : start + chunk].astype(np.float64)
        finite = np.isfinite(block).all(axis=1)
        block = block[finite]
        if not len(block):
            continue
        where = start + np.flatnonzero(finite)
        top, runner_up = -np.partition(-block, 1, axis=1)[:, :2].T
        label[where] = block.argmax(axis=1)
        confidence[where] = 1.0 / np.exp(block - top[:, None]).sum(axis=1)
        margin[where] = top - runner_up
        moved = guard.margin * np.abs(block).max(axis=1)
        clear[where] = margin[where] >= (np.maximum(moved, np.nextafter(0, 1)) if guard.margin else moved)
        # The odds of the label change by a factor of at most exp(2 * moved).
        odds = confidence[where] / np.maximum(1 - confidence[where], 1e-200)
        factor = np.exp(np.minimum(2 * moved, 50.0))  # e^50 is certainty enough
        higher, lower = 1 / (1 + 1 / (factor * odds)), 1 / (1 + factor / odds)
        widest = np.maximum(higher - confidence[where], confidence[where] - lower)
        slack[where] = np.where(moved > 0, widest, 0.0)  # without a guard, nothing of rounding's making
    for array in (label, confidence, margin, clear, slack):
        array.setflags(write=False)
    return Predictions(label, confidence, margin, clear, slack)
