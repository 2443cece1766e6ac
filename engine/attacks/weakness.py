"""Where a defended photo is weak, and which label could be slipped in there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from engine.pipeline import Inspection
from engine.predictions import Predictions
from engine.settings import Rule

__all__ = ["Opening", "obstacles", "openings"]

_RIVALS = 3  # labels that the base prediction thinks of next


@dataclass(frozen=True)
class Opening:
    """A place of the patch, and the label to aim at there.

    Parameters
    ----------
    left, top : int
        In pixels of the model's input.
    target : int
    """

    left: int
    top: int
    target: int


def obstacles(windows: Predictions, target: int, rule: Rule, tau: float) -> NDArray[np.bool_]:
    """Which windows, if they hide the patch, make the rule fire once the base prediction is ``target``.

    They do not see the patch, so that nothing in it can win them over.
    """
    differs: NDArray[np.bool_] = windows.label != target
    if rule == "consistency":
        return differs
    if rule == "confident":
        heard: NDArray[np.bool_] = differs & ((windows.confidence >= tau) | (windows.label < 0))
        return heard
    timid: NDArray[np.bool_] = windows.confidence < tau
    return differs | timid


def openings(found: Inspection, count: int, draw: np.random.Generator) -> list[Opening]:
    """Places and labels to attack, the most promising first, as many as ``count``.

    Where some label has no obstacle at some place, such pairs are taken, the labels in the order of the number
    of their places. Otherwise, as on a certified photo, the weakest places of the location map are attacked
    with the labels that the base prediction thinks of next. The first place for a label is the one furthest
    from those that do not serve, where windows that hide the patch in part hide it nearly; the others are drawn.

    Parameters
    ----------
    found : Inspection
        Of the clean photo, complete.
    count : int
    draw : numpy.random.Generator
    """
    verdict, sweep = found.verdict, found.sweep
    assert verdict is not None
    assert sweep is not None
    assert sweep.base is not None
    label = verdict.certificate.label
    rivals = [int(index) for index in np.argsort(-sweep.base, kind="stable") if int(index) != label][:_RIVALS]
    said = [int(index) for index in np.unique(verdict.windows.label) if index >= 0 and index != label]
    weak: list[tuple[int, NDArray[np.bool_]]] = []
    for target in dict.fromkeys([*said, *rivals]):
        barred = obstacles(verdict.windows, target, verdict.rule, verdict.tau)
        free = found.family.covering(barred.astype(np.int64)) == 0
        if free.any():
            weak.append((target, free))
    weak.sort(key=lambda each: -int(each[1].sum()))
    if not weak:
        locations = verdict.certificate.locations
        weak = [(target, locations == locations.min()) for target in rivals]
    chosen = []
    for turn in range(count):
        target, serves = weak[turn % len(weak)]
        if turn < len(weak):
            top, left = np.unravel_index(distance_transform_edt(serves).argmax(), serves.shape)
        else:
            places = np.argwhere(serves)
            top, left = places[draw.integers(len(places))]
        chosen.append(Opening(int(left), int(top), target))
    return chosen
