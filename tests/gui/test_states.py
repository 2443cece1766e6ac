"""The whole window in each of its states, light and dark, small and large; pictures are kept where asked."""

import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar
from pytestqt.qtbot import QtBot
from snapshots import make_model, make_snapshot

from gui.document import Document
from gui.main_window import MainWindow
from gui.snapshot import Problem
from gui.state import Phase, State
from gui.theme import ThemeName, apply_theme

PICTURES = os.environ.get("SINSCOPE_PICTURES")  # a folder; CI keeps it as an artifact
FLOWER = Document(image="sample:flower")
# Words of the status bar, and whether the bar moves.
EXPECTED = {
    Phase.EMPTY: ("", False),
    Phase.LOADING: ("Loading efficientnet_lite0", True),
    Phase.COMPUTING: ("Updating", True),
    Phase.PARTIAL: ("Windows 36 of 36", True),
    Phase.VERDICT: ("", False),
    Phase.STALE: ("Live is off; F5 runs", False),
    Phase.CANCELLED: ("Stopped; F5 runs", False),
    Phase.ERROR: ("Failed", False),
}


def bring(state: State, phase: Phase, word: str = "certified") -> None:
    """Bring a state into a phase as the live loop does, without an engine."""
    state.set_live(False)
    if phase is Phase.EMPTY:
        return
    state.document = FLOWER
    if phase is Phase.LOADING:
        state.show_loading("efficientnet_lite0")
        return
    state.show_model(make_model())
    state.show(make_snapshot(word, document=FLOWER))
    if phase is Phase.COMPUTING:
        state.show_computing()
    elif phase is Phase.PARTIAL:
        state.show_computing()
        state.show(make_snapshot(None, document=FLOWER))
    elif phase is Phase.STALE:
        state.show_stale()
    elif phase is Phase.CANCELLED:
        state.show_computing()
        state.show_cancelled()
    elif phase is Phase.ERROR:
        state.report(Problem(1, "The photo flower.png is damaged; open another one.", "Traceback"))


def picture(window: MainWindow, name: str, folder: Path) -> Path:
    """Keep what is on the screen, once nested layouts have come to rest."""
    for _ in range(5):
        QApplication.processEvents()
    path = Path(PICTURES or folder) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    assert window.grab().save(str(path))
    return path


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phase", list(Phase))
def test_each_state_is_drawn_and_told(window: MainWindow, tmp_path: Path, phase: Phase, theme: ThemeName):
    apply_theme(theme)
    window.resize(1280, 800)
    bring(window.state, phase)
    words, moves = EXPECTED[phase]
    assert window.state.phase is phase
    assert window.findChild(QLabel, "progressText").text() == words
    assert window.findChild(QProgressBar, "progressBar").isVisible() is moves
    assert window.registry["stop"].isEnabled() is moves
    assert window.messages.isVisible() is (phase is Phase.ERROR)
    path = picture(window, f"window-{phase.value}-{theme}", tmp_path)
    assert path.stat().st_size > 10_000


@pytest.mark.parametrize("word", ["certified", "consistent", "alert", "undecided"])
@pytest.mark.parametrize("size", [(1280, 800), (1024, 700)])
def test_each_verdict_at_both_sizes(window: MainWindow, tmp_path: Path, word: str, size: tuple[int, int]):
    window.setMinimumSize(1, 1)
    window.resize(*size)
    bring(window.state, Phase.VERDICT, word)
    picture(window, f"window-{word}-{size[0]}", tmp_path)
    assert window.width() == size[0], "nothing makes the window wider than the screen"
    assert window.height() == size[1]
    assert window.canvas.width() > 0.35 * size[0]
    assert window.canvas.height() > 0.4 * size[1]


def test_a_verdict_after_an_error_takes_the_message_away(window: MainWindow, qtbot: QtBot):
    bring(window.state, Phase.ERROR)
    window.state.show_computing()
    window.state.show(make_snapshot(document=FLOWER))
    qtbot.waitUntil(window.messages.isHidden)
    assert window.state.verdict is not None
