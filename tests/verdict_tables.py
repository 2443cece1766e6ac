"""Tables of window predictions, from which verdicts can be worked out by hand."""

from collections.abc import Sequence

import numpy as np
from toys import pixel_footprints, square_threat

from engine.predictions import Guard, read_logits
from engine.sweep import Sweep
from engine.windows import WindowFamily, window_family

EXACT = Guard(0.0, 0.0)
RULES = ("consistency", "confident", "hicert")

# 5 x 5 px, patch 2 x 2, windows of 3 px at 0 and 2: window 0 (top left) hides the 2 x 2 places of its corner,
# window 1 those at the top right, 2 bottom left, 3 bottom right.
FOUR = window_family(pixel_footprints(5, 5), square_threat(2, 5), side=3)


def logits(label: int, confidence: float, classes: int = 3) -> list[float]:
    """A row whose largest logit is the label's and whose softmax there is the confidence."""
    rest = np.log((1 - confidence) / (classes - 1) / confidence)
    return [0.0 if index == label else float(rest) for index in range(classes)]


def sweep_of(
    base: Sequence[float],
    windows: Sequence[Sequence[float]],
    family: WindowFamily = FOUR,
    selection: str = "per_window",
    family_logits: Sequence[Sequence[Sequence[float]]] | None = None,
    done: Sequence[bool] | None = None,
) -> Sweep:
    rows = np.array(windows, dtype=np.float32)
    count = len(family)
    return Sweep(
        family=family,
        count=1,
        selection=selection,
        full=np.array(base, dtype=np.float32),
        base=np.array(base, dtype=np.float32),
        logits=rows,
        done=np.ones(count, bool) if done is None else np.array(done),
        skipped=np.zeros(count, bool),
        sins_inside=np.zeros(count, np.int64),
        family_logits=None
        if family_logits is None
        else tuple(np.array(each, dtype=np.float32) for each in family_logits),
    )


def table(base: tuple[int, float], *windows: tuple[int, float]) -> Sweep:
    """A sweep of four windows given by label and confidence."""
    return sweep_of(logits(*base), [logits(*window) for window in windows])


def confidence_of(label: int, confidence: float) -> float:
    """The confidence that a row really has, after rounding to float32: for exact-tau cases."""
    return float(read_logits(np.array([logits(label, confidence)], np.float32), EXACT).confidence[0])


A, B, C = 0, 1, 2
HALF = confidence_of(A, 0.5)
