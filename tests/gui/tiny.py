"""The window on the tiny network: settings, and waiting for its attack."""

import gc
from pathlib import Path

from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS

from engine.classifiers import load_classifier
from engine.pipeline import Inspector
from engine.settings import Settings
from gui.main_window import MainWindow
from gui.training import TrainingView

__all__ = ["TINY", "WITHOUT_MEAN", "ended", "make_inspector", "steps_done"]

_FILE = Path(__file__).parent / "tiny_net.py"
TINY = Settings(model=f"{_FILE}:make", input_size=(32, 32), layer="stem", patch="8", backend="torch")
WITHOUT_MEAN = Settings(model=f"{_FILE}:without_mean", input_size=(32, 32), layer="stem", patch="8", backend="torch")


def make_inspector() -> Inspector:
    """The tiny network, exported; what that has imported is not looked through after each test."""
    made = Inspector(load_classifier(TINY))
    made.prepare(TINY)
    gc.collect()
    gc.freeze()
    return made


def steps_done(qtbot: QtBot, window: MainWindow, steps: int) -> TrainingView:
    """Wait until an attack has come so far."""
    attack = window.attack
    qtbot.waitUntil(
        lambda: not attack.is_busy or (attack.view is not None and attack.view.step >= steps), timeout=PATIENCE_MS
    )
    assert attack.view is not None, attack.problem
    return attack.view


def ended(qtbot: QtBot, window: MainWindow) -> TrainingView | None:
    """Wait until the attack has ended."""
    qtbot.waitUntil(lambda: not window.attack.is_busy, timeout=PATIENCE_MS)
    return window.attack.view
