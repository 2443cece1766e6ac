"""Recent files: newest first, at most twelve, and nothing that is gone or was never a path."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from gui.recent import RECENT_KEPT, RecentFiles


@pytest.fixture
def store(tmp_path: Path) -> QSettings:
    """A settings file of the test's own."""
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def touch(folder: Path, count: int) -> list[str]:
    """Some files."""
    paths = [folder / f"photo {index}, ü.png" for index in range(count)]
    for path in paths:
        path.touch()
    return [str(path) for path in paths]


def test_the_newest_comes_first_once(tmp_path: Path, store: QSettings):
    one, two, three = touch(tmp_path, 3)
    recent = RecentFiles(store, "photos")
    for path in (one, two, three, one):
        recent.add(path)
    assert recent.paths() == [one, three, two]
    assert RecentFiles(store, "patches").paths() == []


def test_twelve_are_kept_over_a_restart(tmp_path: Path, store: QSettings):
    paths = touch(tmp_path, 15)
    for path in paths:
        RecentFiles(store, "photos").add(path)
    store.sync()
    again = QSettings(store.fileName(), QSettings.Format.IniFormat)
    assert RecentFiles(again, "photos").paths() == paths[::-1][:RECENT_KEPT]


def test_what_is_gone_is_dropped(tmp_path: Path, store: QSettings):
    one, two = touch(tmp_path, 2)
    recent = RecentFiles(store, "photos")
    recent.add(one)
    recent.add(two)
    Path(two).unlink()
    assert recent.paths() == [one]
    Path(two).touch()
    assert recent.paths() == [one]
    recent.drop(one)
    assert recent.paths() == []


def test_another_machine_is_not_asked(store: QSettings):
    recent = RecentFiles(store, "photos")
    recent.add("//machine/share/photo.png")
    assert recent.paths() == ["//machine/share/photo.png"]


@pytest.mark.parametrize(
    "rubbish",
    ["", "{", "7", '{"a": 1}', "[1, null, [], {}]", '["a\\u0000b", ""]', "[" * 100_000, 5, ["a", "b"]],
    ids=range(9),
)
def test_rubbish_is_an_empty_list(tmp_path: Path, store: QSettings, rubbish: object):
    store.setValue("recent/photos", rubbish)
    recent = RecentFiles(store, "photos")
    assert recent.paths() == []
    (one,) = touch(tmp_path, 1)
    recent.add(one)
    assert recent.paths() == [one]
    recent.clear()
    assert recent.paths() == []
