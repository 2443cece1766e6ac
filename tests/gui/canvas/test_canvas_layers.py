"""The layers: what is shown, alone or together, and the list that changes them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from gui.canvas.layers import LayerModel
from gui.panels.layers import LayerPanel

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def layers() -> LayerModel:
    """Layers as they are at first."""
    return LayerModel()


@pytest.fixture
def panel(qtbot: QtBot, layers: LayerModel) -> LayerPanel:
    """The list on the screen."""
    made = LayerPanel(layers)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_the_order_is_that_of_the_keys(layers: LayerModel):
    assert layers.names == ("image", "heatmap", "sins", "windows", "locations", "patch")


def test_solo_shows_one_layer_over_the_image_and_then_all_again(layers: LayerModel):
    layers.solo("windows")
    assert [name for name in layers.names if layers.is_shown(name)] == ["image", "windows"]
    layers.solo("heatmap")
    assert [name for name in layers.names if layers.is_shown(name)] == ["image", "heatmap"]
    layers.solo("heatmap")
    assert [name for name in layers.names if layers.is_shown(name)] == [
        name for name in layers.names if layers[name].visible
    ]


def test_solo_shows_a_layer_whose_eye_is_closed(layers: LayerModel):
    assert not layers.is_shown("locations")
    layers.solo("locations")
    assert layers.is_shown("locations")


def test_listeners_hear_of_changes_only(qtbot: QtBot, layers: LayerModel):
    with qtbot.assertNotEmitted(layers.changed):
        layers.set_visible("image", True)
        layers.set_table("cividis")
        layers.set_table("jet")
    with qtbot.waitSignal(layers.changed):
        layers.set_opacity("image", 7.0)  # clipped: no change
        layers.set_opacity("image", -1.0)
    assert layers["image"].opacity == 0.0


def test_a_session_brings_the_layers_back(layers: LayerModel):
    layers.toggle("windows")
    layers.set_opacity("heatmap", 0.25)
    layers.solo("sins")
    layers.set_table("magma")
    other = LayerModel()
    other.restore(layers.as_dict())
    assert other.as_dict() == layers.as_dict()


@pytest.mark.parametrize(
    "rubbish",
    [
        None,
        [],
        {"layers": 3},
        {"layers": {"windows": {"opacity": 7, "visible": "yes", "solo": 1}, "moon": {"visible": True}}},
        {"layers": {"windows": None}, "table": ["jet"]},
    ],
)
def test_rubbish_in_a_session_changes_nothing(layers: LayerModel, rubbish: object):
    before = layers.as_dict()
    layers.restore(rubbish)
    assert layers.as_dict() == before


def test_a_session_with_two_solos_keeps_one(layers: LayerModel):
    layers.restore({"layers": {name: {"solo": True} for name in ("windows", "sins")}})
    assert sum(layers[name].solo for name in layers.names) == 1


def test_each_layer_is_hidden_and_shown_by_mouse_and_by_keyboard(qtbot: QtBot, layers: LayerModel, panel: LayerPanel):
    for name in layers.names:
        eye, before = panel.findChild(QToolButton, f"{name}Visible"), layers[name].visible
        qtbot.mouseClick(eye, Qt.MouseButton.LeftButton)
        assert layers[name].visible is not before
        eye.setFocus()
        qtbot.keyClick(eye, Qt.Key.Key_Space)
        assert layers[name].visible is before


def test_solo_by_mouse_and_by_keyboard(qtbot: QtBot, layers: LayerModel, panel: LayerPanel):
    first, second = (panel.findChild(QToolButton, f"{name}Solo") for name in ("windows", "sins"))
    qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    qtbot.keyClick(second, Qt.Key.Key_Space)
    assert layers["sins"].solo
    assert not layers["windows"].solo
    assert not first.isChecked()
    assert second.isChecked()


def test_opacity_by_keyboard(qtbot: QtBot, layers: LayerModel, panel: LayerPanel):
    slider = panel.findChild(QSlider, "heatmapOpacity")
    slider.setFocus()
    before = layers["heatmap"].opacity
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert layers["heatmap"].opacity == pytest.approx(before - 0.01)
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert layers["heatmap"].opacity == 0.0


def test_the_list_follows_what_others_change(layers: LayerModel, panel: LayerPanel):
    panel.toggle("patch")
    panel.solo("heatmap")
    layers.set_opacity("heatmap", 0.33)
    layers.set_table("grey")
    assert not panel.findChild(QToolButton, "patchVisible").isChecked()
    assert panel.findChild(QToolButton, "heatmapSolo").isChecked()
    assert panel.findChild(QSlider, "heatmapOpacity").value() == 33
    assert panel.findChild(QComboBox, "heatmapTable").currentText() == "Grey"
    assert not panel.findChild(QSlider, "windowsOpacity").isEnabled()  # hidden by the solo


def test_the_colour_table_by_keyboard(qtbot: QtBot, layers: LayerModel, panel: LayerPanel):
    box = panel.findChild(QComboBox, "heatmapTable")
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert layers.table == "viridis"


def test_every_control_has_a_name_and_a_tip(panel: LayerPanel):
    controls = [*panel.findChildren(QToolButton), *panel.findChildren(QSlider), *panel.findChildren(QComboBox)]
    named: list[QWidget] = [control for control in controls if control.accessibleName() and control.toolTip()]
    assert len(controls) == 19
    assert named == controls
