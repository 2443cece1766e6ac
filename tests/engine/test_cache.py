"""The user's cache folder: where it is, and that files in it are whole or absent."""

import os
import sys
from pathlib import Path

import pytest

from engine.cache import cache_folder, digest, write_whole


def test_the_variable_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SINSCOPE_CACHE", str(tmp_path / "deep" / "er"))
    folder = cache_folder("things")
    assert folder == tmp_path / "deep" / "er" / "things"
    assert folder.is_dir()
    assert cache_folder("things") == folder


def test_without_the_variable_it_is_the_systems(tmp_path, monkeypatch):
    monkeypatch.delenv("SINSCOPE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = cache_folder("things")
    if sys.platform == "linux":
        assert folder == tmp_path / "sinscope" / "things"


def test_there_is_none_where_nothing_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SINSCOPE_CACHE", str(tmp_path / "file"))
    assert cache_folder("things") is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_there_is_none_in_a_read_only_folder(tmp_path, monkeypatch):
    tmp_path.chmod(0o500)
    monkeypatch.setenv("SINSCOPE_CACHE", str(tmp_path))
    assert cache_folder("things") is None
    tmp_path.chmod(0o700)


def test_a_file_is_written_whole(tmp_path):
    path = tmp_path / "one.bin"
    write_whole(path, b"first")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    assert [entry.name for entry in tmp_path.iterdir()] == ["one.bin"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "one.bin"
    write_whole(path, b"first")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"second")
    monkeypatch.undo()
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["one.bin"]


def test_a_digest_tells_parts_apart():
    digests = {
        digest("a", "bc"),
        digest("ab", "c"),
        digest("abc"),
        digest("a", "bc", ""),
        digest("a", "bd"),
        digest((1, 2), 3),
        digest((1, 23)),
    }
    assert len(digests) == 7
    assert digest("a", 1, (2, 3)) == digest("a", 1, (2, 3))
    assert len(digest("a")) == 32
