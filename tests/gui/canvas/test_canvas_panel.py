"""The canvas follows every phase, selects by clicks, and tells what is under the cursor."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot, make_windows

from gui.canvas import CanvasPanel
from gui.canvas.probe import probe_text
from gui.document import Document
from gui.snapshot import Problem
from gui.state import Phase, Selection, State
from gui.theme import apply_theme

LEFT = Qt.MouseButton.LeftButton


def welcome(canvas: CanvasPanel) -> QWidget:
    """The card over an empty canvas."""
    return canvas.findChild(QWidget, "welcome")


def title(canvas: CanvasPanel) -> str:
    """What the card says."""
    return canvas.findChild(QLabel, "welcomeTitle").text()


def test_an_empty_canvas_says_where_to_drop_and_offers_the_samples(qtbot: QtBot):
    state = State()
    canvas = CanvasPanel(state)
    qtbot.addWidget(canvas)
    canvas.show()
    assert welcome(canvas).isVisible()
    assert title(canvas) == "Drop a photo here"
    for name in ("China", "Flower"):
        button = canvas.findChild(QPushButton, f"sample{name}")
        assert button.toolTip()
        qtbot.mouseClick(button, LEFT)
        assert state.document.image == f"sample:{name.lower()}"
        state.undo_stack.undo()
        button.setFocus()
        qtbot.keyClick(button, Qt.Key.Key_Space)
        assert state.document.image == f"sample:{name.lower()}"
        state.undo_stack.undo()


def test_without_a_picture_the_card_says_what_is_going_on(canvas: CanvasPanel, state: State):
    state.show_loading("efficientnet_lite0")
    assert title(canvas) == "Loading efficientnet_lite0 …"
    state.show_computing()
    assert title(canvas) == "Computing …"
    state.report(Problem(1, "The photo x.png is damaged; open another."))
    assert "damaged" in welcome(canvas).accessibleName()
    assert canvas.findChild(QPushButton, "sampleFlower").isVisible()
    state.show(make_snapshot())
    assert welcome(canvas).isHidden()


def preview(state: State) -> None:
    """A preview of which 9 windows are done."""
    windows = make_windows()
    done = windows.done.copy()
    done[9:] = False
    state.show(make_snapshot("certified", preview=True, windows=replace(windows, done=done)))


PHASES: dict[Phase, tuple[Callable[[State], None], str]] = {
    Phase.LOADING: (lambda state: state.show_loading("resnet50"), "Loading resnet50 …"),
    Phase.COMPUTING: (lambda state: state.show_computing(), "updating"),
    Phase.PARTIAL: (preview, "preview, 9 of 36 windows"),
    Phase.VERDICT: (lambda state: state.show(make_snapshot("alert")), ""),
    Phase.STALE: (lambda state: state.show_stale(), "not up to date: Live is off"),
    Phase.CANCELLED: (lambda state: state.show_cancelled(), "stopped: of an earlier run, or in part"),
    Phase.ERROR: (lambda state: state.report(Problem(1, "No.")), "failed: of an earlier run"),
}


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: phase.value)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_phase_has_its_look(
    qtbot: QtBot, canvas: CanvasPanel, state: State, phase: Phase, theme: str, tmp_path: Path
):
    apply_theme(theme)  # type: ignore[arg-type]
    state.show(make_snapshot("certified"))
    enter, badge = PHASES[phase]
    enter(state)
    assert state.phase is phase
    qtbot.waitUntil(lambda: canvas.view.main.badge.text == badge)
    is_current = phase in (Phase.PARTIAL, Phase.VERDICT)
    assert canvas._marks.windows.opacity() == pytest.approx(1.0 if is_current else 0.35)
    assert canvas.view.main.heat.opacity() < 0.7 or is_current
    assert canvas.view.main.picture.opacity() == pytest.approx(0.5 if phase is Phase.ERROR else 1.0)
    assert welcome(canvas).isHidden()
    path = tmp_path / f"canvas-{phase.value}-{theme}.png"
    assert canvas.grab().save(str(path))
    apply_theme("light")


def test_a_quick_answer_does_not_flicker(canvas: CanvasPanel, state: State):
    state.show(make_snapshot("certified"))
    state.show_computing()
    assert canvas.view.main.badge.text == ""
    state.show(make_snapshot("certified"))
    assert not canvas._patience.isActive()


def test_the_accessible_description_tells_what_is_seen(canvas: CanvasPanel, state: State):
    state.show(make_snapshot("alert"))
    said = canvas.view.accessibleDescription()
    assert said.startswith("up to date")
    assert "differs" in said


def test_a_click_selects_the_nearest_window_and_then_the_next(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot("alert"))
    viewport, point = canvas.view.viewport(), canvas.to_viewport(41, 41)
    qtbot.mouseClick(viewport, LEFT, pos=point)
    assert state.selection == Selection(window=0)
    qtbot.mouseClick(viewport, LEFT, pos=canvas.to_viewport(5, 5))
    assert state.selection == Selection(window=0)  # the only one there
    qtbot.mouseClick(viewport, LEFT, pos=canvas.to_viewport(41, 41) + QPoint(20, 0))
    assert state.selection.window not in (None, 0)


def test_the_selection_of_others_is_shown(canvas: CanvasPanel, state: State):
    state.show(make_snapshot("alert"))
    state.select(window=7)
    assert canvas._marks.windows._selected == 7
    state.select(place=(3, 4))
    assert canvas._marks.windows._selected is None
    assert canvas._marks.locations._place == (3, 4)


def test_what_lies_under_the_cursor():
    view = np.zeros((224, 224, 3), dtype=np.uint8)
    view[20, 10] = 201, 34, 12
    heatmap = np.zeros((112, 112), dtype=np.float32)
    heatmap[10, 5] = 0.83
    snapshot = make_snapshot("alert", view=view, heatmap=heatmap)
    said = probe_text(snapshot, view, 10.7, 20.2)
    assert said == "10, 20 | RGB 201 34 12 | importance 0.83 | covered by 1 window"
    assert probe_text(snapshot, view, 10.7, 20.2, (0, 0)).endswith("patch at 0, 0: not certified")
    assert probe_text(snapshot, view, 10.7, 20.2, (90, 60)).endswith("patch at 60, 90: proved by 1 window")
    assert "covered by 9 windows" in probe_text(snapshot, view, 60, 60)
    assert probe_text(snapshot, view, 224.0, 3.0) == ""
    assert probe_text(snapshot, view, -0.1, 3.0) == ""


def test_hovering_tells_the_status_bar(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot("alert"))
    heard: list[str] = []
    canvas.hovered.connect(heard.append)
    point = canvas.to_viewport(100.5, 60.5)
    qtbot.mouseMove(canvas.view.viewport(), point)
    qtbot.waitUntil(lambda: any(said.startswith("100, 60 | RGB") for said in heard))
    QApplication.sendEvent(canvas.view.viewport(), QEvent(QEvent.Type.Leave))
    assert heard[-1] == ""


def fitted(canvas: CanvasPanel) -> bool:
    """Whether all of the photo is in sight, and fills the view one way."""
    seen, size = canvas.view.main.viewRect(), 224
    return seen.contains(1, 1) and seen.contains(size - 1, size - 1) and min(seen.width(), seen.height()) < 1.1 * size


def test_the_photo_fits_at_first_and_when_the_window_is_resized(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot())
    assert fitted(canvas)
    canvas.resize(420, 500)
    qtbot.waitUntil(lambda: fitted(canvas))


def test_the_wheel_zooms_about_the_cursor_and_a_double_click_fits(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot())
    viewport, point = canvas.view.viewport(), canvas.to_viewport(60, 90)
    for _ in range(5):
        wheel = QWheelEvent(
            QPointF(point),
            viewport.mapToGlobal(QPointF(point)),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, wheel)
    assert not fitted(canvas)
    moved = canvas.to_viewport(60, 90) - point
    assert moved.manhattanLength() <= 3
    canvas.resize(680, 540)  # what the user zoomed to stays
    QApplication.processEvents()
    assert not fitted(canvas)
    qtbot.mouseDClick(viewport, LEFT, pos=point)
    assert fitted(canvas)


def test_keys_zoom_and_fit_brings_all_back(qtbot: QtBot, canvas: CanvasPanel, state: State):
    state.show(make_snapshot())
    wide = canvas.view.main.viewRect().width()
    qtbot.keyClick(canvas.view, Qt.Key.Key_Plus)
    assert canvas.view.main.viewRect().width() == pytest.approx(wide / 1.25)
    qtbot.keyClick(canvas.view, Qt.Key.Key_Minus)
    assert canvas.view.main.viewRect().width() == pytest.approx(wide)
    canvas.zoom(6)
    canvas.fit()
    assert fitted(canvas)


def test_compare_shows_the_clean_photo_with_the_same_zoom(canvas: CanvasPanel, state: State):
    clean = np.full((224, 224, 3), 50, dtype=np.uint8)
    document = Document(image="sample:flower", patch="p.png", patch_on=True)
    state.document = document
    snapshot = make_snapshot("alert", document=document, clean_view=clean, patch_box=(0, 0, 9, 9))
    state.show(snapshot)
    canvas.set_compare(True)
    main, beside = canvas.view.boxes
    assert beside.isVisible()
    assert (main.caption.text, beside.caption.text) == ("with patch", "clean photo")
    assert np.shares_memory(main.picture.image, snapshot.view)
    assert np.shares_memory(beside.picture.image, clean)
    canvas.zoom(3)
    assert beside.viewRect().center().x() == pytest.approx(main.viewRect().center().x(), abs=0.5)
    assert beside.viewRect().width() == pytest.approx(main.viewRect().width(), rel=0.01)
    beside.scaleBy((2, 2))
    assert beside.viewRect().width() == pytest.approx(main.viewRect().width(), rel=0.01)
    canvas.set_compare(False)
    assert not beside.isVisible()
    assert main.caption.text == ""


def test_the_clean_photo_has_a_heatmap_once_it_is_known(canvas: CanvasPanel, state: State):
    patched = Document(image="sample:flower", patch="p.png", patch_on=True)
    canvas.set_compare(True)
    state.document = patched
    state.show(make_snapshot("alert", document=patched, patch_box=(0, 0, 9, 9)))
    assert not canvas.view.clean.heat.isVisible()
    low = np.zeros((112, 112), dtype=np.float32)
    state.show(make_snapshot("certified", heatmap=low))
    high = np.full((112, 112), 9.0, dtype=np.float32)
    state.show(make_snapshot("alert", document=patched, patch_box=(0, 0, 9, 9), heatmap=high))
    assert canvas.view.clean.heat.isVisible()
    # Both in the same colours.
    assert canvas.view.bar._levels == (0.0, 9.0)
    assert canvas.view.clean.heat.image.max() == 0
    assert canvas.view.main.heat.image.min() == 255
    other = Document(image="sample:china", patch="p.png", patch_on=True)
    state.document = other
    state.show(make_snapshot("alert", document=other, patch_box=(0, 0, 9, 9)))
    assert not canvas.view.clean.heat.isVisible()


def test_the_original_is_laid_so_that_marks_stay_in_place(qtbot: QtBot, canvas: CanvasPanel, state: State):
    original = np.zeros((400, 800, 3), dtype=np.uint8)
    state.show(make_snapshot(original=original, seen=(0.1, 0.25, 0.9, 0.65)))
    with qtbot.waitSignal(canvas.original_changed):
        canvas.set_original(True)
    box = canvas.view.main
    assert box.original.isVisible()
    assert not box.picture.isVisible()
    # 40 % of the width are the model's 224 px, and 80 % of the height.
    around = box.original.mapRectToParent(box.original.boundingRect())
    assert (around.width(), around.height()) == pytest.approx((560, 280))
    assert (around.left(), around.top()) == pytest.approx((-140, -28))
    assert box.viewRect().contains(around.adjusted(1, 1, -1, -1))
    canvas.set_original(False)
    assert box.picture.isVisible()
    assert fitted(canvas)


def test_an_image_layer_switched_off_leaves_the_marks(canvas: CanvasPanel, state: State):
    state.show(make_snapshot())
    canvas.layers.set_visible("image", False)
    assert not canvas.view.main.picture.isVisible()
    assert canvas._marks.windows.isVisible()


def test_the_colour_bar_goes_with_the_heatmap(canvas: CanvasPanel, state: State):
    state.show(make_snapshot())
    assert canvas.view.bar.isVisible()
    canvas.layers.set_visible("heatmap", False)
    assert not canvas.view.bar.isVisible()
    canvas.layers.set_visible("heatmap", True)
    canvas.layers.set_table("magma")
    assert canvas.view.bar._table == "magma"


def test_another_input_size_fits_again(canvas: CanvasPanel, state: State):
    state.show(make_snapshot())
    large = np.zeros((300, 300, 3), dtype=np.uint8)
    state.show(make_snapshot(view=large, clean_view=large, original=large))
    seen = canvas.view.main.viewRect()
    assert seen.contains(299, 299)
    assert canvas._marks.windows.boundingRect().contains(300, 300)


def test_no_menu_of_pyqtgraph_is_left(canvas: CanvasPanel):
    assert canvas.view.scene().contextMenu == []
    assert not any(box.menuEnabled() for box in canvas.view.boxes)


def test_a_mark_that_cannot_be_drawn_is_logged_once_and_nothing_crashes(
    canvas: CanvasPanel, state: State, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_args: object) -> None:
        raise ValueError("broken")

    state.show(make_snapshot())
    monkeypatch.setattr(canvas._marks.windows, "draw", fail)
    for _ in range(3):
        canvas.grab()
    assert len([record for record in caplog.records if "WindowsItem" in record.getMessage()]) == 1


def test_no_word_is_safe(canvas: CanvasPanel, state: State):
    for word in ("certified", "consistent", "alert"):
        state.show(make_snapshot(word))
        canvas.layers.set_visible("locations", True)
        texts = [*canvas.view.legend.words, canvas.view.accessibleDescription()]
        assert not any("safe" in text.lower() for text in texts)
