"""The densest window moved out of a net that is answered by hand, and predictions counted."""

import numpy as np
import pytest
from toys import PixelSum, classifier

from engine.analysis.look import Look
from engine.analysis.prediction_stability import ImageStability, image_stability, predict, prediction_stability
from engine.pipeline import Inspector
from engine.selection import MaskedInput
from engine.settings import Settings
from engine.superficial import superficial, to_pixels

SIZE = 8


@pytest.fixture(scope="module")
def bright():
    """Class 1 where the summed red, less grey, is above 3: in normalised pixels, twice that."""
    network = PixelSum([[0, 0, 0], [1, 0, 0]], [3.0, 0.0])
    inspector = Inspector(classifier(network, SIZE))
    cut, footprints, backend = inspector.prepare(Settings(layer="input", backend="torch"))
    return cut, footprints, backend


def look_at(bright, view, count, selection="per_window", side=2):
    cut, footprints, backend = bright
    state = superficial(cut, to_pixels(view), "contrast", "neutral")
    return state, image_stability(state, count, side, footprints, backend, selection)


def spot() -> np.ndarray:
    """Mid-grey, which counts next to nothing, with a white square of 2 x 2 px at row 5, column 3."""
    view = np.full((SIZE, SIZE, 3), 128, np.uint8)
    view[5:7, 3:5] = 255
    return view


def test_what_hangs_on_the_densest_window_falls_with_it(bright):
    _, found = look_at(bright, spot(), count=12)
    assert found.box_px.tolist() == [5, 3, 7, 5]
    assert found.whole.tolist() == [1, 1]  # red sums to 4 in the square
    assert found.moved.tolist() == [0, 0]


def test_what_is_spread_stays(bright):
    view = np.full((SIZE, SIZE, 3), 255, np.uint8)  # red sums to 64, or 60 without a window
    _, found = look_at(bright, view, count=3 * SIZE * SIZE)
    assert found.whole.tolist() == found.moved.tolist() == [1, 1]


def test_per_window_takes_up_others_and_global_does_not(bright):
    view = spot()
    view[0, :4] = 255  # four more bright pixels, less dense under a window of 2 x 2
    # The twelve top neurons by flat index: red of row 0 first, then the square's.
    _, per_window = look_at(bright, view, count=12)
    _, literal = look_at(bright, view, count=12, selection="global")
    assert per_window.box_px.tolist() == literal.box_px.tolist()
    assert per_window.moved[0] == 1  # the ones left out so far make up for the window
    assert literal.moved[1] == per_window.moved[1]  # the full model only loses the window


def test_predict_takes_any_number_of_masks(bright):
    cut, _, backend = bright
    state = superficial(cut, to_pixels(spot()), "contrast", "neutral")
    masks = [MaskedInput(count) for count in (0, 3, 12, 12, 192, 0)]  # more than a batch
    rows = predict(state, masks, backend)
    assert rows.shape == (6, 2)
    assert np.array_equal(rows[0], rows[5])
    assert rows.argmax(axis=1).tolist() == [0, 0, 1, 1, 1, 0]


def stable(whole, moved, box=(0, 0, 2, 2)):
    return ImageStability(np.array(whole), np.array(moved), np.array(box))


LABELS = np.array([4, 4, 4, 7])
BENIGN = [stable((4, 4), (4, 4)), stable((4, 4), (5, 4)), stable((6, 4), (6, 6)), stable((7, 7), (7, 7))]
PATCHED = [
    stable((7, 7), (7, 4)),  # fooled; the window holds the whole patch
    stable((7, 4), (4, 4)),  # the pruned model is fooled, and comes back
    stable((4, 4), (4, 4)),
    stable((7, 7), (7, 7)),  # of the target's class anyway
]
BOXES = np.array([[0, 0, 2, 2], [0, 1, 2, 3], [1, 1, 3, 3], [4, 4, 6, 6]])  # all, half, a quarter, nothing hidden


def test_groups_are_counted_by_hand():
    found = prediction_stability(Look("1", "contrast"), LABELS, 7, BENIGN, PATCHED, BOXES)
    pruned, full = 0, 1
    assert (found.benign_stays(pruned).hits, found.benign_stays(pruned).images) == (2, 3)
    assert (found.benign_stays(full).hits, found.benign_stays(full).images) == (3, 4)
    assert (found.patched_stays(pruned).hits, found.patched_stays(pruned).images) == (3, 4)
    assert (found.patched_stays(pruned, fooled=True).hits, found.patched_stays(pruned, fooled=True).images) == (1, 2)
    assert (found.recovers(pruned).hits, found.recovers(pruned).images) == (1, 2)
    assert (found.recovers(full).hits, found.recovers(full).images) == (1, 1)
    assert found.covered.tolist() == [1.0, 0.5, 0.25, 0.0]
    assert found.found.hits == 2


def test_without_a_target_a_right_answer_gone_wrong_is_fooled():
    found = prediction_stability(Look("1", "contrast"), LABELS, None, BENIGN, PATCHED, BOXES)
    assert found.fooled(0).tolist() == [True, True, False, False]
    assert found.fooled(1).tolist() == [True, False, False, False]


def test_rows_hold_the_wilson_intervals():
    found = prediction_stability(Look("1", "contrast"), LABELS, 7, BENIGN, PATCHED, BOXES)
    first = next(iter(found.rows()))
    assert (first["model"], first["photos"], first["stays"], first["of"]) == ("pruned", "benign, right", 2, 3)
    assert (first["low"], first["high"]) == found.benign_stays(0).interval
