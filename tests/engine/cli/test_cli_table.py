"""``table`` on the command line: what it prints, writes and refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run

from engine.cli import exits
from engine.datasets import named


@pytest.fixture
def words(photo: Callable[..., Path], tmp_path: Path, toy) -> list[object]:
    """A table on two white photos of class 0 (bright) and one of class 1 that is white too."""
    for name in ("0_a.png", "0_b.png", "1_c.png"):
        photo(f"photos/{name}")
    options = toy()
    for option in ("--patch", "--top"):
        at = options.index(option)
        del options[at : at + 2]
    return ["--data", tmp_path / "photos", "--out", tmp_path / "out", *options]


def test_table_5_of_a_model_and_again(run: Run, words, tmp_path: Path) -> None:
    asked = ["table", "5", *words, "--patch", "6,6x7", "--limit", "minority_reports=1"]
    done = run(*asked)
    assert done.code == exits.QUIET
    assert "Table 5, recovery" in done.out
    assert "8 of 8 photos" in done.out
    text = (tmp_path / "out" / "table5.md").read_text()
    # two of three right; a bright photo stays bright under any mask, so what is right is certified too
    assert text.count("| 3 | 66.7 (20.8-93.9) | 66.7 (20.8-93.9) | 66.7 (20.8-93.9) | 66.7 (20.8-93.9) |") >= 4
    assert "| MR | 6x7 | – | – |" in text
    parts = sorted((tmp_path / "out" / "rows").iterdir())
    again = run(*asked)
    assert "8 of 8 photos are done already" in again.errors
    assert sorted((tmp_path / "out" / "rows").iterdir()) == parts
    assert (tmp_path / "out" / "table5.md").read_text() == text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["8"], "TABLE cannot be '8'"),
        (["6", "--workers", "0"], "at least 1 process, not 0"),
        (["6", "--limit", "few"], "--limit cannot be 'few'"),
        (["6", "--patch", "40"], "larger than the model's input"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, words, options, sentence: str) -> None:
    done = run("table", *options, *words)
    assert done.code == exits.ERROR
    assert sentence in done.sentence


def test_without_data_it_says_where_it_looked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "BESIDE", tmp_path)
    done = run("table", "6")
    assert done.code == exits.ERROR
    assert "There are no photos to measure on" in done.sentence
