"""Contrast by WCAG 2.2: 4.5:1 for text, 3:1 for what a control is known by, in both themes."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from contrast import contrast
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QSlider, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from gui.app import application
from gui.theme import VERDICTS, apply_theme, is_dark
from gui.widgets import Switch

Role = QPalette.ColorRole
TEXT = {
    Role.WindowText: (Role.Window,),
    Role.Text: (Role.Base, Role.AlternateBase),
    Role.PlaceholderText: (Role.Window, Role.Base, Role.AlternateBase),
    Role.ButtonText: (Role.Button, Role.Window),
    Role.HighlightedText: (Role.Highlight, Role.Accent),
    Role.ToolTipText: (Role.ToolTipBase,),
    Role.Link: (Role.Window, Role.Base),
}
CONTROLS: dict[str, Callable[[], QWidget]] = {
    "spin box": QSpinBox,
    "line": QLineEdit,
    "combo box": QComboBox,
    "button": lambda: QPushButton("Retry"),
    "slider": QSlider,
    "switch": lambda: Switch("Log scale"),
}


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> Iterator[None]:
    request.getfixturevalue("qapp")
    application()
    apply_theme(request.param)
    assert is_dark() is (request.param == "dark")
    yield
    apply_theme("light")


@pytest.mark.usefixtures("theme")
def test_text_stands_out():
    palette = QGuiApplication.palette()
    poor = {
        f"{text.name} on {ground.name}": round(contrast(palette.color(text), palette.color(ground)), 2)
        for text, grounds in TEXT.items()
        for ground in grounds
        if contrast(palette.color(text), palette.color(ground)) < 4.5
    }
    assert poor == {}


@pytest.mark.usefixtures("theme")
def test_the_focus_and_the_accent_stand_out():
    palette = QGuiApplication.palette()
    for role, ground in itertools.product((Role.Highlight, Role.Accent), (Role.Window, Role.Base, Role.Button)):
        assert contrast(palette.color(role), palette.color(ground)) >= 3, (role, ground)


@pytest.mark.parametrize("style", VERDICTS.values(), ids=lambda style: style.word)
def test_the_verdicts_word_stands_out_on_its_colour(style):
    assert contrast(QColor(style.text), QColor(style.colour)) >= 4.5


@pytest.mark.usefixtures("theme")
@pytest.mark.parametrize("name", CONTROLS)
def test_the_outline_of_a_control_stands_out(qtbot: QtBot, name: str):
    control = CONTROLS[name]()
    qtbot.addWidget(control)
    control.resize(control.sizeHint())
    shown = control.grab().toImage()
    ground = QGuiApplication.palette().color(Role.Window)
    row = [QColor(shown.pixel(x, shown.height() // 2)) for x in range(shown.width())]
    column = [QColor(shown.pixel(shown.width() // 2, y)) for y in range(shown.height())]
    # Its edge, met from the left and from above: the first colour that is not its ground's.
    for line in (row, column):
        assert max(contrast(colour, ground) for colour in line[: max(6, len(line) // 2)]) >= 3


def test_a_theme_reaches_controls_that_are_there_already(qtbot: QtBot):
    application()
    apply_theme("light")
    window = QWidget()
    qtbot.addWidget(window)
    box = QSpinBox(window)
    window.show()
    light = box.palette().color(Role.Base)
    apply_theme("dark")
    assert box.palette().color(Role.Base) == QGuiApplication.palette().color(Role.Base) != light
    apply_theme("light")
    assert box.palette().color(Role.Base) == light
