"""The window with its engine at work: what opens, what keys do, what is said when something fails."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from waiting import FEW_WINDOWS, is_settled, settle

from gui.app import create_window
from gui.commands import LAYER_COMMANDS
from gui.main_window import MainWindow
from gui.sources import sample_patches
from gui.state import Phase

HANDLES = (
    *("imageCanvas", "modelCombo", "layerCombo", "topRateSlider", "windowSizeSlider", "patchSizeSlider"),
    *("patchToggle", "liveToggle", "heatmapOpacity", "verdictLabel", "verdictScope", "windowTable"),
    *("progressBar", "importancePlot", "attackStart", "compareTable"),
)


def photo_file(folder: Path, name: str = "photo.png") -> Path:
    """A photo that is none of the samples."""
    rows, columns = np.mgrid[0:300, 0:400]
    Image.fromarray(np.dstack([rows % 256, columns % 256, (rows + columns) % 256]).astype(np.uint8)).save(
        folder / name
    )
    return folder / name


def patch_reference() -> str:
    """A patch that comes with the program."""
    return f"sample:{next(iter(sample_patches()))}"


def drag(window: MainWindow, data: QMimeData, share: float = 0.3) -> None:
    """Drag something over the window and let it go at a share of its width."""
    place = QPoint(round(window.width() * share), window.height() // 2)
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    for event in (
        QDragEnterEvent(place, Qt.DropAction.CopyAction, data, left, none),
        QDragMoveEvent(place, Qt.DropAction.CopyAction, data, left, none),
        QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, left, none),
    ):
        QApplication.sendEvent(window, event)


def hover(window: MainWindow, data: QMimeData) -> bool:
    """Drag something over the window's corner; whether it would be taken. The event only points at the data."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDragEnterEvent(QPoint(10, 10), Qt.DropAction.CopyAction, data, left, none)
    event.ignore()
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def files(*paths: Path) -> QMimeData:
    """What a file manager drags."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_the_window_opens_on_a_sample_and_computes_at_once(qtbot: QtBot):
    window = create_window([])
    qtbot.addWidget(window)
    window.show()
    phases: list[Phase] = []
    window.state.phase_changed.connect(phases.append)
    settle(qtbot, window)
    assert window.state.document.image == "sample:flower"
    assert phases[0] in (Phase.COMPUTING, Phase.LOADING)
    assert Phase.LOADING in phases
    assert phases[-1] is Phase.VERDICT
    assert "Flower" in window.windowTitle()
    assert window.state.verdict.word.capitalize() in " ".join(window.activity.lines())
    assert not window.state.undo_stack.canUndo(), "opening is nothing to undo"


def test_every_handle_of_the_design_is_there_and_named(at_rest: MainWindow):
    for name in HANDLES:
        found = at_rest.findChild(QWidget, name)
        assert found is not None, name
        assert found.accessibleName(), name
    for name in ("run", "stop"):
        assert at_rest.registry[name].objectName() == f"{name}Action"


def test_a_photo_or_folder_can_be_named(make_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path):
    path = photo_file(tmp_path)
    for named in (path, tmp_path):
        window = make_window(str(named))
        window.state.set_live(False)
        qtbot.waitUntil(lambda window=window: window.state.document.image == str(path))
        assert window.filmstrip.isVisible() is (named == tmp_path)


def test_f5_runs_escape_stops_and_the_bar_follows(at_rest: MainWindow, qtbot: QtBot):
    window, bar = at_rest, at_rest.findChild(QProgressBar, "progressBar")
    assert not bar.isVisible()
    assert not window.registry["stop"].isEnabled()
    ranges: list[tuple[int, int]] = []
    window.state.snapshot_changed.connect(lambda _snapshot: ranges.append((bar.minimum(), bar.maximum())))
    window.state.set_knobs("Many windows", window=None, stride=1, top=0.41)
    qtbot.waitUntil(
        lambda: window.state.phase is Phase.PARTIAL and any(high > 9 for _, high in ranges), timeout=60_000
    )
    assert bar.isVisible()
    assert window.registry["stop"].isEnabled()
    assert "of" in window.findChild(QLabel, "progressText").text()
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.state.phase is Phase.CANCELLED
    assert not bar.isVisible()
    window.state.change("Back", settings=FEW_WINDOWS)
    settle(qtbot, window)
    computed: list[Phase] = []
    window.state.phase_changed.connect(computed.append)
    qtbot.keyClick(window.canvas, Qt.Key.Key_F5)
    assert computed[0] is Phase.COMPUTING
    settle(qtbot, window)


def test_keys_for_layers_and_view(at_rest: MainWindow, qtbot: QtBot):
    window, layers = at_rest, at_rest.canvas.layers
    for key, name in enumerate(LAYER_COMMANDS.values(), 1):
        before = layers[name].visible
        qtbot.keyClick(window.canvas, str(key))
        assert layers[name].visible is not before, name
        qtbot.keyClick(window.canvas, str(key))
        assert layers[name].visible is before, name
    for key, name in (("h", "heatmap"), ("w", "windows")):
        before = layers[name].visible
        qtbot.keyClick(window.canvas, key)
        assert layers[name].visible is not before
        command = {"heatmap": "layerHeatmap", "windows": "layerWindows"}[name]
        assert window.registry[command].isChecked() is not before
        layers.set_visible(name, before)
        assert window.registry[command].isChecked() is before
    for key, is_on in (("o", lambda: window.canvas.is_original), ("c", lambda: window.canvas.is_comparing)):
        qtbot.keyClick(window.canvas, key)
        assert is_on()
        qtbot.keyClick(window.canvas, key)
        assert not is_on()
    window.canvas.zoom(3)
    qtbot.keyClick(window.canvas, "f")


def test_letters_typed_into_a_field_stay_there(at_rest: MainWindow, qtbot: QtBot):
    field = at_rest.controls.sweep.top.field
    field.setFocus()
    field.selectAll()
    visible = at_rest.canvas.layers["image"].visible
    qtbot.keyClicks(field, "31")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert at_rest.state.settings.top == pytest.approx(0.31)
    assert at_rest.canvas.layers["image"].visible is visible
    settle(qtbot, at_rest)


def test_p_puts_a_patch_on_and_off_and_brackets_size_it(at_rest: MainWindow, qtbot: QtBot):
    window, state = at_rest, at_rest.state
    clean = state.verdict
    qtbot.keyClick(window.canvas, "p")
    assert state.document.patch == patch_reference()
    assert state.document.patch_on
    settle(qtbot, window)
    top, left, bottom, right = state.snapshot.patch_box
    height, width = state.snapshot.view.shape[:2]
    assert abs((top + bottom) - height) <= 2, "it lies in the middle"
    assert abs((left + right) - width) <= 2
    scale = state.document.placement.scale

    def pressed(key: str) -> float:
        qtbot.keyClick(window.canvas, key)
        return state.document.placement.scale

    qtbot.waitUntil(lambda: pressed("]") > scale)  # once the canvas has read the picture
    assert pressed("[") == pytest.approx(scale, rel=0.01)
    qtbot.waitUntil(lambda: not state.holding)
    before = state.document.placement
    qtbot.keyClick(window.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert (state.document.placement.left, state.document.placement.top) == (before.left + 1, before.top + 8)
    qtbot.waitUntil(lambda: not state.holding)
    qtbot.keyClick(window.canvas, "p")
    assert not state.document.patch_on
    settle(qtbot, window)
    assert state.verdict.word == clean.word
    assert state.verdict.locations.tobytes() == clean.locations.tobytes()


def test_comma_and_full_stop_walk_the_windows(at_rest: MainWindow, qtbot: QtBot):
    state, count = at_rest.state, len(at_rest.state.snapshot.windows)
    qtbot.keyClick(at_rest.canvas, ".")
    assert state.selection.window == 0
    qtbot.keyClick(at_rest.canvas, ".")
    assert state.selection.window == 1
    qtbot.keyClick(at_rest.canvas, ",")
    qtbot.keyClick(at_rest.canvas, ",")
    assert state.selection.window == count - 1


def test_undo_and_redo_move_the_sliders(at_rest: MainWindow, qtbot: QtBot):
    window, slider = at_rest, at_rest.findChild(QSlider, "topRateSlider")
    before = slider.value()
    slider.setSliderDown(True)
    for value in range(before, before - 20, -1):
        slider.setValue(value)
    slider.setSliderDown(False)
    assert window.state.undo_stack.count() == 1, "a drag is one step"
    assert "top-ranking rate" in window.registry["undo"].text()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_Z, control)
    assert slider.value() == before
    qtbot.keyClick(window, Qt.Key.Key_Z, control | shift)
    assert slider.value() == before - 19
    window.registry["reset"].trigger()
    assert window.state.settings.top is None
    window.state.change("Back", settings=FEW_WINDOWS)
    settle(qtbot, window)


def test_with_live_off_changes_wait_for_f5(at_rest: MainWindow, qtbot: QtBot):
    window, state = at_rest, at_rest.state
    qtbot.keyClick(window.canvas, "l")
    assert not state.live
    assert not window.registry["live"].isChecked()
    state.set_knobs("Top-ranking rate", top=0.33)
    assert state.phase is Phase.STALE
    qtbot.keyClick(window.canvas, Qt.Key.Key_F5)
    settle(qtbot, window)
    qtbot.keyClick(window.canvas, "l")
    assert state.live


@pytest.mark.parametrize("name", ["is not there.png", "damaged.png"])
def test_a_photo_that_cannot_be_read_is_said_in_the_window_and_can_be_retried(
    at_rest: MainWindow, qtbot: QtBot, tmp_path: Path, name: str
):
    window, path = at_rest, tmp_path / name
    if name == "damaged.png":
        path.write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    drag_or_open = window.opener.photo
    drag_or_open(str(path))
    qtbot.waitUntil(lambda: window.state.phase is Phase.ERROR, timeout=60_000)
    assert name in window.messages.message.sentence
    assert window.messages.isVisible()
    photo_file(tmp_path, name)
    qtbot.mouseClick(window.messages.findChild(QToolButton, "messageRetry"), Qt.MouseButton.LeftButton)
    settle(qtbot, window)
    assert window.messages.isHidden()


def test_a_patch_that_cannot_be_read_is_said_and_undone(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    path = tmp_path / "patch.png"
    path.write_bytes(b"no picture")
    at_rest.opener.patch(str(path))
    qtbot.waitUntil(lambda: at_rest.state.phase is Phase.ERROR, timeout=60_000)
    assert "patch" in at_rest.messages.message.sentence
    at_rest.state.undo_stack.undo()
    settle(qtbot, at_rest)
    assert at_rest.messages.isHidden()


def test_a_photo_let_go_at_the_left_is_the_photo_and_at_the_right_the_patch(
    at_rest: MainWindow, qtbot: QtBot, tmp_path: Path
):
    path = photo_file(tmp_path)
    dragged = files(path)
    drag(at_rest, dragged, share=0.3)
    assert at_rest.state.document.image == str(path)
    assert at_rest.drop_sheet.isHidden()
    drag(at_rest, dragged, share=0.9)
    assert at_rest.state.document.patch == str(path)
    assert at_rest.state.document.patch_on
    settle(qtbot, at_rest)


def test_the_sheet_says_what_letting_go_would_do(at_rest: MainWindow, tmp_path: Path):
    dragged = files(photo_file(tmp_path))
    assert hover(at_rest, dragged)
    assert at_rest.drop_sheet.isVisible()
    at_rest.grab()
    at_rest.dragLeaveEvent(None)
    assert at_rest.drop_sheet.isHidden()


def test_a_folder_let_go_is_walked_and_foreign_files_are_refused(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    path = photo_file(tmp_path)
    notes = tmp_path / "notes.txt"
    notes.write_text("no photo")
    foreign, folder = files(notes), files(tmp_path)
    assert not hover(at_rest, foreign)
    drag(at_rest, folder)
    qtbot.waitUntil(at_rest.filmstrip.isVisible)
    assert at_rest.state.document.image == str(path)
    settle(qtbot, at_rest)


def test_a_picture_is_pasted_and_words_are_not(at_rest: MainWindow, qtbot: QtBot):
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("no picture")
    at_rest.registry["paste"].trigger()
    assert "no picture in the clipboard" in at_rest.messages.message.sentence
    picture = QImage(301, 200, QImage.Format.Format_ARGB32)
    picture.fill(Qt.GlobalColor.transparent)
    picture.setPixelColor(0, 0, Qt.GlobalColor.red)
    clipboard.setImage(picture)
    qtbot.keyClick(at_rest, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: at_rest.state.document.image.startswith("clipboard:"))
    settle(qtbot, at_rest)
    original = at_rest.state.snapshot.original
    assert original.shape == (200, 301, 3)
    assert original[0, 0].tolist() == [255, 0, 0]
    assert original[1, 1].tolist() == [255, 255, 255], "transparency is laid on white"


def test_open_dialogs_remember_what_was_opened(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    path = photo_file(tmp_path)
    at_rest.dialogs.answers.extend([path, None, path, tmp_path])
    for name in ("open", "open", "openPatch", "openFolder"):
        at_rest.registry[name].trigger()
    qtbot.waitUntil(at_rest.filmstrip.isVisible)
    assert at_rest.state.document.image == str(path)
    assert at_rest.state.document.patch == str(path)
    assert at_rest.preferences.recent("photos").paths()[0] == str(path)
    settle(qtbot, at_rest)


def test_themes_change_at_once_and_are_kept(at_rest: MainWindow, qtbot: QtBot):
    def ground() -> int:
        return at_rest.grab().toImage().pixelColor(3, at_rest.height() - 3).lightness()

    at_rest.registry["themeDark"].trigger()
    qtbot.waitUntil(lambda: ground() < 80)
    assert at_rest.preferences.theme == "dark"
    at_rest.registry["themeLight"].trigger()
    qtbot.waitUntil(lambda: ground() > 180)
    assert at_rest.registry["themeLight"].isChecked()
    assert not at_rest.registry["themeDark"].isChecked()


def test_closing_in_the_middle_of_a_sweep_is_quick_and_leaves_no_thread(
    make_window: Callable[..., MainWindow], qtbot: QtBot
):
    window = make_window("sample:china")
    settle(qtbot, window)
    window.state.set_knobs("Many windows", stride=1, top=0.37)
    qtbot.waitUntil(lambda: window.state.phase is Phase.PARTIAL, timeout=60_000)
    start = time.monotonic()
    window.close()
    assert time.monotonic() - start < 3
    assert not window.engine._thread.isRunning()


def test_a_folder_that_vanishes_while_walked_is_an_error_not_a_crash(
    at_rest: MainWindow, qtbot: QtBot, tmp_path: Path
):
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        photo_file(folder, name)
    at_rest.opener.folder(str(folder))
    qtbot.waitUntil(lambda: at_rest.filmstrip.isVisible() and is_settled(at_rest), timeout=60_000)
    shutil.rmtree(folder)
    at_rest.filmstrip.step(1)
    qtbot.waitUntil(lambda: at_rest.state.phase is Phase.ERROR, timeout=60_000)
    assert "b.png" in at_rest.messages.message.sentence
