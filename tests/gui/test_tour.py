"""The tour: it walks through the real window with the real engine, and whoever touches it takes over."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QToolBar, QWidget
from pytestqt.qtbot import QtBot
from waiting import settle

from gui.main_window import MainWindow
from gui.tour import STEPS


def test_it_walks_to_its_end_with_a_verdict_at_each_step(at_rest: MainWindow):
    window = at_rest
    words: list[str] = []
    photos: set[str] = set()
    patched: list[bool] = []
    moved: list[int] = []
    window.state.document_changed.connect(
        lambda document: (photos.add(document.image), patched.append(document.patch_on))
    )
    window.findChild(QSlider, "topRateSlider").valueChanged.connect(moved.append)
    window.state.verdict_changed.connect(lambda verdict: words.append(verdict.word) if verdict else None)
    seen = window.tour.run_once(pace=0.02, timeout_s=280)
    assert [step for step, _ in seen] == [f"step {number}" for number in range(2, STEPS + 1)]
    assert all(word in ("certified", "consistent", "alert", "undecided") for _, word in seen)
    assert photos == {"sample:flower", "sample:china"}
    assert True in patched
    assert patched[-1] is False
    assert len(set(moved)) > 3, "the slider moves by itself"
    assert {"certified", "alert"} <= set(words), "the verdict changes on the way"
    assert not window.tour.is_running
    assert not window.findChild(QWidget, "tourCaption").isVisible()
    assert not window.state.holding


@pytest.mark.parametrize("by", ["key", "mouse"])
def test_a_key_or_the_mouse_takes_over_and_does_nothing_else(at_rest: MainWindow, qtbot: QtBot, by: str):
    window = at_rest
    window.tour.start(pace=3.0)
    caption = window.findChild(QWidget, "tourCaption")
    qtbot.waitUntil(lambda: caption.isVisible() and window.tour.is_running)
    assert "SINscope" in caption.accessibleName()
    visible = window.canvas.layers["heatmap"].visible
    with qtbot.waitSignal(window.tour.ended):
        if by == "key":
            qtbot.keyClick(window.canvas, "h")
        else:
            qtbot.mouseClick(
                window.findChild(QToolBar).widgetForAction(window.registry["patchOn"]), Qt.MouseButton.LeftButton
            )
    assert window.canvas.layers["heatmap"].visible is visible
    assert not window.state.document.patch_on
    assert not window.state.holding
    settle(qtbot, window)


def test_taking_over_in_the_middle_of_a_drag_lets_the_slider_go(at_rest: MainWindow, qtbot: QtBot):
    window, slider = at_rest, at_rest.findChild(QSlider, "topRateSlider")
    window.tour.start(loops=True, pace=0.5)
    window.tour._script = window.tour._slide("topRateSlider", 0.1, 30.0)  # straight to a long drag
    window.tour._wait = 0.0
    before = slider.value()
    qtbot.waitUntil(lambda: slider.isSliderDown() and slider.value() != before)
    assert window.state.holding
    qtbot.keyClick(window.canvas, Qt.Key.Key_Space)
    assert not slider.isSliderDown()
    assert not window.state.holding
    settle(qtbot, window)
    assert window.state.undo_stack.canUndo(), "what the tour has set can be undone"
