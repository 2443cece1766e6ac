"""``demo``: what it prints and leaves behind, and that nothing else is needed for it."""

import json
from pathlib import Path

import published
import pytest

from engine.cli.demo import sample_patch


def inspected(folder: Path) -> tuple[dict, dict]:
    assert sorted(path.name for path in folder.iterdir()) == ["figure-clean.png", "figure-patch.png", "report.json"]
    for figure in folder.glob("*.png"):
        assert figure.read_bytes().startswith(b"\x89PNG")
    document = json.loads((folder / "report.json").read_text())
    published.check(document)
    clean, patched = document
    return clean, patched


def test_both_answers_are_printed_side_by_side_and_written(run, patch_file: Path, tmp_path: Path):
    folder = tmp_path / "new" / "results"
    done = run("demo", "--paste", patch_file, "--backend", "torch", "--out", folder)
    assert done.code == 0
    assert not done.errors
    clean, patched = inspected(folder)
    assert clean["patch"] is None
    assert patched["patch"]["path"] == str(patch_file)
    assert clean["image"] == patched["image"]
    lines = done.out.splitlines()
    headings = next(line for line in lines if line.strip())
    assert headings.split() == ["clean", "with", "a", "patch"]
    (verdicts,) = [line.split() for line in lines if line.strip().startswith("verdict")]
    assert clean["verdict"] in verdicts
    assert patched["verdict"] in verdicts
    assert f"report and figures written to {folder}" in done.out


def test_without_a_command_the_sample_patch_is_shown_in_the_usual_folder(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert run().code == 0
    clean, patched = inspected(tmp_path / "sinscope-demo")
    assert clean["image"]["path"] == patched["image"]["path"] == "sample:china"
    assert Path(patched["patch"]["path"]) == sample_patch()
    assert patched["settings"]["patch"] == "5%"
    top, left, bottom, right = patched["patch"]["box_px"]
    assert [bottom - top, right - left] == patched["threat"]["patch_px"] == [51, 51]
    assert clean["full"]["name"] == "palace"
    assert patched["full"]["name"] == "toaster"


def test_a_folder_that_cannot_be_is_one_sentence_before_the_work(run, photo, patch_file: Path):
    path = photo("white.png")
    done = run("demo", "--paste", patch_file, "--out", path, "--model", "no_such_model")
    assert done.code == 2
    assert done.sentence == f"{path} is a file and not a folder; give another name."
    done = run("demo", "--paste", patch_file, "--out", path / "below", "--model", "no_such_model")
    assert "cannot be made" in done.sentence


def test_its_results_never_replace_what_it_reads(run, patch_file: Path, tmp_path: Path):
    patch = patch_file.rename(tmp_path / "figure-clean.png")
    done = run("demo", "--paste", patch, "--out", tmp_path, "--model", "no_such_model")
    assert "is read in this run" in done.sentence


def test_a_patch_that_is_not_there_is_one_sentence(run, tmp_path: Path):
    done = run("demo", "--paste", tmp_path / "none.png", "--out", tmp_path / "results")
    assert done.code == 2
    assert "none.png does not exist" in done.sentence
    assert not (tmp_path / "results").exists()
