"""The controls: every knob by mouse and keyboard, undo, and nothing that raises."""

import pytest
from handling import find, type_into
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QSlider,
)
from pytestqt.qtbot import QtBot
from snapshots import LABELS, make_snapshot

from engine.settings import Settings
from gui.panels.controls import ControlsPanel
from gui.state import State

HANDLES = {
    "modelCombo": QComboBox,
    "layerCombo": QComboBox,
    "topRateSlider": QSlider,
    "windowSizeSlider": QSlider,
    "patchSizeSlider": QSlider,
    "patchToggle": QAbstractButton,
    "liveToggle": QAbstractButton,
}


def test_the_handles_are_there(panel: ControlsPanel) -> None:
    for name, kind in HANDLES.items():
        assert isinstance(find(panel, name), kind)


def test_every_control_can_be_reached_named_and_explained(panel: ControlsPanel) -> None:
    panel.model.fold.open()
    panel.sweep.fold.open()
    kinds = (QAbstractSlider, QAbstractSpinBox, QComboBox, QAbstractButton, QLineEdit)
    for control in (child for kind in kinds for child in panel.findChildren(kind)):
        if isinstance(control.parent(), (QAbstractSpinBox, QComboBox)) or not control.isVisible():
            continue
        if "qt_" in control.objectName() or control.parent().objectName().startswith("qt_scroll"):
            continue
        assert control.accessibleName(), control
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.accessibleName()
        assert control.toolTip() or "show or hide" in control.accessibleName(), control.accessibleName()


def test_nothing_is_cut_at_280_pixels(panel: ControlsPanel, state: State) -> None:
    panel.model.fold.open()
    panel.sweep.fold.open()
    state.set_knobs("Rule", rule="hicert", selection="global")
    content = panel.scroller.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= panel.scroller.viewport().width()


@pytest.mark.parametrize(
    ("name", "key", "knob", "value"),
    [
        ("topRateSlider", Qt.Key.Key_Right, "top", 0.51),
        ("topRateSlider", Qt.Key.Key_Home, "top", 0.01),
        ("windowSizeSlider", Qt.Key.Key_Left, "window", 39),
        ("windowSizeSlider", Qt.Key.Key_End, "window", 111),
        ("patchSizeSlider", Qt.Key.Key_Right, "patch", "2.2%"),
    ],
)
def test_sliders_by_keyboard_are_one_step_each(
    qtbot: QtBot, panel: ControlsPanel, state: State, name: str, key: Qt.Key, knob: str, value: object
) -> None:
    slider = find(panel, name)
    assert isinstance(slider, QSlider)
    before, position = getattr(state.settings, knob), slider.value()
    qtbot.keyClick(slider, key)
    assert getattr(state.settings, knob) == value
    assert not state.holding
    assert state.undo_stack.count() == 1
    state.undo_stack.undo()
    assert getattr(state.settings, knob) == before
    assert slider.value() == position


