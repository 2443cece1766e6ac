"""Logit rows read as predictions: ties, confidences, margins, and what is too close to call."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.predictions import Guard, read_logits

EXACT = Guard(0.0, 0.0)


def rows(*logits: list[float]) -> np.ndarray:
    return np.array(logits, dtype=np.float32)


def test_by_hand():
    found = read_logits(rows([1.0, 3.0, 2.0], [5.0, -5.0, 0.0], [0.0, 0.0, 1.0]), EXACT)
    assert found.label.tolist() == [1, 0, 2]
    assert found.margin.tolist() == [1.0, 5.0, 1.0]
    e = np.exp
    assert found.confidence == pytest.approx(
        [1 / (1 + e(-1) + e(-2)), 1 / (1 + e(-10) + e(-5)), 1 / (1 + 2 * e(-1))], rel=1e-12
    )
    assert found.clear.all()
    assert len(found) == 3


def test_the_lowest_index_wins_a_tie():
    found = read_logits(rows([2.0, 2.0, 1.0], [0.0, 7.0, 7.0], [3.0, 3.0, 3.0]), Guard())
    assert found.label.tolist() == [0, 1, 0]
    assert found.margin.tolist() == [0.0, 0.0, 0.0]
    assert not found.clear.any()
    assert found.confidence[2] == pytest.approx(1 / 3)


def test_equal_logits_are_a_tie_though_they_are_all_zero():
    """A share of nothing is nothing, and a margin of nothing would reach it."""
    assert not read_logits(np.zeros((1, 3), np.float32), Guard()).clear.any()
    assert read_logits(np.zeros((1, 3), np.float32), EXACT).clear.all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_row_with_a_logit_that_is_not_finite_has_no_label(bad):
    found = read_logits(rows([1.0, 2.0], [bad, 2.0], [3.0, bad], [2.0, 1.0]), Guard())
    assert found.label.tolist() == [1, -1, -1, 0]
    assert found.confidence[1:3].tolist() == [0.0, 0.0]
    assert found.margin[1:3].tolist() == [0.0, 0.0]
    assert found.clear.tolist() == [True, False, False, True]


def test_the_guard_is_a_share_of_the_largest_absolute_logit():
    """Margins of 1 under a guard of a quarter: clear as long as no logit is beyond 4."""
    found = read_logits(rows([4.0, 3.0, 0.0], [4.25, 3.25, 0.0], [1.0, 0.0, -4.0], [1.0, 0.0, -4.25]), Guard(0.25))
    assert found.clear.tolist() == [True, False, True, False]


def test_large_logits_overflow_nothing():
    found = read_logits(rows([1e4, -1e4], [3e38, -3e38]), Guard())
    assert found.confidence.tolist() == [1.0, 1.0]
    assert np.isfinite(found.margin).all()


def test_a_thousand_equal_logits_have_a_confidence_of_a_thousandth():
    found = read_logits(np.zeros((1, 1000), np.float32), EXACT)
    assert found.confidence[0] == pytest.approx(1e-3, rel=1e-12)


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 1500])
def test_many_rows_read_as_one_by_one(count):
    logits = np.random.default_rng(count).normal(size=(count, 5)).astype(np.float32)
    logits[::7] = np.nan
    found = read_logits(logits, Guard())
    for index in range(0, count, 37):
        alone = read_logits(logits[index : index + 1], Guard())
        for name in ("label", "confidence", "margin", "clear"):
            assert getattr(found, name)[index] == getattr(alone, name)[0]
    assert len(found) == count


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 4), st.integers(2, 6)),
        elements=st.floats(-50, 50, width=32),
    )
)
def test_against_the_definitions(logits):
    found = read_logits(logits, Guard())
    for row, label, confidence, margin, clear in zip(
        logits.astype(np.float64).tolist(), found.label, found.confidence, found.margin, found.clear, strict=True
    ):
        ordered = sorted(row, reverse=True)
        assert label == row.index(ordered[0])
        assert margin == ordered[0] - ordered[1]
        assert confidence == pytest.approx(np.exp(ordered[0]) / sum(np.exp(row)), rel=1e-9)
        assert clear == (margin > 0 and margin >= 1e-4 * max(map(abs, row)))


def test_results_are_read_only():
    found = read_logits(rows([1.0, 2.0]), Guard())
    for name in ("label", "confidence", "margin", "clear"):
        assert not getattr(found, name).flags.writeable


def test_half_precision_has_the_wider_guard():
    """Half precision keeps 11 bits: its rounding alone moves a logit by up to 5e-4 of it."""
    half, single = Guard.of("fp16"), Guard.of("fp32")
    assert half.margin > 10 * 2**-11 > single.margin
    assert half.confidence > single.confidence
    assert single == Guard()


def test_bfloat16_has_the_widest_guard():
    """It keeps 8 bits."""
    assert Guard.of("bf16").margin > 10 * 2**-8
    assert Guard.of("bf16").confidence > Guard.of("fp16").confidence
