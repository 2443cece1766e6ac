"""Sums outside a window ignore what is inside, bit for bit; robust masking against its definition."""

import numpy as np
import pytest

from engine.defenses.bands import cyclic_runs
from engine.defenses.window_algebra import finite, outside_sums, robust_bounds, robust_scores

HOSTILE = [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-40, 0.0]


def square_windows(extent: int, side: int) -> np.ndarray:
    windows = []
    for top in range(extent - side + 1):
        for left in range(extent - side + 1):
            cells = np.zeros((extent, extent), bool)
            cells[top : top + side, left : left + side] = True
            windows.append(cells.ravel())
    return np.array(windows)


@pytest.mark.parametrize("windows", [square_windows(6, 2), cyclic_runs(36, 5)], ids=["square", "cyclic"])
def test_what_is_inside_has_no_say_outside(windows: np.ndarray) -> None:
    draw = np.random.default_rng(0)
    clean = draw.normal(size=(36, 3)).astype(np.float32)
    wanted = outside_sums(finite(clean), windows)
    assert np.allclose(wanted, [clean[~cells].sum(axis=0, dtype=np.float64) for cells in windows])
    for index, cells in enumerate(windows):
        filled = clean.copy()
        filled[cells] = draw.choice(HOSTILE, (int(cells.sum()), 3)).astype(np.float32)
        found = outside_sums(finite(filled), windows)[index]
        assert found.tobytes() == wanted[index].tobytes()


def test_a_total_minus_a_window_would_lose_the_digits() -> None:
    values = np.ones((36, 1))
    windows = square_windows(6, 2)
    values[windows[0], 0] = 1e30
    assert outside_sums(values, windows)[0, 0] == 32.0
    assert values.sum() - values[windows[0]].sum() != 32.0


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.85])
def test_scores_by_the_papers_loop(threshold: float) -> None:
    draw = np.random.default_rng(1)
    windows = square_windows(5, 2)
    for _ in range(20):
        evidence = np.maximum(draw.normal(size=(25, 3)), 0) * draw.choice([0.0, 1.0, 20.0], (25, 1))
        found = robust_scores(evidence, windows, threshold)
        for label in range(3):
            total = evidence[:, label].sum()
            strongest = max(evidence[cells, label].sum() for cells in windows)
            masked = total - strongest if total > 0 and strongest / total > threshold else total
            assert found[label] == pytest.approx(masked, abs=1e-9)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.85])
@pytest.mark.parametrize("ring", [False, True], ids=["square", "cyclic"])
def test_bounds_by_their_definition(threshold: float, ring: bool) -> None:
    draw = np.random.default_rng(2)
    windows = cyclic_runs(16, 3) if ring else square_windows(4, 2)
    for _ in range(10):
        evidence = np.maximum(draw.normal(size=(16, 3)), 0)
        bounds = robust_bounds(evidence, windows, threshold, label=1)
        for index, patch in enumerate(windows):
            left = evidence[~patch, 1].sum()
            least = left
            for masked in windows:
                taken = evidence[masked & ~patch, 1].sum()
                if (masked & patch).any() or taken > threshold * left:
                    least = min(least, left - taken)
            assert bounds.least[index] == pytest.approx(least)
            assert bounds.most[index, 1] == -np.inf
            for other in (0, 2):
                assert bounds.most[index, other] == pytest.approx(evidence[~patch, other].sum() / (1 - threshold))