def test_a_drag_is_one_step_of_undo_and_holds_the_state(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    slider = find(panel, "topRateSlider")
    assert isinstance(slider, QSlider)
    held: list[bool] = []
    state.holding_changed.connect(held.append)
    start = QPoint(slider.width() // 2, slider.height() // 2)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    for step in (8, 16, 24):
        qtbot.mouseMove(slider, start + QPoint(step, 0), delay=15)
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=start + QPoint(24, 0))
    assert held == [True, False]
    assert state.settings.top is not None
    assert state.settings.top > 0.5
    assert state.undo_stack.count() == 1
    assert state.undo_stack.undoText() == "Top-ranking rate"
    state.undo_stack.undo()
    assert state.settings.top is None
    assert slider.value() == 50


def test_the_rate_shows_its_neurons_and_goes_back_to_the_default(
    qtbot: QtBot, panel: ControlsPanel, state: State
) -> None:
    assert panel.sweep.top_note.text() == "200\u202f704 of 401\u202f408 neurons kept"
    assert panel.sweep.top_default.isChecked()
    panel.sweep.top.field.setValue(12.5)
    assert state.settings.top == 0.125
    assert panel.sweep.top_note.text().startswith("50\u202f176 of")
    assert not panel.sweep.top_default.isChecked()
    qtbot.mouseClick(panel.sweep.top_default, Qt.MouseButton.LeftButton)
    assert state.settings.top is None
    assert panel.sweep.top.value() == 50
    qtbot.keyClick(panel.sweep.top_default, Qt.Key.Key_Space)  # up: pins what is shown
    assert state.settings.top == 0.5


def test_the_window_shows_cells_pixels_and_number(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    slider = find(panel, "windowSizeSlider")
    assert isinstance(slider, QSlider)
    assert (slider.minimum(), slider.maximum(), slider.value()) == (17, 111, 40)
    assert panel.sweep.window_note.text() == "36 windows (6 × 6), each hides 81\u00a0×\u00a081\u00a0px or more"
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert panel.sweep.window_note.text() == "about 82 px"
    state.show_computing()
    assert "counting windows" in panel.sweep.window_note.text()
    qtbot.mouseClick(panel.sweep.window_auto, Qt.MouseButton.LeftButton)
    assert state.settings.window is None
    assert slider.value() == 40


def test_a_preview_does_not_move_an_automatic_window(panel: ControlsPanel, state: State) -> None:
    slider = find(panel, "windowSizeSlider")
    assert isinstance(slider, QSlider)
    state.show(make_snapshot(preview=True, side=80))
    assert slider.value() == 40


def test_before_anything_is_known_there_are_dashes(qtbot: QtBot) -> None:
    panel = ControlsPanel(State())
    qtbot.addWidget(panel)
    assert panel.sweep.top.field.text() == "–"
    assert not panel.sweep.window_size.isEnabled()
    assert panel.model.layer.count() == 4
    assert panel.threat.height_px.value() == 32


def test_a_larger_patch_takes_a_window_back_and_undo_brings_both(
    qtbot: QtBot, panel: ControlsPanel, state: State
) -> None:
    state.set_knobs("Window size", window=20)
    qtbot.mouseClick(panel.threat.presets[8], Qt.MouseButton.LeftButton)
    assert (state.settings.patch, state.settings.window) == ("8%", None)
    state.undo_stack.undo()
    assert (state.settings.patch, state.settings.window) == ("2%", 20)
    assert panel.threat.presets[2].isChecked()
    assert not panel.threat.presets[8].isChecked()


def test_a_drag_that_comes_back_brings_the_window_back(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    state.set_knobs("Window size", window=20)
    slider = find(panel, "patchSizeSlider")
    qtbot.keyPress(slider, Qt.Key.Key_End)
    assert state.settings.window is None
    qtbot.keyPress(slider, Qt.Key.Key_Home)
    assert state.settings.window == 20
    qtbot.keyRelease(slider, Qt.Key.Key_Home)
    assert not state.holding
    assert state.undo_stack.count() == 2


def test_the_patch_in_pixels(panel: ControlsPanel, state: State) -> None:
    panel.threat.height_px.setValue(40)
    assert state.settings.patch == "40"
    assert panel.threat.area.value() == pytest.approx(40 * 40 / 224**2 * 100)
    assert not any(button.isChecked() for button in panel.threat.presets.values())
    panel.threat.width_px.setValue(20)
    assert state.settings.patch == "40x20"
    panel.threat.height_px.setValue(30)
    assert state.settings.patch == "30x20"
    state.undo_stack.undo()
    assert (panel.threat.height_px.value(), panel.threat.width_px.value()) == (40, 20)


def test_model_by_keyboard_leaves_the_window_behind(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    state.set_knobs("Window size", window=20)
    model = find(panel, "modelCombo")
    assert isinstance(model, QComboBox)
    qtbot.keyClick(model, Qt.Key.Key_Down)
    assert state.settings == Settings(model="efficientnet_lite1")
    state.undo_stack.undo()
    assert state.settings == Settings(window=20)
    assert model.currentText() == "efficientnet_lite0"
    type_into(qtbot, model, "timm:convnext_tiny")
    assert state.settings.model == "timm:convnext_tiny"


def test_a_network_of_the_users_own_gets_an_input_size(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    model = find(panel, "modelCombo")
    assert isinstance(model, QComboBox)
    type_into(qtbot, model, "nets:small")
    assert (state.settings.model, state.settings.input_size) == ("nets:small", (224, 224))
    assert panel.model.fold.is_open()
    size = find(panel, "input_sizeEdit")
    assert isinstance(size, QLineEdit)
    size.selectAll()
    qtbot.keyClicks(size, "32x48")
    qtbot.keyClick(size, Qt.Key.Key_Return)
    assert state.settings.input_size == (32, 48)
    size.selectAll()
    qtbot.keyClicks(size, "broad")
    qtbot.keyClick(size, Qt.Key.Key_Return)
    assert state.settings.input_size == (32, 48)
    assert "Cannot read 'broad'" in panel.model.message.text()
    mean = find(panel, "meanEdit")
    qtbot.keyClicks(mean, "0.5,0.4,0.3")
    qtbot.keyClick(mean, Qt.Key.Key_Return)
    assert state.settings.mean == (0.5, 0.4, 0.3)
    assert panel.model.message.text() == ""


def test_layers_by_number_name_and_not_at_all(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    layer = find(panel, "layerCombo")
    assert isinstance(layer, QComboBox)
    assert [layer.itemText(row) for row in range(4)] == [
        "1 · bn1",
        "2 · blocks.0.0.bn1",
        "3 · blocks.1.0.bn2",
        "input (pixels)",
    ]
    qtbot.keyClick(layer, Qt.Key.Key_Down)
    assert state.settings.layer == "2"
    type_into(qtbot, layer, "blocks.5.0.bn3")
    assert state.settings.layer == "blocks.5.0.bn3"
    type_into(qtbot, layer, "blocks.5.0.bn4")
    assert state.settings.layer == "blocks.5.0.bn3"
    assert "nearest: blocks.5.0.bn3" in panel.model.message.text()
    assert layer.currentText() == "blocks.5.0.bn3"
    type_into(qtbot, layer, "input (pixels)")
    assert state.settings.layer == "input"
    assert panel.model.message.text() == ""


def test_what_is_folded_changes_settings_too(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    qtbot.keyClick(panel.sweep.fold.button, Qt.Key.Key_Space)
    assert panel.sweep.stride.isVisible()
    panel.sweep.stride.setValue(5)
    assert state.settings.stride == 5
    assert panel.sweep.stride.maximum() == 40 - 17 + 1
    panel.sweep.stride.setValue(0)
    assert state.settings.stride is None
    for box, knob, value in (
        (panel.sweep.selection, "selection", "global"),
        (panel.sweep.importance, "importance", "activation"),
        (panel.sweep.fill, "fill", "zero"),
        (panel.model.backend, "backend", "torch"),
        (panel.model.precision, "precision", "fp16"),
    ):
        qtbot.keyClick(box, Qt.Key.Key_Down)
        assert getattr(state.settings, knob) == value
    assert "never certified" in panel.sweep.warning.text()


def test_rule_and_tau(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    assert not panel.rule.tau_field.isVisible()
    qtbot.keyClick(panel.rule.rule, Qt.Key.Key_Down)
    assert state.settings.rule == "confident"
    assert panel.rule.tau_field.isVisible()
    qtbot.keyClick(panel.rule.tau.slider, Qt.Key.Key_Right)
    assert state.settings.tau == 0.51
    state.undo_stack.undo()
    state.undo_stack.undo()
    assert state.settings == Settings()
    assert not panel.rule.tau_field.isVisible()


@pytest.mark.parametrize(("typed", "label"), [("goldfish · 2", 2), ("gold", 2), ("5", 5), ("TENCH", 1)])
def test_the_label_by_name_part_or_index(
    qtbot: QtBot, panel: ControlsPanel, state: State, typed: str, label: int
) -> None:
    combo = find(panel, "labelCombo")
    assert isinstance(combo, QComboBox)
    type_into(qtbot, combo, typed)
    assert state.settings.label == label
    assert combo.currentText() == f"{LABELS[label]} · {label}"
    type_into(qtbot, combo, "base prediction")
    assert state.settings.label is None


@pytest.mark.parametrize(
    ("typed", "said"), [("crane", "2 classes"), ("zebra", "no class 'zebra'"), ("99", "no class")]
)
def test_labels_that_there_are_not(qtbot: QtBot, panel: ControlsPanel, state: State, typed: str, said: str) -> None:
    combo = find(panel, "labelCombo")
    assert isinstance(combo, QComboBox)
    type_into(qtbot, combo, typed)
    assert state.settings.label is None
    assert said in panel.rule.message.text()
    assert combo.currentText() == "Base prediction"


def test_impossible_settings_are_told_in_place(panel: ControlsPanel, state: State) -> None:
    assert panel.sweep.ask("Top-ranking rate", top=7.0) is False
    assert "top-ranking rate must be" in panel.sweep.message.text()
    assert state.settings == Settings()


def test_live_by_mouse_key_and_from_elsewhere(qtbot: QtBot, panel: ControlsPanel, state: State) -> None:
    live = find(panel, "liveToggle")
    assert isinstance(live, QAbstractButton)
    assert live.isChecked()
    qtbot.mouseClick(live, Qt.MouseButton.LeftButton)
    assert not state.live
    qtbot.keyClick(live, Qt.Key.Key_Space)
    assert state.live
    state.set_live(False)
    assert not live.isChecked()


def test_the_wheel_scrolls_the_panel_until_a_control_is_focused(
    qtbot: QtBot, panel: ControlsPanel, state: State
) -> None:
    slider = find(panel, "topRateSlider")
    find(panel, "modelCombo").setFocus()
    where = QPointF(slider.rect().center())

    def turn() -> None:
        event = QWheelEvent(
            where,
            slider.mapToGlobal(where),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(slider, event)

    turn()
    assert state.settings.top is None
    slider.setFocus()
    qtbot.waitUntil(slider.hasFocus)
    turn()
    assert state.settings.top is not None
