"""Alert rules, certificates and location maps on tables of window predictions worked out by hand."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import PixelSum, classifier, filled, inspect, pixel_footprints, square_threat

from engine.pipeline import Inspector
from engine.predictions import Guard, Predictions, read_logits
from engine.settings import Settings
from engine.sweep import Sweep
from engine.threat import PatchThreat
from engine.verdict import Verdict, alerting, judge, location_map, supporting
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


# Rule, tau, base, four windows (label, confidence); then: the word, firing windows, windows that prove, guard exact.
A, B, C = 0, 1, 2
HALF = confidence_of(A, 0.5)
HAND = {
    # consistency: tau means nothing.
    "all agree": ("consistency", 0.9, (A, 0.6), [(A, 0.5)] * 4, "certified", [], [0, 1, 2, 3]),
    "one differs": ("consistency", 0.9, (A, 0.6), [(A, 0.5), (B, 0.4), (A, 0.5), (A, 0.5)], "alert", [1], [0, 2, 3]),
    "all differ": ("consistency", 0.0, (A, 0.6), [(B, 0.5)] * 4, "alert", [0, 1, 2, 3], []),
    # confident(0.5): only a confident window counts, for the alarm as for the proof.
    "all sure": ("confident", 0.5, (A, 0.9), [(A, 0.6)] * 4, "certified", [], [0, 1, 2, 3]),
    "an unsure one proves nothing": (
        "confident",
        0.5,
        (A, 0.9),
        [(A, 0.6), (A, 0.45), (A, 0.6), (A, 0.6)],
        "consistent",
        [],
        [0, 2, 3],
    ),
    "an unsure one does not fire": (
        "confident",
        0.5,
        (A, 0.9),
        [(A, 0.6), (B, 0.45), (A, 0.6), (A, 0.6)],
        "consistent",
        [],
        [0, 2, 3],
    ),
    "a sure one fires": (
        "confident",
        0.5,
        (A, 0.9),
        [(A, 0.6), (B, 0.55), (A, 0.6), (A, 0.6)],
        "alert",
        [1],
        [0, 2, 3],
    ),
    "exactly tau fires": (
        "confident",
        HALF,
        (A, 0.9),
        [(A, 0.6), (B, 0.5), (A, 0.6), (A, 0.6)],
        "alert",
        [1],
        [0, 2, 3],
    ),
    "exactly tau proves": ("confident", HALF, (A, 0.9), [(A, 0.5)] * 4, "certified", [], [0, 1, 2, 3]),
    "just below tau does neither": (
        "confident",
        float(np.nextafter(HALF, 1)),
        (A, 0.9),
        [(A, 0.5), (B, 0.5), (A, 0.6), (A, 0.6)],
        "consistent",
        [],
        [2, 3],
    ),
    # hicert(0.5): a window that agrees has to be sure, or the rule fires.
    "all agree and are sure": ("hicert", 0.5, (A, 0.9), [(A, 0.6)] * 4, "certified", [], [0, 1, 2, 3]),
    "the least sure one fires": (
        "hicert",
        0.5,
        (A, 0.9),
        [(A, 0.6), (A, 0.45), (A, 0.4), (A, 0.6)],
        "alert",
        [2],
        [0, 1, 2, 3],
    ),
    "one that differs fires, unsure as it is, and proves all the same": (
        "hicert",
        0.5,
        (A, 0.9),
        [(A, 0.6), (B, 0.45), (A, 0.6), (A, 0.6)],
        "alert",
        [1],
        [0, 1, 2, 3],
    ),
    "one that differs and is sure fires and proves nothing": (
        "hicert",
        0.5,
        (A, 0.9),
        [(A, 0.6), (B, 0.7), (A, 0.6), (A, 0.6)],
        "alert",
        [1],
        [0, 2, 3],
    ),
    "exactly tau is sure enough to be silent": (
        "hicert",
        HALF,
        (A, 0.9),
        [(A, 0.5)] * 4,
        "certified",
        [],
        [0, 1, 2, 3],
    ),
    "exactly tau is too sure to prove another label wrong": (
        "hicert",
        HALF,
        (A, 0.9),
        [(A, 0.6), (B, 0.5), (A, 0.6), (A, 0.6)],
        "alert",
        [1],
        [0, 2, 3],
    ),
    "just below tau fires": (
        "hicert",
        float(np.nextafter(HALF, 1)),
        (A, 0.9),
        [(A, 0.6), (A, 0.5), (A, 0.6), (A, 0.6)],
        "alert",
        [1],
        [0, 1, 2, 3],
    ),
    "tau 0 is consistency": (
        "hicert",
        0.0,
        (A, 0.9),
        [(A, 0.4), (A, 0.4), (A, 0.4), (A, 0.4)],
        "certified",
        [],
        [0, 1, 2, 3],
    ),
    "tau 0 of confident is consistency": (
        "confident",
        0.0,
        (A, 0.9),
        [(A, 0.4), (B, 0.4), (A, 0.4), (A, 0.4)],
        "alert",
        [1],
        [0, 2, 3],
    ),
}


@pytest.mark.parametrize("name", HAND)
def test_by_hand(name):
    rule, tau, base, windows, word, firing, proving = HAND[name]
    sweep = table(base, *windows)
    verdict = judge(sweep, rule, tau, guard=EXACT)
    assert verdict.word == word
    assert np.flatnonzero(verdict.firing).tolist() == firing
    supports = supporting(verdict.windows, A, rule, tau, EXACT)
    assert np.flatnonzero(supports).tolist() == proving
    assert verdict.certificate.label == A
    assert not verdict.certificate.label_given
    corners = [[1 if window in proving else 0 for window in row] for row in ((0, 0, 1, 1), (2, 2, 3, 3))]
    assert verdict.certificate.locations.tolist() == [corners[0], corners[0], corners[1], corners[1]]
    assert verdict.certificate.holds == (len(proving) == 4)
    assert verdict.certificate.certified_places == 4 * len(proving)
    assert verdict.reason
    assert "\n" not in verdict.reason


def test_a_label_that_is_given_is_certified_and_not_the_base():
    """All windows say A but the base, under attack, says B: guaranteed for A, and an alert."""
    verdict = judge(table((B, 0.6), *[(A, 0.6)] * 4), "consistency", 0.5, label=A, guard=EXACT)
    assert verdict.word == "alert"
    assert verdict.certificate.holds
    assert verdict.certificate.label_given
    other = judge(table((A, 0.6), *[(A, 0.6)] * 4), "consistency", 0.5, label=B, guard=EXACT)
    assert other.word == "consistent"
    assert not other.certificate.holds
    assert (other.certificate.label, other.certificate.certified_places) == (B, 0)


def test_a_label_given_that_is_the_base_changes_only_what_is_said_of_it():
    verdict = judge(table((A, 0.6), *[(A, 0.6)] * 4), "consistency", 0.5, label=A, guard=EXACT)
    assert verdict.word == "certified"
    assert verdict.certificate.label_given


# Ties, doubt, and what is not finite.


def test_a_tie_of_the_base_is_undecided():
    verdict = judge(sweep_of([1.0, 1.0, 0.0], [[2.0, 0.0, 0.0]] * 4), "consistency", 0.5)
    assert verdict.word == "undecided"
    assert verdict.min_margin == 0.0
    assert verdict.certificate.label == 0


@pytest.mark.parametrize("rule", RULES)
def test_a_tie_of_a_window_proves_nothing_and_keeps_the_word_back(rule):
    windows = [[4.0, 0.0, 0.0], [1.0, 1.0, -9.0], [4.0, 0.0, 0.0], [4.0, 0.0, 0.0]]
    verdict = judge(sweep_of([4.0, 0.0, 0.0], windows), rule, 0.2)
    assert verdict.word == "undecided"
    assert verdict.certificate.locations[0, 3] == 0
    assert verdict.certificate.locations[0, 0] == 1
    assert verdict.min_margin == 0.0


def test_with_an_exact_guard_a_tie_goes_to_the_lowest_index():
    windows = [[4.0, 0.0, 0.0], [1.0, 1.0, -9.0], [4.0, 0.0, 0.0], [4.0, 0.0, 0.0]]
    assert judge(sweep_of([4.0, 0.0, 0.0], windows), "consistency", 0.5, guard=EXACT).word == "certified"
    windows[1] = [-9.0, 1.0, 1.0]
    assert judge(sweep_of([4.0, 0.0, 0.0], windows), "consistency", 0.5, guard=EXACT).firing.tolist() == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(("gap", "word"), [(0.9e-3, "undecided"), (1.1e-3, "certified")])
def test_the_default_guard_is_a_ten_thousandth_of_the_largest_logit(gap, word):
    """With logits of 10, margins of less than 1e-3 are in doubt: of the base as of a window."""
    close, far = [10.0, 10.0 - gap, 0.0], [10.0, 0.0, 0.0]
    assert judge(sweep_of(close, [far] * 4), "consistency", 0.5).word == word
    verdict = judge(sweep_of(far, [far, far, close, far]), "consistency", 0.5)
    assert verdict.word == word
    assert verdict.certificate.holds == (word == "certified")
    assert verdict.min_margin == pytest.approx(gap, rel=1e-2)


def test_a_window_in_doubt_does_not_hide_an_alarm():
    close, far, other = [1.0, 1.0, 0.0], [4.0, 0.0, 0.0], [0.0, 4.0, 0.0]
    assert judge(sweep_of(far, [far, close, other, far]), "consistency", 0.5).word == "alert"
    # Though it differs, one in doubt alone is no alarm: undecided.
    doubtful = [1.0, np.nextafter(np.float32(1.0), np.float32(2.0)), 0.0]
    assert judge(sweep_of(far, [far, doubtful, far, far]), "consistency", 0.5).word == "undecided"


@pytest.mark.parametrize(("rule", "label"), [("confident", B), ("hicert", A), ("hicert", B)])
@pytest.mark.parametrize("offset", [0.0, 0.4e-6, -0.4e-6])
def test_a_confidence_at_tau_is_in_doubt_where_it_decides(rule, label, offset):
    tau = confidence_of(label, 0.7) + offset
    sweep = table((A, 0.9), (A, 0.8), (label, 0.7), (A, 0.8), (A, 0.8))
    verdict = judge(sweep, rule, tau)
    assert verdict.word == "undecided"
    assert verdict.certificate.locations[0, 3] == int((rule, label) == ("hicert", A))
    fires = {("confident", B): offset <= 0, ("hicert", A): offset > 0, ("hicert", B): True}[rule, label]
    silent = "certified" if rule == "hicert" else "consistent"
    assert judge(sweep, rule, tau, guard=EXACT).word == ("alert" if fires else silent)


@pytest.mark.parametrize("scale", [1.0, 10.0, 30.0])
@pytest.mark.parametrize(("rule", "shift"), [("confident", -1), ("hicert", 1)])
def test_a_proof_survives_the_rounding_that_the_guard_allows_for(rule, shift, scale):
    """Logits moved by a millionth of the largest, far less than a margin may be in doubt by, break no proof.

    ``confident``: a window proves A, and must not be outvoted in silence once its confidence has slipped below tau.
    ``hicert``: a window proves by saying B too unsurely, and must not be silent for B once it is sure enough.
    """
    label = {"confident": A, "hicert": B}[rule]
    row = np.array(logits(label, 0.6), np.float32) + np.float32(scale)
    moved = row.copy()
    moved[label] += np.float32(shift * 1e-6 * scale)
    moved[1 - label] -= np.float32(shift * 1e-6 * scale)
    confidence = float(read_logits(row[None], EXACT).confidence[0])
    tau = confidence + shift * 1.1e-6  # just beyond the guard on the side where the proof holds
    assert judge(sweep_of(logits(A, 0.9), [row] * 4), rule, tau, label=A).certificate.holds
    attacked = judge(sweep_of(logits(B, 0.9), [moved] * 4), rule, tau, label=A)
    assert attacked.word in ("alert", "undecided")


@pytest.mark.parametrize("offset", [0.0, 0.4e-6, -0.4e-6])
def test_a_window_that_agrees_and_is_near_tau_neither_fires_nor_proves_by_confident(offset):
    tau = confidence_of(A, 0.7) + offset
    verdict = judge(table((A, 0.9), (A, 0.8), (A, 0.7), (A, 0.8), (A, 0.8)), "confident", tau)
    assert verdict.word == "consistent"
    assert verdict.certificate.locations[0].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_logit_that_is_not_finite_is_never_silent_and_proves_nothing(rule, bad):
    far = [4.0, 0.0, 0.0]
    for row in ([bad, 0.0, 0.0], [0.0, 0.0, bad]):
        windows = [far, row, far, far]
        for guard in (EXACT, None):
            verdict = judge(sweep_of(far, windows), rule, 0.0, guard=guard)
            assert verdict.word in ("alert", "undecided")
            assert verdict.firing.tolist() == [False, True, False, False]
            assert verdict.certificate.locations[0, 3] == 0
        assert judge(sweep_of(row, [far] * 4), rule, 0.5).word == "undecided"
        assert not judge(sweep_of(row, [row] * 4), rule, 1.0).certificate.holds


def test_without_a_full_sweep_it_is_undecided_and_nothing_is_certified():
    far = [4.0, 0.0, 0.0]
    sweep = sweep_of(far, [far, far, [np.nan] * 3, [np.nan] * 3], done=[True, True, False, False])
    verdict = judge(sweep, "consistency", 0.5)
    assert verdict.word == "undecided"
    assert "2 of 4" in verdict.reason
    assert not verdict.certificate.computed
    assert not verdict.certificate.holds
    assert verdict.certificate.certified_places == 0
    assert not verdict.certificate.locations.any()
    assert len(verdict.windows) == 2


def test_before_anything_is_done_it_is_undecided():
    nothing = Sweep(
        FOUR,
        1,
        "per_window",
        None,
        None,
        np.zeros((4, 0), np.float32),
        np.zeros(4, bool),
        np.zeros(4, bool),
        np.zeros(4, int),
    )
    verdict = judge(nothing, "hicert", 0.5)
    assert verdict.word == "undecided"
    assert not verdict.certificate.holds


def test_results_are_read_only():
    verdict = judge(table((A, 0.6), *[(A, 0.6)] * 4), "consistency", 0.5)
    for array in (verdict.firing, verdict.certificate.locations, verdict.windows.label):
        assert not array.flags.writeable


# `global` selection: one clean check per window proves nothing.


def test_global_selection_is_certified_only_from_its_families():
    far, other = [4.0, 0.0, 0.0], [0.0, 4.0, 0.0]
    without = judge(sweep_of(far, [far] * 4, selection="global"), "consistency", 0.5)
    assert without.word == "consistent"
    assert not without.certificate.computed
    whole = sweep_of(far, [far] * 4, selection="global", family_logits=[[far, far]] * 4)
    assert judge(whole, "consistency", 0.5).word == "certified"
    broken = sweep_of(far, [far] * 4, selection="global", family_logits=[[far, far], [far, other], [far], [far]])
    verdict = judge(broken, "consistency", 0.5)
    assert verdict.word == "consistent"
    assert verdict.certificate.locations[:, 0].tolist() == [1, 1, 1, 1]
    assert verdict.certificate.locations[0].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("rule", "members", "proves"),
    [
        ("confident", [(A, 0.8), (A, 0.6)], True),
        ("confident", [(A, 0.8), (A, 0.4)], False),
        ("hicert", [(A, 0.8), (B, 0.4), (C, 0.45)], True),
        ("hicert", [(A, 0.8), (B, 0.6)], False),
    ],
)
def test_every_member_of_a_family_has_to_prove(rule, members, proves):
    far = logits(A, 0.9)
    sweep = sweep_of(
        far,
        [far] * 4,
        selection="global",
        family_logits=[[logits(*member) for member in members], [far], [far], [far]],
    )
    assert judge(sweep, rule, 0.5, guard=EXACT).certificate.locations[0, 0] == int(proves)


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


# Where the naive reading fails.

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
