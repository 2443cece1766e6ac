"""Sessions, figures and data from the menus of the window."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from waiting import FEW_WINDOWS, settle

from gui.dialogs import FigureChoice
from gui.main_window import MainWindow


def photo_file(folder: Path, name: str = "photo.png", shade: int = 90) -> Path:
    """A photo of one colour."""
    Image.fromarray(np.full((64, 80, 3), shade, np.uint8)).save(folder / name)
    return folder / name


def said(window: MainWindow) -> str:
    """The message in the window."""
    return window.messages.message.sentence if window.messages.message else ""


def save(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    """Save a session and wait for it."""
    window.dialogs.answers.append(path)
    window.registry["saveSession"].trigger()
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: "Saved" in said(window))
    window.messages.clear()


def load(window: MainWindow, *answers: object) -> None:
    """Load a session with answers to what is asked."""
    window.dialogs.answers.extend(answers)
    window.registry["loadSession"].trigger()


def test_a_session_brings_everything_back_in_one_step(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    window, path = at_rest, tmp_path / "a.sinscope"
    window.opener.photo(str(photo_file(tmp_path)))
    window.state.set_knobs("Top-ranking rate", top=0.4)
    window.canvas.layers.set_visible("locations", True)
    settle(qtbot, window)
    kept, word = window.state.document, window.state.verdict.word
    save(window, qtbot, path)
    window.state.change("Something else", image="sample:flower", settings=FEW_WINDOWS)
    window.canvas.layers.set_visible("locations", False)
    steps = window.state.undo_stack.count()
    load(window, path)
    qtbot.waitUntil(lambda: window.state.document == kept)
    assert window.state.undo_stack.count() == steps + 1
    assert window.canvas.layers["locations"].visible
    settle(qtbot, window)
    assert window.state.verdict.word == word
    assert window.preferences.recent("sessions").paths() == [str(path)]
    window.canvas.layers.set_visible("locations", False)


def test_a_photo_that_moved_is_asked_for(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    window, path, photo = at_rest, tmp_path / "a.sinscope", photo_file(tmp_path)
    window.opener.photo(str(photo))
    save(window, qtbot, path)
    moved = photo.rename(tmp_path / "moved.png")
    before = window.state.document
    load(window, path, False)
    qtbot.waitUntil(lambda: any("not there any more" in question for question in window.dialogs.asked))
    assert window.state.document == before, "given up, nothing changes"
    load(window, path, True, moved)
    qtbot.waitUntil(lambda: window.state.document.image == str(moved))
    settle(qtbot, window)


def test_a_photo_that_changed_is_used_only_if_the_user_says_so(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    window, path, photo = at_rest, tmp_path / "a.sinscope", photo_file(tmp_path)
    window.opener.photo(str(photo))
    save(window, qtbot, path)
    photo_file(tmp_path, shade=200)
    window.state.change("Something else", image="sample:flower")
    load(window, path, True)
    qtbot.waitUntil(lambda: window.state.document.image == str(photo))
    assert "has changed" in window.dialogs.asked[-1]
    settle(qtbot, window)


def test_a_session_that_is_none_is_refused_in_the_window(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    path = tmp_path / "rubbish.sinscope"
    path.write_bytes(b"\x00\xff")
    before = at_rest.state.document
    load(at_rest, path)
    qtbot.waitUntil(lambda: "rubbish.sinscope" in said(at_rest))
    assert at_rest.state.document == before


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_photo_as_shown_is_exported(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path, suffix: str):
    path = tmp_path / f"figure{suffix}"
    at_rest.dialogs.answers.extend([FigureChoice("Photo as shown", suffix, 2), path])
    at_rest.registry["exportFigure"].trigger()
    qtbot.waitUntil(path.exists)
    assert path.stat().st_size > 2000
    qtbot.waitUntil(lambda: str(path) in said(at_rest))


def test_every_figure_that_is_offered_can_be_exported(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    for number, what in enumerate(at_rest.figures()):
        path = tmp_path / f"figure-{number}.png"
        at_rest.dialogs.answers.extend([FigureChoice(what, ".png", 1), path])
        at_rest.registry["exportFigure"].trigger()
        qtbot.waitUntil(path.exists)


@pytest.mark.parametrize("name", ["report.json", "windows.csv", "maps.npz"])
def test_data_is_exported_by_its_ending(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path, name: str):
    path = tmp_path / name
    at_rest.dialogs.answers.append(path)
    at_rest.registry["exportData"].trigger()
    qtbot.waitUntil(path.exists)
    if name == "report.json":
        assert json.loads(path.read_text())[0]["verdict"] == at_rest.state.verdict.word
    if name == "windows.csv":
        assert len(path.read_text().splitlines()) == 1 + len(at_rest.state.snapshot.windows)
    if name == "maps.npz":
        assert np.load(path)["view"].shape == at_rest.state.snapshot.view.shape


def test_another_ending_or_a_folder_that_is_not_there_is_said(at_rest: MainWindow, qtbot: QtBot, tmp_path: Path):
    at_rest.dialogs.answers.append(tmp_path / "data.xls")
    at_rest.registry["exportData"].trigger()
    assert ".json" in said(at_rest)
    at_rest.messages.clear()
    at_rest.dialogs.answers.append(tmp_path / "nowhere" / "report.json")
    at_rest.registry["exportData"].trigger()
    qtbot.waitUntil(lambda: "nowhere" in said(at_rest))


def test_the_picture_and_the_report_are_copied(at_rest: MainWindow):
    at_rest.registry["copy"].trigger()
    assert QGuiApplication.clipboard().image().width() >= at_rest.canvas.width()
    at_rest.registry["copyReport"].trigger()
    report = QGuiApplication.clipboard().text()
    assert report.startswith("SINscope")
    assert "PySide6-Essentials 6." in report
    assert "sample:flower" in report
