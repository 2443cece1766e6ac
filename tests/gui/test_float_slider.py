"""The slider for numbers: mouse, keyboard and typing agree, and a drag is one gesture."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QStyle, QStyleOptionSlider
from pytestqt.qtbot import QtBot

from gui.widgets import FloatSlider


@pytest.fixture
def rate(qtbot: QtBot) -> FloatSlider:
    """A rate from 1 to 100 %, shown with one place."""
    widget = FloatSlider(1, 100, 1, decimals=1, suffix=" %", lowest=0.1)
    qtbot.addWidget(widget)
    widget.resize(280, 30)
    widget.set_value(50)
    widget.show()
    return widget


def record(widget: FloatSlider) -> list[float | bool]:
    """Everything that the widget says, in order."""
    said: list[float | bool] = []
    widget.moved.connect(said.append)
    widget.gesture.connect(said.append)
    return said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 51),
        (Qt.Key.Key_Left, 49),
        (Qt.Key.Key_PageUp, 60),
        (Qt.Key.Key_Home, 1),
        (Qt.Key.Key_End, 100),
    ],
)
def test_keys_move_it_as_one_gesture(qtbot: QtBot, rate: FloatSlider, key: Qt.Key, value: float) -> None:
    said = record(rate)
    qtbot.keyClick(rate.slider, key)
    assert said == [True, value, False]
    assert rate.field.value() == value


def test_a_drag_is_one_gesture(qtbot: QtBot, rate: FloatSlider) -> None:
    said = record(rate)
    option = QStyleOptionSlider()
    rate.slider.initStyleOption(option)
    handle = rate.slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, rate.slider
    )
    start = handle.center()
    qtbot.mousePress(rate.slider, Qt.MouseButton.LeftButton, pos=start)
    for step in (10, 20, 30):
        qtbot.mouseMove(rate.slider, start + QPoint(step, 0), delay=15)
    qtbot.mouseRelease(rate.slider, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 0))
    assert said[0] is True
    assert said[-1] is False
    assert said.count(True) == said.count(False) == 1
    values = said[1:-1]
    assert values == sorted(values)
    assert rate.value() == values[-1] > 50


def test_typing_takes_finer_numbers_than_the_slider(qtbot: QtBot, rate: FloatSlider) -> None:
    said = record(rate)
    rate.field.selectAll()
    qtbot.keyClicks(rate.field, "12.5")
    assert said == []  # not before Return
    qtbot.keyClick(rate.field, Qt.Key.Key_Return)
    assert said == [12.5]
    assert rate.slider.value() == 12
    qtbot.keyClick(rate.slider, Qt.Key.Key_Right)
    assert rate.value() == 13


def test_setting_says_nothing_and_shows_what_is_true(rate: FloatSlider) -> None:
    said = record(rate)
    rate.set_value(0.5)
    assert (rate.value(), rate.field.value(), rate.slider.value()) == (0.5, 0.5, 1)
    rate.set_range(10, 20)
    rate.set_value(30)  # outside: the field does not lie
    assert (rate.value(), rate.field.value(), rate.slider.value()) == (30, 30, 20)
    assert said == []


def test_what_is_not_known_is_a_dash_until_it_is_moved(qtbot: QtBot, rate: FloatSlider) -> None:
    rate.set_value(None)
    assert rate.field.text() == "–"
    said = record(rate)
    qtbot.keyClick(rate.slider, Qt.Key.Key_End)
    assert said == [True, 100, False]
    assert rate.field.text() == "100.0 %"


def test_losing_the_focus_ends_a_gesture(qtbot: QtBot, rate: FloatSlider) -> None:
    said = record(rate)
    qtbot.keyPress(rate.slider, Qt.Key.Key_Right)
    assert said == [True, 51]
    rate.hide()
    assert said == [True, 51, False]
