"""Waiting for the engine: for facts, and not for time."""

from pytestqt.qtbot import QtBot

from engine.settings import Settings
from gui.main_window import MainWindow
from gui.state import Phase

__all__ = ["FEW_WINDOWS", "PATIENCE_MS", "is_settled", "settle"]

FEW_WINDOWS = Settings(window=88)
PATIENCE_MS = 120_000  # a loaded machine is slow, and nothing here is about speed


def is_settled(window: MainWindow) -> bool:
    """Whether what is shown is the verdict of what is asked."""
    state = window.state
    shown = state.snapshot
    return state.phase is Phase.VERDICT and shown is not None and shown.request.document == state.document


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until what is shown is the verdict of what is asked."""
    qtbot.waitUntil(lambda: is_settled(window), timeout=PATIENCE_MS)
