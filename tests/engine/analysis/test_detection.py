"""Both detectors on hand-made maps, and what is counted of them."""

import numpy as np
import pytest
from toys import state_of

from engine.analysis.detection import (
    DENSITY_RATES,
    ImageDetection,
    densest_share,
    densities,
    detection,
    window_cells,
)
from engine.analysis.look import Look
from engine.threat import PatchThreat

LOOK = Look("2", "activation")


def block(filled: int) -> np.ndarray:
    """Two channels of 10 x 10; the first ``filled`` positions of a 5 x 4 block at row 3, column 2 are important."""
    values = np.zeros((2, 10, 10), np.float32)
    rows, columns = np.divmod(np.arange(20), 4)
    values[1, 3 + rows[:filled], 2 + columns[:filled]] = 1 + np.arange(filled, 0, -1)
    return values


@pytest.mark.parametrize(("filled", "share"), [(20, 1.0), (19, 0.95), (18, 0.9), (5, 0.25)])
def test_the_densest_share_by_hand(filled, share):
    assert densest_share(state_of(block(filled)), filled, (5, 4)) == pytest.approx(share)


def test_two_sins_at_one_position_hold_it_once():
    values = block(20)
    values[0, 3, 2] = 9.0
    assert densest_share(state_of(values), 21, (5, 4)) == 1.0
    assert densest_share(state_of(values), 20, (5, 4)) == pytest.approx(0.95)  # two of them at one position


def test_fewer_sins_than_positions_never_fill_a_window():
    assert densest_share(state_of(block(20)), 17, (5, 4)) == pytest.approx(17 / 20)


def test_every_rate_is_looked_at():
    found = densities(state_of(block(20)), (5, 4))
    assert len(found) == len(DENSITY_RATES)
    assert found[-1] == 1.0  # 10 % of 200 neurons are the block
    assert found.tolist() == sorted(found)


def test_the_window_is_the_largest_that_the_patch_fills():
    assert window_cells(PatchThreat(51, 51, 224, 224), (32, 112, 112)) == (25, 25)
    assert window_cells(PatchThreat(51, 20, 224, 224), (96, 56, 56)) == (12, 5)
    assert window_cells(PatchThreat(2, 2, 224, 224), (96, 7, 7)) == (1, 1)


def image(density: float, alert: bool, full: int, base: int) -> ImageDetection:
    return ImageDetection(np.full(len(DENSITY_RATES), density), np.array(alert), np.array(full), np.array(base))


LABELS = np.array([1, 1, 2])
COPIES = [
    [image(0.95, True, 1, 1), image(0.5, False, 1, 3), image(0.9, False, 2, 2)],  # benign
    [image(1.0, True, 2, 2), image(0.91, False, 2, 2), image(1.0, True, 2, 2)],  # alpha 0
    [image(0.2, False, 1, 2), image(0.9, True, 1, 1), image(0.9, False, 2, 2)],  # alpha 3
]


def test_alerts_and_success_are_counted_by_hand():
    found = detection(LOOK, [("plain.png", 0.0), ("hidden.png", 3.0)], 2, LABELS, COPIES)
    # Exactly 90 % is no alert.
    assert [found.by_density(copy, 0).hits for copy in range(3)] == [1, 3, 0]
    assert [found.by_occlusion(copy).hits for copy in range(3)] == [1, 2, 1]
    # The third photo is of the target's class anyway.
    assert [(found.success(patch).hits, found.success(patch).images) for patch in range(2)] == [(2, 2), (0, 2)]
    assert [found.unseen(patch).hits for patch in range(2)] == [1, 1]


def test_without_a_target_only_right_answers_can_be_fooled():
    found = detection(LOOK, [("a.png", 0.0), ("b.png", 1.0)], None, LABELS, COPIES)
    assert [(found.success(patch).hits, found.success(patch).images) for patch in range(2)] == [(2, 3), (0, 3)]
    # The pruned model answers the first and third photo rightly; only the first is fooled, once with an alert.
    assert [(found.unseen(patch).hits, found.unseen(patch).images) for patch in range(2)] == [(0, 2), (1, 2)]


def test_rows_and_arrays_hold_what_was_counted():
    found = detection(LOOK, [("plain.png", 0.0), ("hidden.png", 3.0)], 2, LABELS, COPIES)
    rows = list(found.rows())
    assert [row["patch"] for row in rows] == ["benign", "plain.png", "hidden.png"]
    assert [row["occlusion_alerts"] for row in rows] == [1, 2, 1]
    assert rows[1]["success"] == 2
    assert rows[0]["success"] == ""
    assert found.arrays()["density"].shape == (3, 3, len(DENSITY_RATES))
    with pytest.raises(ValueError, match="read-only"):
        found.alert[0, 0] = False
