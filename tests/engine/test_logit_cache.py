"""The cache of logit rows: bounded in bytes, the least recently used row goes first."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.logit_cache import LogitCache
from engine.selection import MaskedInput
from engine.windows import AxisWindow

WINDOW = (AxisWindow(((0, 2),), (0, 2)), AxisWindow(((1, 3),), (1, 3)))


def row(value: float, classes: int = 10) -> np.ndarray:
    return np.full(classes, value, dtype=np.float32)


def test_what_was_put_is_got():
    cache = LogitCache()
    cache.put("a", MaskedInput(3), row(1.0))
    assert cache.get("a", MaskedInput(3)).tolist() == [1.0] * 10
    assert cache.get("a", MaskedInput(4)) is None
    assert cache.get("b", MaskedInput(3)) is None
    assert cache.get("a", MaskedInput(3, WINDOW)) is None
    assert len(cache) == 1


def test_windows_differ_by_their_cells_in_every_tensor():
    cache = LogitCache()
    other = (AxisWindow(((0, 2), (0, 4)), (0, 2)), WINDOW[1])
    cache.put("a", MaskedInput(3, WINDOW), row(1.0))
    assert cache.get("a", MaskedInput(3, other)) is None
    assert cache.get("a", MaskedInput(3, (WINDOW[1], WINDOW[0]))) is None
    equal = (AxisWindow(((0, 2),), (0, 2)), AxisWindow(((1, 3),), (1, 3)))
    assert cache.get("a", MaskedInput(3, equal)) is not None


def test_the_least_recently_used_row_goes_first():
    cache = LogitCache(limit=3 * 40)
    for threshold in range(3):
        cache.put("a", MaskedInput(threshold), row(threshold))
    cache.get("a", MaskedInput(0))
    cache.put("a", MaskedInput(3), row(3.0))
    assert [cache.get("a", MaskedInput(threshold)) is not None for threshold in range(4)] == [True, False, True, True]


def test_putting_a_row_again_counts_it_once():
    cache = LogitCache(limit=100)
    for _ in range(5):
        cache.put("a", MaskedInput(1), row(1.0))
    assert cache.bytes == 40
    assert len(cache) == 1


def test_a_row_above_the_limit_is_not_kept():
    cache = LogitCache(limit=39)
    cache.put("a", MaskedInput(1), row(1.0))
    assert len(cache) == cache.bytes == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 8)), max_size=60), st.integers(0, 400))
def test_bytes_are_those_of_the_rows_kept_and_never_above_the_limit(steps, limit):
    cache = LogitCache(limit)
    for context, threshold in steps:
        cache.put(context, MaskedInput(threshold), row(threshold))
        kept = [cache.get(one, MaskedInput(index)) for one in "ab" for index in range(9)]
        assert cache.bytes == sum(found.nbytes for found in kept if found is not None) <= limit
        assert all(found is None or found[0] == index % 9 for index, found in enumerate(kept))
