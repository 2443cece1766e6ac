"""Controls by mouse: sliders are dragged, and lists are opened and chosen from."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QSlider, QStyle, QStyleOptionSlider, QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.layers import LayerModel
from gui.panels.controls import ControlsPanel
from gui.panels.layers import LayerPanel
from gui.state import State

LEFT = Qt.MouseButton.LeftButton


def drag_handle(qtbot: QtBot, slider: QSlider, shift: int) -> None:
    """Take a slider by its handle, move it in three steps, and let go."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    control, handle = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
    start = slider.style().subControlRect(control, option, handle, slider).center()
    qtbot.mousePress(slider, LEFT, pos=start)
    for step in (1, 2, 3):
        qtbot.mouseMove(slider, start + QPoint(shift * step // 3, 0), delay=15)
    qtbot.mouseRelease(slider, LEFT, pos=start + QPoint(shift, 0))


@pytest.mark.parametrize(
    ("name", "knob"), [("topRateSlider", "top"), ("windowSizeSlider", "window"), ("patchSizeSlider", "patch")]
)
def test_a_slider_is_dragged_in_one_step(qtbot: QtBot, panel: ControlsPanel, state: State, name: str, knob: str):
    slider, before = panel.findChild(QSlider, name), getattr(state.settings, knob)
    position = slider.value()
    drag_handle(qtbot, slider, 30)
    assert slider.value() > position
    assert getattr(state.settings, knob) != before
    assert not state.holding
    assert state.undo_stack.count() == 1
    state.undo_stack.undo()
    assert getattr(state.settings, knob) == before
    assert slider.value() == position


@pytest.mark.parametrize(("name", "knob", "row"), [("modelCombo", "model", 1), ("layerCombo", "layer", 2)])
def test_a_list_is_opened_and_chosen_from(
    qtbot: QtBot, panel: ControlsPanel, state: State, name: str, knob: str, row: int
):
    combo, before = panel.findChild(QComboBox, name), getattr(state.settings, knob)
    qtbot.mouseClick(combo, LEFT, pos=QPoint(combo.width() - 8, combo.height() // 2))
    view = combo.view()
    qtbot.waitUntil(view.isVisible)

    def chosen() -> bool:
        # A click right after the one that opened the list is taken for its second half.
        if view.isVisible():
            place = view.visualRect(view.model().index(row, 0)).center()
            qtbot.mouseMove(view.viewport(), place)
            qtbot.mouseClick(view.viewport(), LEFT, pos=place)
        return getattr(state.settings, knob) != before

    qtbot.waitUntil(chosen)
    assert combo.currentIndex() == row
    assert state.undo_stack.count() == 1


def test_the_heatmaps_opacity_is_dragged(qtbot: QtBot):
    layers = LayerModel()
    panel = LayerPanel(layers)
    qtbot.addWidget(panel)
    panel.show()
    slider = panel.findChild(QWidget, "heatmapOpacity")
    before = layers["heatmap"].opacity
    drag_handle(qtbot, slider, -30)
    assert layers["heatmap"].opacity < before
