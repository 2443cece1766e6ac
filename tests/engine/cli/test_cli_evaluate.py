"""``evaluate`` on the command line: what it prints, writes and refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run

from engine.cli import exits


@pytest.fixture
def folder(photo: Callable[..., Path], tmp_path: Path) -> Path:
    """Two white photos of class 0 (bright), and one of class 1 that is white too."""
    for name in ("0_a.png", "0_b.png", "1_c.png"):
        photo(f"photos/{name}")
    return tmp_path / "photos"


def test_rows_report_and_a_second_run(run: Run, toy, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["evaluate", folder, "--out", out, *toy(), "--defense", "minority_reports_pc,patchcleanser:k3,ibp"]
    done = run(*words)
    assert done.code == exits.QUIET
    assert "3 of 3 photos" in done.out
    assert "recovery, patch 6 x 6 px" in done.out
    assert "detection, patch 6 x 6 px" in done.out
    assert any(line.startswith("Interval bound propagation is left out: it needs") for line in done.errors)
    text = (out / "report.md").read_text()
    # two of three right; a bright photo stays bright under any mask, so what is right is certified too
    assert "| patchcleanser:k3 | 66.7 (20.8-93.9) | 66.7 (20.8-93.9) | 66.7 (20.8-93.9) | 66.7 (20.8-93.9)" in text
    parts = sorted((out / "rows").iterdir())
    again = run(*words)
    assert again.code == exits.QUIET
    assert "3 of 3 photos are done already" in again.errors
    assert sorted((out / "rows").iterdir()) == parts
    more = run(*[*words[:-1], "patchcleanser:k3,minority_reports_pc:masks=4", "--limit", "2"])
    assert more.code == exits.QUIET
    assert "2 of 2 photos" in more.out


def test_photos_without_labels(run: Run, toy, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (folder / "0_a.png").rename(folder / "holiday.png")
    words = ["evaluate", folder, "--out", out, *toy(), "--defense", "minority_reports_pc"]
    refused = run(*words)
    assert refused.code == exits.ERROR
    assert "holiday.png does not say its class" in " ".join(refused.errors)
    done = run(*words, "--unlabelled")
    assert done.code == exits.QUIET
    assert "as undefended" in done.out
    # Every bright photo stays bright under any mask: what each says is certified.
    assert "| minority_reports_pc | 100.0 (43.9-100.0) | 100.0 (43.9-100.0) | 0.0" in (out / "report.md").read_text()


def test_defaults_share_one_rule_and_names_are_whole_at_80_columns(
    run: Run, toy, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cli.console._WIDTH", 80)
    out = tmp_path / "out"
    names = "minority_reports_pc,minority_reports_pc:mid,minority_reports:stride=8"
    done = run("evaluate", folder, "--out", out, *toy(), "--defense", names)
    assert done.code == exits.QUIET
    assert "…" not in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines() if " written" not in line)
    assert any(line.startswith(" minority_reports_pc ") for line in done.out.splitlines())
    said = "Other than the default settings: minority_reports_pc:mid (tau=0.5); minority_reports:stride=8 (stride=8)."
    assert said in (out / "report.md").read_text()
    assert said in " ".join(done.out.split())
    assert "- Backend: torch-" in (out / "report.md").read_text()


def test_a_patch_on_the_photo(run: Run, toy, folder: Path, tmp_path: Path) -> None:
    words = [*toy()[:-4], *toy()[-2:]]
    done = run(
        *("evaluate", folder, "--out", tmp_path / "out", *words, "--patch", "6", "--patch-space", "photo"),
        *("--defense", "minority_reports_pc"),
    )
    assert done.code == exits.QUIET
    # 64 px are resized to 36 and cropped to 32: a patch of 6 px touches at most ceil(5 * 36/64 + 2) = 5 of them
    assert "detection, patch 5 x 5 px" in done.out
    assert "6 x 6 px on photos of 64 x 64 px, before the resize" in (tmp_path / "out" / "report.md").read_text()


def test_unreadable_photos_do_not_stop_the_others(run: Run, toy, folder: Path, tmp_path: Path) -> None:
    (folder / "1_broken.png").write_bytes(b"nothing")
    done = run("evaluate", folder, "--out", tmp_path / "out", *toy(), "--defense", "minority_reports_pc")
    assert done.code == exits.ERROR
    assert "1_broken.png is not an image" in done.sentence
    assert "3 of 4 photos" in done.out
    assert "Not answered: " in (report := (tmp_path / "out" / "report.md").read_text())
    assert "1_broken.png is not an image" in report


def test_an_interrupt_keeps_what_is_done(
    run: Run, toy, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.evaluation import work

    read, asked = work.read_image, []

    def interrupted(path: Path):
        asked.append(path)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return read(path)

    monkeypatch.setattr(work, "read_image", interrupted)
    words = ["evaluate", folder, "--out", tmp_path / "out", *toy(), "--defense", "minority_reports_pc"]
    done = run(*words)
    assert done.code == exits.INTERRUPTED
    assert "2 of 3 photos" in done.out
    assert "interrupted; the same command goes on from here" in done.errors
    assert "3 of 3 photos" in run(*words).out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--defense", "patchclenser"], "There is no defense 'patchclenser'; choose from patchcleanser"),
        (["--defense", "patchcleanser:masks=many"], "cannot be 'many'"),
        (["--defense", ","], "No defense is named; choose from ibp, clipped_bagnet, "),
        (["--defense", ""], "or all."),
        (["--defense", "all,scalecert"], "all takes every defense already"),
        (["--defense", "scalecert:steps=nan"], "cannot be 'nan'; write a whole number"),
        (["--defense", "scalecert:top=7"], "must be above 0 % and at most 100 %"),
        (["--defense", "patchcleanser,patchcleanser"], "asked for twice"),
        (["--defense", "patchcleanser,patchcleanser:masks=6"], "patchcleanser:masks=6 is asked for twice"),
        (["--workers", "0"], "at least 1 process, not 0"),
        (["--cluster", " "], "--cluster needs an address; give auto"),
        (["--limit", "0"], "At least 1 photo is evaluated, not 0"),
        (["--label", "1"], "--label belongs to another command, or stands"),
        (["--patch-space", "print"], "--patch-space cannot be 'print'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_model_is_loaded(
    run_unloaded: Run, toy, folder: Path, tmp_path: Path, options, sentence
) -> None:
    done = run_unloaded("evaluate", folder, "--out", tmp_path / "out", *toy(), *options)
    assert done.code == exits.ERROR
    assert sentence in done.sentence


def test_where_no_defense_can_run_the_first_says_why(run: Run, toy, folder: Path, tmp_path: Path) -> None:
    done = run("evaluate", folder, "--out", tmp_path / "out", *toy(), "--defense", "ibp")
    assert done.code == exits.ERROR
    assert "No defense that was asked for can run here: Interval bound propagation" in done.sentence


def test_folders_that_do_not_serve_are_refused(run_unloaded: Run, toy, folder: Path, tmp_path: Path) -> None:
    words = ["--out", tmp_path / "out", *toy()]
    done = run_unloaded("evaluate", tmp_path / "missing", *words)
    assert "is not a folder that can be listed" in done.sentence
    done = run_unloaded("evaluate", folder, "--out", folder / "0_a.png", *toy())
    assert "is a file and not a folder" in done.sentence
    (folder / "0_a.png").rename(folder / "holiday.png")
    assert "holiday.png does not say its class" in run_unloaded("evaluate", folder, *words).sentence
    (tmp_path / "classes" / "0").mkdir(parents=True)
    for more in ([], ["--unlabelled"]):
        done = run_unloaded("evaluate", tmp_path / "classes", *words, *more)
        assert "has no image in it" in done.sentence


def test_cifar10_runs_each_defense_on_the_model_made_for_it(
    run: Run, photo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cat/0.png", "dog/1.png"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        photo(f"photos/{name}", "spot")
    monkeypatch.setattr("engine.datasets.named.cifar10_folder", lambda _: tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    words = ["evaluate", "cifar10", "--weights", "random", "--backend", "torch", "--patch", "20", "--out", "out"]
    done = run(*words, "--defense", "clipped_bagnet,ibp")
    assert done.code == exits.QUIET
    assert "4 of 4 photos" in done.out
    text = (tmp_path / "out" / "report.md").read_text()
    assert "- Model: cifar10_bagnet (random weights), weights " in text
    assert "; cifar10_ibp (random weights), weights " in text
    assert "(ibp, on cifar10_ibp (random weights)): chunk=32" in text
    assert "- Data: cifar10, 2 photos" in text
    parts = sorted((tmp_path / "out" / "rows").iterdir())
    assert "4 of 4 photos are done already" in run(*words, "--defense", "clipped_bagnet,ibp").errors
    assert sorted((tmp_path / "out" / "rows").iterdir()) == parts
    with_one = run(*words, "--defense", "ibp", "--model", "cifar10_ibp")
    assert "2 of 2 photos are done already" in with_one.errors
