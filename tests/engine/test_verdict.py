"""Alert rules, certificates and location maps on tables of window predictions worked out by hand."""

import numpy as np
import pytest
from verdict_tables import EXACT, FOUR, HALF, RULES, A, B, C, confidence_of, logits, sweep_of, table

from engine.predictions import Guard, read_logits
from engine.sweep import Sweep
from engine.verdict import judge, supporting

# Rule, tau, base, four windows (label, confidence); then: the word, firing windows, windows that prove, guard exact.
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
    read = read_logits(row[None], Guard())
    # Just beyond the guard, on the side where the proof holds.
    tau = float(read.confidence[0]) + shift * 1.1 * max(float(read.slack[0]), Guard().confidence)
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
