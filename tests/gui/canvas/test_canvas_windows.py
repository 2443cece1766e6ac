"""What windows say, which one is under a point, and how they are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from snapshots import make_snapshot, make_windows

from engine.settings import Settings
from gui.canvas import CanvasPanel
from gui.canvas.window_states import WindowState, covering, next_under, window_states
from gui.snapshot import Snapshot
from gui.state import State
from gui.theme import AGREE, DIFFER


def five_states() -> Snapshot:
    """Windows 0 to 4 wait, are skipped, agree, differ without firing, fire."""
    windows = make_windows(3)
    done, skipped, firing, label = (
        array.copy() for array in (windows.done, windows.skipped, windows.firing, windows.label)
    )
    done[0], label[0] = False, -1
    skipped[1] = True
    label[3] = 2
    label[4], firing[4] = 1, True
    windows = replace(windows, done=done, skipped=skipped, firing=firing, label=label)
    return make_snapshot("alert", windows=windows, settings=Settings(rule="confident", top=0.5, window=40))


def test_states_of_windows():
    assert window_states(five_states()).tolist()[:5] == [
        WindowState.WAITING,
        WindowState.SKIPPED,
        WindowState.AGREES,
        WindowState.DIFFERS,
        WindowState.FIRES,
    ]
    assert len(window_states(make_snapshot(None, windows=None))) == 0


def test_covering_windows_come_nearest_first():
    windows = make_windows(6)
    found = covering(windows, 112.0, 112.0)
    middles = (windows.boxes_px[found, :2] + windows.boxes_px[found, 2:]) / 2
    apart = np.hypot(*(middles - 112).T)
    assert sorted(found) == [14, 15, 20, 21]
    assert (np.diff(apart) >= 0).all()
    assert len(covering(windows, -1.0, 5.0)) == 0


def test_clicks_at_one_point_walk_through_all_windows_over_it():
    windows = make_windows(6)
    found = covering(windows, 90.0, 100.0).tolist()
    walked, selected = [], None
    for _ in found:
        selected = next_under(windows, 90.0, 100.0, selected)
        walked.append(selected)
    assert walked == found
    assert next_under(windows, 90.0, 100.0, selected) == found[0]
    assert next_under(windows, 500.0, 100.0, None) is None


@pytest.mark.parametrize("widths", [(250, 700), (700, 250), (250, 250)])
def test_a_narrow_canvas_has_its_legend_below_the_colour_bar(
    canvas: CanvasPanel, state: State, widths: tuple[int, int]
):
    state.show(make_snapshot("alert"))
    legend, bar = canvas.view.legend, canvas.view.bar
    for width in widths:
        canvas.resize(width, 400)
        QApplication.processEvents()
        places = [part.sceneBoundingRect() for part in (legend, bar)]
        assert legend.size().width() >= legend.widest, "no word is cut"
        assert (places[0].top() >= places[1].bottom()) is (width == 250)
        assert not places[0].intersects(places[1])
        assert canvas.view.sceneRect().contains(places[0])


def test_the_legend_names_the_states_that_there_are(canvas: CanvasPanel, state: State):
    state.show(five_states())
    words = canvas.view.legend.words
    for said in ("not run yet", "no SIN inside", "window agrees", "differs, not firing", "fires the rule"):
        assert said in words
    state.show(make_snapshot("certified"))
    assert "200 SINs in 2 clusters" in canvas.view.legend.words
    assert "window agrees" in canvas.view.legend.words
    assert "differs" not in canvas.view.legend.words


def near(canvas: CanvasPanel, x: float, y: float, reach: int = 9) -> set[str]:
    """The colours round a point of the model's input."""
    image, middle = canvas.view.viewport().grab().toImage(), canvas.to_viewport(x, y)
    return {
        QColor(image.pixel(middle.x() + dx, middle.y() + dy)).name()
        for dx in range(-reach, reach + 1)
        for dy in range(-reach, reach + 1)
    }


def middle_of(snapshot: Snapshot, window: int) -> tuple[float, float]:
    """X and y of a window's middle."""
    assert snapshot.windows is not None
    top, left, bottom, right = snapshot.windows.boxes_px[window].tolist()
    return (left + right) / 2, (top + bottom) / 2


def test_marks_differ_in_colour_and_in_shape(canvas: CanvasPanel, state: State):
    snapshot = five_states()
    state.show(snapshot)
    canvas.layers.solo("windows")
    agrees, fires = near(canvas, *middle_of(snapshot, 2)), near(canvas, *middle_of(snapshot, 4))
    assert AGREE.lower() in agrees
    assert AGREE.lower() not in fires
    assert DIFFER.lower() in fires
    # A disc is as wide at its top as at its bottom; a triangle is not.
    for window, is_even in ((2, True), (4, False)):
        image, middle = canvas.view.viewport().grab().toImage(), canvas.to_viewport(*middle_of(snapshot, window))
        colour = QColor(AGREE if window == 2 else DIFFER).rgb()
        upper, lower = (
            sum(image.pixel(middle.x() + dx, middle.y() + dy) == colour for dx in range(-8, 9)) for dy in (-3, 3)
        )
        assert (abs(upper - lower) <= 2) is is_even


@pytest.mark.parametrize("preview", [False, True])
def test_the_selected_window_is_framed_and_hatched_even_before_the_verdict(
    canvas: CanvasPanel, state: State, preview: bool
):
    snapshot = make_snapshot("alert", preview=preview)
    state.show(snapshot)
    canvas.layers.solo("windows")
    before = canvas.view.viewport().grab().toImage()
    state.select(window=14)
    after = canvas.view.viewport().grab().toImage()
    assert snapshot.windows is not None
    top, left, bottom, right = snapshot.windows.boxes_px[14].tolist()
    edge = near(canvas, left, (top + bottom) / 2, 4)
    assert max(QColor(name).lightness() for name in edge) > 200
    assert min(QColor(name).lightness() for name in edge) < 40  # edged in white and black
    first, last = canvas.to_viewport(left, top), canvas.to_viewport(right, bottom)
    changed = sum(
        before.pixel(x, y) != after.pixel(x, y)
        for x in range(first.x() + 8, last.x() - 8, 3)
        for y in range(first.y() + 8, last.y() - 8, 3)
    )
    assert changed > 100  # the hatching, all over it
    assert canvas._marks.windows._name(14) == f"window #14: tench, {snapshot.windows.confidence[14]:.0%}"


def test_thousands_of_windows_become_tiles(canvas: CanvasPanel, state: State):
    windows = make_windows(55)
    firing, label = windows.firing.copy(), windows.label.copy()
    firing[: len(windows) // 2], label[: len(windows) // 2] = True, 1
    snapshot = make_snapshot("alert", windows=replace(windows, firing=firing, label=label))
    state.show(snapshot)
    canvas.layers.solo("windows")

    def warmth(window: int) -> float:
        image, middle = canvas.view.viewport().grab().toImage(), canvas.to_viewport(*middle_of(snapshot, window))
        tiles = [QColor(image.pixel(middle.x() + dx, middle.y() + dy)) for dx in range(-6, 7) for dy in range(-6, 7)]
        return float(np.mean([tile.redF() - tile.blueF() for tile in tiles]))

    assert warmth(len(windows) // 4 + 27) > warmth(3 * len(windows) // 4 + 27) + 0.2
