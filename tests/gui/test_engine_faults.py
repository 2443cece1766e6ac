"""Where the engine fails under the window: it stays alive, says what was, and loses nothing."""

import dataclasses
from collections.abc import Callable

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from torch import Tensor, nn
from waiting import PATIENCE_MS, settle

from engine import pipeline
from engine.backends import Backend, TorchBackend
from engine.classifiers.cut import CutClassifier
from gui.main_window import MainWindow
from gui.state import Phase


class Failing(nn.Module):
    """The real tail, until it is told to fail."""

    def __init__(self, tail: nn.Module, fault: Callable[[int], Exception | None]) -> None:
        super().__init__()
        self.tail, self.fault = tail, fault

    def forward(self, *crossing: Tensor) -> Tensor:
        if (fault := self.fault(len(crossing[0]))) is not None:
            raise fault
        return self.tail(*crossing)


def failing(monkeypatch: pytest.MonkeyPatch, fault: Callable[[int], Exception | None]) -> None:
    """Have backends that are made from now on run a tail that can fail."""

    def make(cut: CutClassifier, *_: object) -> Backend:
        return TorchBackend(dataclasses.replace(cut, _tail=Failing(cut.tail_module, fault)))

    monkeypatch.setattr(pipeline, "make_backend", make)


def test_memory_that_runs_out_is_said_and_the_verdict_comes_all_the_same(
    at_rest: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    def fault(rows: int) -> Exception | None:
        return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.") if rows > 1 else None

    failing(monkeypatch, fault)
    at_rest.state.set_knobs("Backend", backend="torch")
    settle(qtbot, at_rest)
    note = "Memory on the CPU did not suffice for 4 windows at once: they were computed 1 at a time."
    shown = at_rest.state.snapshot
    assert shown.notes == (note,)
    assert shown.verdict.report["model"]["batch"] == 1
    assert shown.verdict.report["image"]["notes"] == [note]
    assert note in at_rest.verdict_panel.facts.notes.text()
    assert at_rest.verdict_panel.facts.notes.isVisible()
    assert [note in line for line in at_rest.activity.lines()].count(True) == 1, "once, however many stages say it"


def test_an_exception_inside_the_engine_leaves_the_window_at_work(
    at_rest: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    window, state = at_rest, at_rest.state
    broken = True
    failing(monkeypatch, lambda _rows: RuntimeError("the operator is broken") if broken else None)
    before = state.snapshot
    state.set_knobs("Backend and rate", backend="torch", top=0.37, layer="2")
    qtbot.waitUntil(lambda: state.phase is Phase.ERROR, timeout=PATIENCE_MS)
    assert "internal error" in window.messages.message.sentence
    assert "the operator is broken" in window.messages.message.details
    assert any("internal error" in line for line in window.activity.lines())
    assert state.document.image == before.request.document.image
    assert state.settings.top == 0.37, "what was asked for is still asked for"
    assert state.undo_stack.canUndo()
    broken = False
    qtbot.mouseClick(window.verdict_panel.findChild(QPushButton, "retryButton"), Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.messages.isHidden()
    assert state.snapshot.settings.top == 0.37
