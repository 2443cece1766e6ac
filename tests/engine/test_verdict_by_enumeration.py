"""Alert rules, certificates and location maps against everything that an attacker may bring about."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import pixel_footprints
from verdict_tables import EXACT, HALF, RULES, A, logits, sweep_of

from engine.predictions import Guard, Predictions, read_logits
from engine.threat import PatchThreat
from engine.verdict import alerting, judge, location_map, supporting
from engine.windows import window_family

# Soundness and completeness of the rules by enumeration of everything an attacker may bring about.


def outputs_wrong(fixed: list[tuple[int, float]], label: int, rule: str, tau: float) -> bool:
    """Whether a silent wrong output is possible when windows that hide the patch keep ``fixed`` predictions.

    All else is the attacker's: the base prediction, and the other windows, which then best agree with it, surely.
    """
    for base in range(3):
        if base == label:
            continue
        if rule == "consistency":
            silent = all(said == base for said, _ in fixed)
        elif rule == "confident":
            silent = all(said == base or confidence < tau for said, confidence in fixed)
        else:
            silent = all(said == base and confidence >= tau for said, confidence in fixed)
        if silent:
            return True
    return False


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("hiding", [1, 2, 3])
def test_no_rule_can_be_beaten_where_it_is_certified(rule, hiding):
    """Every combination of labels and confidences below, at, and above tau of the windows that hide a place."""
    tau = HALF
    kinds = [(label, confidence) for label in range(3) for confidence in (0.4, 0.5, 0.6)]
    for combination in itertools.product(kinds, repeat=hiding):
        rows = np.array([logits(*kind) for kind in combination], np.float32)
        predictions = read_logits(rows, EXACT)
        fixed = list(zip(predictions.label.tolist(), predictions.confidence.tolist(), strict=True))
        certified = supporting(predictions, A, rule, tau, EXACT).any()
        if certified:
            assert not outputs_wrong(fixed, A, rule, tau)
        if hiding == 1:
            assert certified == (not outputs_wrong(fixed, A, rule, tau))


ROWS = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.00001, 3.0]), min_size=3, max_size=3)


@settings(max_examples=300)
@given(
    ROWS, st.lists(ROWS, min_size=4, max_size=4), st.sampled_from(RULES), st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0])
)
def test_words_and_certificates_agree_with_a_slow_reference(base, windows, rule, tau):
    for guard in (EXACT, Guard()):
        verdict = judge(sweep_of(base, windows), rule, tau, guard=guard)
        predicted = read_logits(np.array([base], np.float32), guard)
        label = int(predicted.label[0])
        each = [read_logits(np.array([row], np.float32), guard) for row in windows]
        fires = slow_alert([(int(one.label[0]), float(one.confidence[0])) for one in each], label, rule, tau)
        assert bool(verdict.firing.any()) == fires
        doubt = not predicted.clear[0] or any(in_doubt(one, label, rule, tau, guard) for one in each)
        if verdict.word == "alert":
            assert fires
        elif verdict.word == "undecided":
            assert doubt
        else:
            assert not fires
            assert not doubt
            assert (verdict.word == "certified") == verdict.certificate.holds
        proving = [
            bool(one.clear[0] or (rule == "hicert" and one.confidence[0] < tau))
            and not outputs_wrong([(int(one.label[0]), float(one.confidence[0]))], label, rule, tau)
            for one in each
        ]
        if guard is EXACT:
            assert (verdict.certificate.locations[::2, ::2].ravel() > 0).tolist() == proving
        else:
            assert all(
                proved
                for proved, said in zip(proving, verdict.certificate.locations[::2, ::2].ravel(), strict=True)
                if said
            )
        if verdict.word == "certified":
            assert label == verdict.certificate.label


def in_doubt(window: Predictions, base: int, rule: str, tau: float, guard: Guard) -> bool:
    """Whether another label or a confidence beyond tau, both within the guard, would change what a window does."""
    said, confidence, tied = int(window.label[0]), float(window.confidence[0]), not window.clear[0]
    near = abs(confidence - tau) < guard.confidence
    if rule == "consistency":
        return tied
    if rule == "hicert":
        return tied or near
    return (tied and (confidence >= tau or near)) or (said != base and near)


def slow_alert(windows: list[tuple[int, float]], base: int, rule: str, tau: float) -> bool:
    """The rules as written in words."""
    if rule == "consistency":
        return any(label != base for label, _ in windows)
    if rule == "confident":
        return any(label != base and confidence >= tau for label, confidence in windows)
    agreeing = [confidence for label, confidence in windows if label == base]
    return any(label != base for label, _ in windows) or min(agreeing, default=1.0) < tau


def test_alerting_names_windows_only_by_the_rule():
    windows = Predictions(np.array([0, 1, 1, -1]), np.array([0.3, 0.6, 0.4, 0.0]), np.ones(4), np.ones(4, bool))
    assert alerting(windows, 0, "consistency", 0.5).tolist() == [False, True, True, True]
    assert alerting(windows, 0, "confident", 0.5).tolist() == [False, True, False, True]
    assert alerting(windows, 0, "hicert", 0.5).tolist() == [True, True, True, True]
    assert alerting(windows, 0, "hicert", 0.3).tolist() == [False, True, True, True]


# The location map.


@settings(max_examples=60)
@given(st.integers(4, 12), st.integers(4, 12), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.data())
def test_the_location_map_by_enumeration(high, wide, patch_high, patch_wide, wider, data):
    side = max(patch_high, patch_wide) + wider
    if side >= min(high, wide):
        return
    family = window_family(pixel_footprints(high, wide), PatchThreat(patch_high, patch_wide, high, wide), side)
    supports = np.array(data.draw(st.lists(st.booleans(), min_size=len(family), max_size=len(family))))
    found = location_map(family, supports)
    assert found.shape == (high - patch_high + 1, wide - patch_wide + 1)
    for top, left in np.ndindex(*found.shape):
        hiding = [
            index
            for index, (up, lefter, down, right) in enumerate(family.boxes_px)
            if up <= top and lefter <= left and top + patch_high <= down and left + patch_wide <= right
        ]
        assert found[top, left] == sum(bool(supports[index]) for index in hiding)
