"""Outputs of the command line: refused before the work where that is cheap, whole or not at all after it."""

import json
import os
import sys
from pathlib import Path

import pytest

unix = pytest.mark.skipif(sys.platform == "win32", reason="needs a Unix file system")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (
            "--json {folder}/none/report.json",
            "The folder {folder}/none for report.json does not exist; make it first.",
        ),
        ("--json {folder}", "{folder} is a folder and not a file's name"),
        ("--json {folder}/white.png/report.json", "white.png is not a folder"),
        ("--json {folder}/white.png", "white.png is read in this run, so no result can be written there"),
        ("--figure {folder}/{{stem}}.png", "white.png is read in this run"),
        ("--figure {folder}/none/figure.png", "does not exist; make it first."),
        ("--figure {folder}/figure.pdf", "would not be a PNG file; give a name that ends in .png."),
        ("--figure figure", "would not be a PNG file"),
        pytest.param("--json /dev/null", "/dev/null is not a regular file", marks=unix),
    ],
)
def test_outputs_are_checked_before_the_work(run, photo, tmp_path: Path, options, fault):
    path = photo("white.png")
    before = path.read_bytes()
    # A model that does not exist: were anything loaded first, that would be the error.
    done = run("inspect", path, "--model", "no_such_model", *options.format(folder=tmp_path).split())
    assert done.code == 2
    assert fault.format(folder=tmp_path) in done.sentence
    assert path.read_bytes() == before


def test_several_figures_need_a_placeholder(run, photo):
    done = run("inspect", photo("a.png"), photo("b.png"), "--model", "no_such_model", "--figure", "figure.png")
    assert done.code == 2
    assert done.sentence == (
        "The figures of 2 photos cannot all be figure.png; put {stem} into the name, such as figure-{stem}.png."
    )


@unix
@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_one_sentence(run, photo, tmp_path: Path):
    folder = tmp_path / "shut"
    folder.mkdir(mode=0o555)
    done = run("inspect", photo("white.png"), "--model", "no_such_model", "--json", folder / "report.json")
    assert done.code == 2
    assert "cannot be written to" in done.sentence


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_file_system_that_takes_no_files_is_one_sentence(run, toy, photo):
    done = run("inspect", photo("white.png"), *toy(), "--json", "/proc/report.json")
    assert done.code == 2
    assert "/proc" in done.sentence


@unix
def test_a_disk_that_fills_up_costs_nothing_that_was_there(run, toy, photo, tmp_path: Path):
    import resource

    report, figure = tmp_path / "report.json", tmp_path / "figure-a.png"
    report.write_text("[]")
    options = ["--json", report, "--figure", tmp_path / "figure-{stem}.png"]
    path = photo("a.png")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))  # no file may grow beyond
    try:
        done = run("inspect", path, *toy(), *options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.code == 2
    assert [line.split(" cannot be written")[0] for line in done.errors] == [f"error: {figure}", f"error: {report}"]
    assert "certified" in done.out
    assert report.read_text() == "[]"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "report.json"]
    assert run("inspect", path, *toy(), *options).code == 0
    assert len(json.loads(report.read_text())) == 1
    assert figure.exists()
