"""For tests of the controls: a state without an engine, and the panel on the screen."""

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from snapshots import make_model, make_snapshot

from gui.document import Document
from gui.panels.controls import ControlsPanel
from gui.state import State


@pytest.fixture
def state(qapp: QApplication) -> State:  # noqa: ARG001
    """A state that shows a verdict; no engine is behind it."""
    state = State()
    state.document = Document(image="sample:flower")
    state.show_model(make_model())
    state.show(make_snapshot())
    return state


@pytest.fixture
def panel(qtbot: QtBot, state: State) -> ControlsPanel:
    """The controls in a narrow dock."""
    panel = ControlsPanel(state)
    qtbot.addWidget(panel)
    panel.resize(280, 700)
    panel.show()
    return panel
