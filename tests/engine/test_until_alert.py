"""Stopping at the first alert: it is one that no other window takes back, and it certifies nothing."""

import itertools
import random

import numpy as np
import pytest
from toys import PixelSum, classifier, picture
from verdict_tables import RULES, A, B, logits, sweep_of

from engine.images import load_image
from engine.pipeline import Inspection, Inspector
from engine.predictions import Guard
from engine.report import inspection_report
from engine.settings import Settings
from engine.verdict import alert_stands, judge

ROWS = {
    "agrees": logits(A, 0.6),
    "agrees, unsure": logits(A, 0.4),
    "differs": logits(B, 0.6),
    "differs, unsure": logits(B, 0.4),
    "tied": [0.0, 0.0, -1.0],
    "not finite": [0.0, np.nan, 0.0],
}
KNOBS = {"layer": "input", "backend": "torch", "patch": "4", "top": 0.5}


@pytest.mark.parametrize("rule", RULES)
def test_an_alert_that_stands_is_never_taken_back(rule: str):
    """Whatever the windows are that come later: never silent, and an alert itself but where `hicert` is in doubt."""
    every = list(itertools.product(ROWS, repeat=4))
    words = set()
    for names in random.Random(0).sample(every, 250):
        rows = [ROWS[name] for name in names]
        whole = judge(sweep_of(ROWS["agrees"], rows), rule, 0.5)
        for count in range(1, 4):
            part = sweep_of(ROWS["agrees"], rows, done=[index < count for index in range(4)])
            early = judge(part, rule, 0.5, until_alert=True)
            assert not early.certificate.holds
            assert not early.certificate.computed
            assert not early.certificate.locations.any()
            assert judge(part, rule, 0.5).word == "undecided", "unless it is asked for, a part decides nothing"
            if alert_stands(part, rule, 0.5, Guard()):
                assert early.word == "alert"
                assert whole.word == "alert" or (rule == "hicert" and whole.word == "undecided")
                words.add(whole.word)
            else:
                assert early.word == "undecided"
    assert "alert" in words


def test_it_says_what_was_not_computed():
    rows = [ROWS["agrees"], ROWS["differs"], ROWS["agrees"], ROWS["agrees"]]
    early = judge(sweep_of(ROWS["agrees"], rows, done=[True, True, False, False]), "consistency", 0, until_alert=True)
    assert early.reason == (
        "1 of the first 2 windows contradict the base prediction; the other 2, and with them the certificate, "
        "were not computed."
    )
    assert early.firing.tolist() == [False, True, False, False]


def test_nothing_stands_without_a_base_prediction():
    rows = [ROWS["differs"]] * 4
    assert not alert_stands(sweep_of(ROWS["tied"], rows), "consistency", 0.5, Guard())
    assert not alert_stands(sweep_of(ROWS["agrees"], rows, done=[False] * 4), "consistency", 0.5, Guard())
    assert judge(sweep_of(ROWS["tied"], rows), "consistency", 0.5, until_alert=True).word == "undecided"


@pytest.fixture(scope="module")
def found() -> dict[str, tuple[Inspection, Inspection]]:
    """Photos inspected in full, and by an inspector of their own until the first alert."""
    network = PixelSum([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], (0.0, 0.0))
    several = {}
    for seed in range(6):
        settings = Settings(**KNOBS)
        *_, whole = Inspector(classifier(network, 16)).inspect(picture(16, seed), settings)
        *_, early = Inspector(classifier(network, 16)).inspect(picture(16, seed), settings, until_alert=True)
        several[seed] = whole, early
    return several


def test_the_pipeline_stops_at_an_alert_and_nowhere_else(found):
    words = {whole.verdict.word for whole, _ in found.values()}
    assert "alert" in words
    for whole, early in found.values():
        assert early.verdict.word == whole.verdict.word
        done = early.sweep.done
        assert np.array_equal(early.sweep.logits[done], whole.sweep.logits[done])
        if whole.verdict.word == "alert":
            assert early.sweep.passes <= whole.sweep.passes
        else:
            assert early.sweep.complete
            assert early.verdict.certificate.holds == whole.verdict.certificate.holds
    assert any(early.sweep.passes < whole.sweep.passes for whole, early in found.values())


def test_what_an_early_alert_leaves_is_not_taken_for_a_sweep():
    inspector = Inspector(classifier(PixelSum([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], (0.0, 0.0)), 16))
    settings = Settings(**KNOBS)
    for seed in range(6):
        *_, early = inspector.inspect(picture(16, seed), settings, until_alert=True)
        stages = [stage.stage for stage in inspector.inspect(picture(16, seed), settings)]
        assert ("windows" in stages) is not early.sweep.complete
        *_, again = inspector.inspect(picture(16, seed), settings, until_alert=True)
        assert again.sweep.complete, "it is all there now, and so is the location map"


def test_the_report_tells_it(found):
    image = load_image("sample:flower")
    for whole, early in found.values():
        report, full = (inspection_report(one, image) for one in (early, whole))
        assert report["complete"] == early.sweep.complete
        assert report["certificate"]["computed"] == early.sweep.complete
        assert full["complete"]
        assert full["certificate"]["computed"]
        unseen = [window["label"] is None for window in report["windows"]]
        assert unseen == (~early.sweep.done).tolist()
