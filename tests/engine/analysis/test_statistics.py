"""Pairs compared, and how well two sets separate, worked out by hand."""

import math

import numpy as np
import pytest

from engine.analysis.statistics import paired_difference, separation


def test_a_difference_by_hand():
    found = paired_difference(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 1.0, 3.0]))
    # Differences -1, 0, -2, -1: mean -1, standard deviation sqrt(2/3), error sqrt(2/3)/2.
    error = math.sqrt(2 / 3) / 2
    assert (found.benign, found.patched, found.mean) == (2.5, 1.5, -1.0)
    assert found.interval == pytest.approx((-1 - 1.959964 * error, -1 + 1.959964 * error), abs=1e-6)
    assert (found.less.hits, found.more.hits, found.less.images) == (3, 0, 4)
    assert found.verdict == "smaller"


def test_the_verdict_follows_the_interval():
    benign = np.zeros(4)
    assert paired_difference(benign, np.array([1.0, 1.1, 0.9, 1.0])).verdict == "larger"
    assert paired_difference(benign, np.array([5.0, -5.0, 4.0, -3.0])).verdict == "no different"


def test_one_pair_decides_nothing():
    found = paired_difference(np.array([3.0]), np.array([1.0]))
    assert found.mean == -2
    assert found.interval == (-math.inf, math.inf)
    assert found.verdict == "no different"


def test_separation_by_hand():
    # Of the 4 pairs (benign, patched), patched is less in 2, equal in 1.
    assert separation(np.array([2.0, 3.0]), np.array([2.0, 1.0])) == pytest.approx((3 + 0.5) / 4)
    assert separation(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 0.5
    assert separation(np.array([5.0, 6.0]), np.array([1.0, 2.0])) == 1.0
