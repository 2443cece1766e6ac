"""For tests of the canvas: a state without an engine, the canvas on the screen, and a patch to move."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot

from engine.placement import Placement
from gui.app import application
from gui.canvas import CanvasPanel
from gui.document import Document
from gui.state import State
from gui.theme import apply_theme

SIZE = 700, 560


@pytest.fixture
def state() -> State:
    """A state of the test's own that asks for a photo; nothing answers it."""
    application()
    apply_theme("light")
    made = State()
    made.document = Document(image="sample:flower")
    return made


@pytest.fixture
def canvas(qtbot: QtBot, state: State) -> CanvasPanel:
    """The canvas on the screen, with nothing to show yet."""
    made = CanvasPanel(state)
    qtbot.addWidget(made)
    made.resize(*SIZE)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def patch_path(tmp_path: Path) -> str:
    """A patch of 40 x 80 px (height x width), transparent at its left half."""
    rgba = np.zeros((40, 80, 4), dtype=np.uint8)
    rgba[:, 40:] = 255, 0, 255, 255
    path = tmp_path / "patch.png"
    Image.fromarray(rgba).save(path)
    return str(path)


@pytest.fixture
def patched(qtbot: QtBot, state: State, canvas: CanvasPanel, patch_path: str) -> CanvasPanel:
    """The canvas with a patch of 20 x 40 px at x = 100, y = 80, and its verdict."""
    state.document = Document(
        image="sample:flower", patch=patch_path, placement=Placement(100, 80, 0.5), patch_on=True
    )
    state.show(make_snapshot("alert", document=state.document, patch_box=(80, 120, 100, 140)))
    qtbot.waitUntil(lambda: canvas._hand.has_patch)
    return canvas
