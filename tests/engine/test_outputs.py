"""Outputs: whole or not at all, and a sentence where they cannot be."""

import errno
import os
import sys
from pathlib import Path

import pytest

from engine.errors import OutputError
from engine.outputs import check_output, make_folder, write_output

unix = pytest.mark.skipif(sys.platform == "win32", reason="needs a Unix file system")


def test_a_file_is_written_and_replaced_whole(tmp_path: Path):
    path = tmp_path / "report.json"
    write_output(path, b"first")
    write_output(path, b"second")
    assert path.read_bytes() == b"second"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@unix
def test_a_link_keeps_pointing(tmp_path: Path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_output(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@unix
def test_what_cannot_be_replaced_whole_is_refused(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        with pytest.raises(OutputError, match="is not a regular file"):
            write_output(path, b"anything")
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("none/report.json", "does not exist; make it first"),
        ("file/report.json", "is not a folder"),
        ("folder", "is a folder"),
        pytest.param("n" * 300, "cannot be written", marks=unix),
        pytest.param(f"{'n' * 300}/report.json", "cannot be written", marks=unix),
        pytest.param("loop", "cannot be written", marks=unix),
    ],
)
def test_places_that_cannot_be(tmp_path: Path, name: str, fault: str):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    if name == "loop":
        (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match=fault) as caught:
        write_output(tmp_path / name, b"anything")
    assert str(caught.value).endswith(".")
    assert sorted(tmp_path.rglob("*")) == before


@unix
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused_beforehand(tmp_path: Path):
    (tmp_path / "shut").mkdir(mode=0o555)
    with pytest.raises(OutputError, match="cannot be written to"):
        check_output(tmp_path / "shut" / "report.json")
    with pytest.raises(OutputError, match="cannot be made"):
        make_folder(tmp_path / "shut" / "below")


def test_folders_are_made_with_those_above_them(tmp_path: Path):
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file and not a folder"):
        make_folder(tmp_path / "file")


def test_the_remedy_fits_the_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for number, remedy in (
        (errno.ENOSPC, "free some space, or give another place."),
        (errno.ENOENT, "; give another place."),
    ):

        def failing(*_: object, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr("engine.outputs.write_whole", failing)
        with pytest.raises(OutputError) as caught:
            write_output(tmp_path / "a.json", b"")
        assert str(caught.value).endswith(remedy)
