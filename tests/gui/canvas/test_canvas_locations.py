"""The location map over the photo."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot, make_verdict

from gui.canvas import CanvasPanel
from gui.canvas.locations_item import place_at
from gui.state import Selection, State


@pytest.mark.parametrize(
    ("point", "place"),
    [((16.0, 16.0), (0, 0)), ((15.5, 15.5), (0, 0)), ((15.4, 16.0), None), ((116.0, 56.0), (40, 100))],
)
def test_a_place_is_drawn_at_the_patchs_middle(point: tuple[float, float], place: tuple[int, int] | None):
    # A patch of 32 px at the top left covers 0 to 32: its middle is 16, and 1 px round it stands for the place.
    assert place_at(*point, (32, 32), (193, 193)) == place


def test_the_last_place_is_on_the_map():
    assert place_at(208.0, 208.0, (32, 32), (193, 193)) == (192, 192)
    assert place_at(208.6, 208.0, (32, 32), (193, 193)) is None


def brightness(canvas: CanvasPanel, x: float, y: float) -> float:
    """Mean lightness round a point of the model's input."""
    image, middle = canvas.view.viewport().grab().toImage(), canvas.to_viewport(x, y)
    pixels = [QColor(image.pixel(middle.x() + dx, middle.y() + dy)) for dx in range(-12, 13) for dy in range(-12, 13)]
    return float(np.mean([pixel.lightnessF() for pixel in pixels]))


def test_places_that_are_not_certified_are_darker_and_hatched(canvas: CanvasPanel, state: State):
    grey = np.full((224, 224, 3), 128, dtype=np.uint8)
    state.show(make_snapshot("consistent", view=grey, clean_view=grey, original=grey))
    canvas.layers.solo("locations")
    # The map made by hand has its first 40 rows and columns not certified.
    assert brightness(canvas, 36, 36) < brightness(canvas, 150, 150) - 0.1
    image, middle = canvas.view.viewport().grab().toImage(), canvas.to_viewport(36, 36)
    row = [QColor(image.pixel(middle.x() + dx, middle.y())).lightness() for dx in range(-20, 20)]
    assert max(row) - min(row) > 60  # lines of hatching
    assert canvas.view.legend.words[:2] == ("place certified", "not certified")


def test_a_preview_shows_no_map(canvas: CanvasPanel, state: State):
    canvas.layers.set_visible("locations", True)
    state.show(make_snapshot("certified", preview=True))
    assert canvas._marks.locations.places is None
    assert "place certified" not in canvas.view.legend.words
    state.show(make_snapshot("certified"))
    assert "place certified" in canvas.view.legend.words


def test_a_map_that_was_not_computed_says_so(canvas: CanvasPanel, state: State):
    verdict = make_verdict("consistent", locations=np.zeros((193, 193), dtype=np.int64), certified=0, computed=False)
    canvas.layers.set_visible("locations", True)
    state.show(make_snapshot("consistent", verdict=verdict))
    assert "location map not computed" in canvas.view.legend.words
    assert "not certified" not in canvas.view.legend.words


def test_the_tooltip_says_where_places_are_drawn(canvas: CanvasPanel):
    assert "patch's middle" in canvas._marks.locations.toolTip()


def test_a_click_selects_the_place_and_puts_the_patch_there(qtbot: QtBot, patched: CanvasPanel, state: State):
    patched.layers.set_visible("locations", True)
    point = patched.to_viewport(60.2, 130.2)
    qtbot.mouseClick(patched.view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    place = state.selection.place
    assert place is not None
    assert state.selection == Selection(None, place)
    assert abs(place[0] - (130 - 16)) <= 1
    assert abs(place[1] - (60 - 16)) <= 1
    assert (state.document.placement.top, state.document.placement.left) == place
    state.undo_stack.undo()
    assert (state.document.placement.left, state.document.placement.top) == (100, 80)


def test_a_click_puts_the_patch_on_if_it_was_off(qtbot: QtBot, patched: CanvasPanel, state: State):
    state.change("Patch off", patch_on=False)
    patched.layers.set_visible("locations", True)
    qtbot.mouseClick(patched.view.viewport(), Qt.MouseButton.LeftButton, pos=patched.to_viewport(60.2, 130.2))
    assert state.document.patch_on


def test_a_click_without_a_patch_only_selects(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot("consistent"))
    canvas.layers.set_visible("locations", True)
    before = state.document
    qtbot.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=canvas.to_viewport(60.2, 130.2))
    assert state.selection.place is not None
    assert state.document == before


def test_beside_the_map_a_click_selects_a_window(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot("consistent"))
    canvas.layers.set_visible("locations", True)
    qtbot.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=canvas.to_viewport(5, 5))
    assert state.selection == Selection(window=0)


def test_a_selected_place_is_framed_at_its_true_size(canvas: CanvasPanel, state: State):
    grey = np.full((224, 224, 3), 128, dtype=np.uint8)
    state.show(make_snapshot("certified", view=grey, clean_view=grey, original=grey))
    canvas.layers.solo("locations")
    before = canvas.view.viewport().grab().toImage()
    state.select(place=(100, 60))
    after = canvas.view.viewport().grab().toImage()
    edge = [canvas.to_viewport(x, 100) for x in np.arange(62, 90, 0.5)]
    assert sum(before.pixel(point) != after.pixel(point) for point in edge) > len(edge) // 2
    inside = canvas.to_viewport(68, 108)
    assert before.pixel(inside) == after.pixel(inside)
