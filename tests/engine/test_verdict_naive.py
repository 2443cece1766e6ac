"""A photo that one clean check per window would certify, and that a patch takes: ours is not certified."""

import itertools

import numpy as np
import pytest
from toys import PixelSum, classifier, filled, inspect

from engine.pipeline import Inspector
from engine.settings import Settings
from engine.verdict import Verdict

# Logits: class 0 has 0.6 and what blue adds; class 1 has what red adds. Cut at the pixels, zero fill, |pixel|.
NAIVE = PixelSum([[0.0, 0.0, 0.02], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]], (0.6, 0.0, -5.0))
KNOBS = {"layer": "input", "patch": "2", "window": 4, "fill": "zero", "importance": "activation", "backend": "torch"}


def red_dots() -> np.ndarray:
    """Eight red pixels, apart from each other, in a black photo of 8 x 8: no window takes more than four."""
    view = np.zeros((8, 8, 3), np.uint8)
    for row, column in ((0, 0), (0, 7), (7, 0), (7, 7), (2, 4), (4, 2), (3, 6), (6, 3)):
        view[row, column, 0] = 240
    return view


def naive_certificate(verdict: Verdict) -> bool:
    """What one clean check per window would say."""
    return bool((verdict.windows.label == verdict.base.label[0]).all())


@pytest.mark.parametrize("selection", ["global", "per_window"])
def test_a_photo_that_the_naive_reading_certifies_is_taken_and_ours_is_not(selection):
    """The 8 SINs are the red pixels. A patch of 8 brighter neurons takes all 8 places: nothing red is left.

    Whatever window hides the patch then shows a black photo under `global` selection, every other window the
    patch: all say class 0, no alarm.
    """
    inspector = Inspector(classifier(NAIVE, 8, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)))
    knobs = {**KNOBS, "selection": selection, "top": 8 / (3 * 64)}
    clean = inspect(inspector, red_dots(), **knobs)
    assert clean.count == 8
    assert clean.verdict.base.label[0] == 1
    assert naive_certificate(clean.verdict)
    patch = np.zeros((2, 2, 3), np.uint8)
    patch[..., 1:] = 255
    taken = []
    for top, left in itertools.product((0, 2, 3, 5, 6), (1, 4, 6)):
        view = red_dots()
        view = filled(view, (top, left, top + 2, left + 2), patch)
        attacked = inspect(inspector, view, **knobs).verdict
        if attacked.base.label[0] == 0 and attacked.word in ("certified", "consistent"):
            taken.append((top, left))
    if selection == "global":
        assert taken, "the attack should win somewhere"
        assert clean.verdict.certificate.computed
        assert not clean.verdict.certificate.holds
        assert clean.verdict.word == "consistent"
        assert all(clean.verdict.certificate.locations[place] == 0 for place in taken)
    else:
        assert clean.verdict.word == "certified"
        assert not taken


def test_settings_of_the_naive_case_are_the_papers():
    assert Settings(**KNOBS).fill == "zero"
