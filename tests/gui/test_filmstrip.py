"""The filmstrip: a large folder is listed and shown without waiting, and walked with keys."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.filmstrip import Filmstrip
from gui.state import State


@pytest.fixture
def strip(qtbot: QtBot) -> Filmstrip:
    """An empty strip, as wide as the canvas."""
    state = State()
    state.set_live(False)
    made = Filmstrip(state)
    state.setParent(made)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.finish())
    made.resize(700, 140)
    return made


def photos(folder: Path, count: int) -> list[Path]:
    """Small photos, each in a colour of its own."""
    made = []
    for index in range(count):
        path = folder / f"photo-{index:04d}.png"
        Image.fromarray(np.full((6, 8, 3), index % 256, np.uint8)).save(path)
        made.append(path)
    return made


def test_a_folder_opens_with_its_first_photo_and_keys_walk(strip: Filmstrip, qtbot: QtBot, tmp_path: Path):
    paths = photos(tmp_path, 4)
    with qtbot.waitSignal(strip.opened) as opened:
        strip.open_folder(str(tmp_path))
    assert opened.args == [str(tmp_path), 4]
    state = strip._state
    assert state.document.image == str(paths[0])
    for key, index in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_End, 3)):
        qtbot.keyClick(strip.view, key)
        assert state.document.image == str(paths[index])
    qtbot.keyClick(strip.view, Qt.Key.Key_Right)
    assert state.document.image == str(paths[3]), "the last one stays"
    assert "4 of 4" in strip._caption.text()
    state.undo_stack.undo()
    assert strip.view.currentIndex().row() == 1, "an undo goes back to its photo"


def test_a_named_photo_is_the_first(strip: Filmstrip, qtbot: QtBot, tmp_path: Path):
    paths = photos(tmp_path, 3)
    with qtbot.waitSignal(strip.opened):
        strip.open_folder(str(tmp_path), str(paths[2]))
    assert strip._state.document.image == str(paths[2])


def test_five_thousand_photos_are_there_at_once_and_few_are_read(strip: Filmstrip, qtbot: QtBot, tmp_path: Path):
    first = photos(tmp_path, 1)[0]
    for index in range(1, 5000):
        (tmp_path / f"photo-{index:04d}.png").hardlink_to(first)
    strip.show()
    longest, last = 0.0, time.monotonic()
    strip.open_folder(str(tmp_path))
    while strip.view.model().rowCount() < 5000 or not strip._photos._made:
        qtbot.wait(1)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert longest < 1.0, "the window stood still"
    for row in range(0, 5000, 25):  # a fast flight over the whole folder
        strip.view.scrollTo(strip.view.model().index(row, 0))
        qtbot.wait(1)
    assert len(strip._photos._made) < 1000, "what was never in sight was read"
    qtbot.waitUntil(lambda: not strip._photos._waiting and strip._photos._running == 0, timeout=20_000)


def test_damaged_and_foreign_files_get_no_thumbnail_and_do_no_harm(strip: Filmstrip, qtbot: QtBot, tmp_path: Path):
    photos(tmp_path, 1)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n rubbish")
    (tmp_path / "drawing.png").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    strip.show()
    with qtbot.waitSignal(strip.opened):
        strip.open_folder(str(tmp_path))
    qtbot.waitUntil(lambda: len(strip._photos._made) == 3)
    made = {Path(path).name: picture for path, picture in strip._photos._made.items()}
    assert made["broken.png"] is None
    assert made["drawing.png"] is None
    assert made["photo-0000.png"] is not None
    strip.grab()


def test_a_folder_without_photos_is_refused_in_a_sentence(strip: Filmstrip, qtbot: QtBot, tmp_path: Path):
    with qtbot.waitSignal(strip.refused) as refused:
        strip.open_folder(str(tmp_path))
    assert "has no image in it" in refused.args[0]
    assert strip.isHidden()


def test_only_the_last_folder_asked_for_is_shown(strip: Filmstrip, qtbot: QtBot, tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        photos(tmp_path / name, 2)
    strip.open_folder(str(tmp_path / "a"))
    with qtbot.waitSignal(strip.opened) as opened:
        strip.open_folder(str(tmp_path / "b"))
    assert opened.args[0] == str(tmp_path / "b")
    qtbot.wait(50)
    assert strip._state.document.image == str(tmp_path / "b" / "photo-0000.png")
