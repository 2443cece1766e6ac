"""``inspect``: exit codes, the printed answer, the published JSON, figures, patches."""

import hashlib
import io
import json
import os
from pathlib import Path

import published
import pytest
from PIL import Image

from engine.pipeline import Inspector


def test_a_silent_photo_is_certified_and_ends_with_0(run, toy, photo):
    done = run("inspect", photo("white.png"), *toy())
    assert done.code == 0
    assert not done.errors
    assert "certified  Wherever one patch of 6 x 6 px is put on this photo" in done.out
    assert "for one square patch of up to 6 px (3.52% of the model's input) anywhere, on this model, if" in done.out
    assert "729 of 729 (100.0%)  for bright" in done.out


def test_an_alert_ends_with_3_and_says_where(run, toy, photo):
    done = run("inspect", photo("spot.png", "spot"), *toy())
    assert done.code == 3
    assert "alert  6 of 36 windows contradict the base prediction." in done.out
    assert "rows 10-19, columns 10-19: dark" in done.out
    assert "and 1 more" in done.out


def test_until_alert_stops_early_ends_with_3_and_certifies_nothing(run, toy, photo):
    done = run(
        "inspect",
        photo("spot.png", "spot"),
        photo("white.png"),
        *toy(),
        "--stride",
        "1",
        "--until-alert",
        "--json",
        "-",
    )
    assert done.code == 3
    published.check(done.reports)
    alert, certified = done.reports
    assert alert["verdict"] == "alert"
    assert not alert["complete"]
    assert not alert["certificate"]["computed"]
    assert not alert["certificate"]["holds"]
    assert certified["verdict"] == "certified"
    assert certified["complete"]
    told = run("inspect", photo("other.png", "spot"), *toy(), "--stride", "1", "--until-alert").out
    assert "contradict the base prediction; the other" in told
    assert "not computed  for bright" in told


def test_undecided_counts_as_an_alert(run, toy, photo):
    done = run("inspect", photo("white.png"), *toy("tied"))
    assert done.code == 3
    assert "undecided  The base prediction is too close to a tie to rest on." in done.out


def test_many_photos_are_a_line_each_and_a_summary(run, toy, photo):
    paths = [photo("a.png"), photo("b.png", "spot"), photo("c.png", "grey")]
    done = run("inspect", *paths, *toy())
    lines = done.out.splitlines()
    assert done.code == 3
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["a.png", "certified", "bright"],
        ["b.png", "alert", "bright"],
        ["c.png", "certified", "dark"],
    ]
    assert "6/36" in lines[2]
    assert lines[4].startswith("3 of 3 photos: 2 certified, 1 alert; ")
    assert len(lines) == 5


def test_photos_of_one_name_are_told_apart_by_their_folders(run, toy, photo):
    one, other = photo("here/a.png"), photo("there/a.png", "spot")
    lines = run("inspect", one, other, *toy()).out.splitlines()
    assert "here/a.png" in lines[1]
    assert "there/a.png" in lines[2]


def test_an_error_outranks_an_alert_and_the_others_are_done(run, toy, photo, tmp_path: Path):
    missing = tmp_path / "missing.png"
    done = run("inspect", missing, photo("spot.png", "spot"), *toy(), "--json", "-")
    assert done.code == 2
    assert done.sentence == f"{missing} does not exist; check the path."
    failed, inspected = done.reports
    assert failed == {"schema": "sinscope.error/1", "image": {"path": str(missing)}, "error": done.sentence}
    assert inspected["verdict"] == "alert"


def test_a_folder_stands_for_its_images(run, toy, photo, tmp_path: Path):
    photo("photos/b.png")
    photo("photos/a.png", "grey")
    (tmp_path / "photos" / "notes.txt").write_text("no image")
    (tmp_path / "none").mkdir()
    done = run("inspect", tmp_path / "photos", tmp_path / "none", *toy(), "--json", "-")
    assert done.code == 2
    assert "has no image in it" in done.sentence
    assert [Path(report["image"]["path"]).name for report in done.reports] == ["a.png", "b.png", "none"]


def test_the_report_says_what_was_inspected_how_and_with_what_result(run, toy, photo):
    path = photo("spot.png", "spot")
    settings = "--rule confident --tau 0.6 --selection per_window --importance activation --fill zero --seed 7"
    (report,) = run("inspect", path, *toy(), *settings.split(), "--label", "Dark", "--json", "-").reports
    assert report["image"] == {
        "path": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "size": [64, 64],
        "notes": [],
    }
    assert report["patch"] is None
    assert report["model"]["name"].endswith("networks.py:brightness")
    assert report["model"] | {"name": "", "weights_sha256": ""} == {
        "name": "",
        "layer": "act",
        "input_size": [32, 32],
        "weights_sha256": "",
        "adapted": None,
        "backend": "torch-cpu",
        "precision": "fp32",
        "batch": 4,
    }
    assert report["threat"] == {"patch_px": [6, 6], "share": 36 / 1024, "patch_space": "model input"}
    asked = {"rule": "confident", "tau": 0.6, "importance": "activation", "fill": "zero", "seed": 7, "label": 1}
    resolved = {"top": 1.0, "window": 10, "stride": None, "mean": [0.0], "patch": "6", "layer": "1"}
    assert report["settings"].items() >= (asked | resolved).items()
    assert report["base"]["name"] == report["full"]["name"] == "bright"
    assert report["sins"]["k"] == 2048
    assert report["sins"]["kept_share"] == 1.0
    assert sum(cluster["size"] for cluster in report["sins"]["clusters"]) == 200
    assert len(report["windows"]) == 36
    assert report["windows"][0]["box_px"] == [0, 0, 10, 10]
    assert report["windows"][0]["sin_share"] == 100 / 1024
    certificate = report["certificate"]
    assert certificate["label"] == 1
    assert certificate["label_given"]
    assert certificate["locations"]["total"] == 27 * 27
    assert (certificate["rule"], certificate["tau"], certificate["selection"]) == ("confident", 0.6, "per_window")
    assert report["timing_ms"]["total"] == pytest.approx(
        sum(value for stage, value in report["timing_ms"].items() if stage != "total")
    )


def test_json_goes_to_a_file_beside_the_printed_answer(run, toy, photo, tmp_path: Path):
    target = tmp_path / "report.json"
    target.write_text("what was there before")
    done = run("inspect", photo("a.png"), photo("b.png", "spot"), *toy(), "--json", target)
    assert f"report written to {target}" in done.out
    document = json.loads(target.read_text())
    published.check(document)
    assert [report["verdict"] for report in document] == ["certified", "alert"]
    assert not list(tmp_path.glob("*.partial"))


def test_json_on_standard_output_is_alone_there(run, toy, photo):
    done = run("inspect", photo("a.png"), *toy(), "--json", "-")
    assert [report["verdict"] for report in done.reports] == ["certified"]
    assert done.code == 0
    assert not done.errors


def test_global_selection_never_prints_certified_from_one_clean_check(run, toy, photo):
    chosen = [*toy()[:-3], "50%", *toy()[-2:]]  # at 100 % both selections are the same
    done = run("inspect", photo("white.png"), *chosen, "--selection", "global", "--json", "-")
    (report,) = done.reports
    assert report["settings"]["top"] == 0.5
    assert report["verdict"] in ("consistent", "certified")
    if report["verdict"] == "certified":  # only from the whole family of inputs
        assert report["passes"] > 36


def test_a_patch_is_pasted_in_the_middle_or_where_it_is_wanted(run, toy, photo, patch_file: Path):
    path = photo("white.png")
    (centred,) = run("inspect", path, *toy(), "--paste", patch_file, "--json", "-").reports
    assert centred["patch"] == {
        "path": str(patch_file),
        "sha256": hashlib.sha256(patch_file.read_bytes()).hexdigest(),
        "box_px": [13, 13, 19, 19],
    }
    assert centred["image"]["notes"] == []
    placed = run("inspect", path, *toy(), "--paste", patch_file, "--at", "3,20", "--scale", "2", "--json", "-")
    assert placed.reports[0]["patch"]["box_px"] == [20, 3, 32, 15]
    (note,) = placed.reports[0]["image"]["notes"]
    assert note.startswith("The pasted patch of 12 x 12 px is larger than the threat of 6 x 6 px, ")
    turned = run("inspect", path, *toy(), "--paste", patch_file, "--rotate", "45")
    assert "pasted" in turned.out
    assert "larger than the threat" in turned.out


def test_a_label_may_be_given_by_name_or_index(run, toy, photo):
    path = photo("white.png")
    for label in ("1", "dark", " DARK "):
        (report,) = run("inspect", path, *toy(), "--label", label, "--json", "-").reports
        assert report["certificate"]["label"] == 1
        assert not report["certificate"]["holds"]
    assert run("inspect", path, *toy(), "--label", "drak").sentence == (
        "There is no class named 'drak'; nearest: dark."
    )
    assert "give an index from 0 to 1" in run("inspect", path, *toy(), "--label", "2").sentence
    assert "give an index from 0 to 1" in run("inspect", path, *toy(), "--label=-1").sentence


def test_a_rate_may_be_a_share_or_a_percentage(run, toy, photo):
    path = photo("white.png")
    for rate in ("25%", "0.25", "25.0 %"):
        (report,) = run("inspect", path, *toy(), "--top", rate, "--json", "-").reports
        assert report["settings"]["top"] == report["sins"]["kept_share"] == 0.25


def test_figures_are_named_after_their_photos_and_never_over_each_other(run, toy, photo, tmp_path: Path):
    paths = [photo("one/a.png"), photo("two/a.png", "spot"), photo("one/a-2.png", "grey")]
    (tmp_path / "out").mkdir()
    done = run("inspect", *paths, *toy(), "--figure", tmp_path / "out" / "figure-{stem}.png")
    assert done.code == 3
    figures = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in figures] == ["figure-a-2-2.png", "figure-a-2.png", "figure-a.png"]
    assert len({path.read_bytes() for path in figures}) == 3
    for path in figures:
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            assert picture.format == "PNG"
            picture.load()


def test_a_single_figure_needs_no_placeholder(run, toy, photo, patch_file: Path, tmp_path: Path):
    target = tmp_path / "figure.PNG"
    run("inspect", photo("white.png"), *toy(), "--paste", patch_file, "--figure", target)
    assert target.read_bytes().startswith(b"\x89PNG")


def test_the_default_job_on_a_real_photo_and_classifier(run, lite0: Inspector, tmp_path: Path):
    target = tmp_path / "figure.png"
    done = run(
        "inspect", "sample:flower", "--backend", "torch", "--label", "daisy", "--json", "-", "--figure", target
    )
    (report,) = done.reports
    assert done.code == (3 if report["verdict"] in ("alert", "undecided") else 0)
    assert report["image"]["path"] == "sample:flower"
    assert report["image"]["size"] == [427, 640]
    assert report["model"]["weights_sha256"] == lite0.classifier.weights_sha256
    assert report["model"]["layer"] == "bn1"
    assert report["threat"]["patch_px"] == [32, 32]
    assert report["full"] | {"confidence": 0} == {"label": 985, "name": "daisy", "confidence": 0}
    assert report["certificate"]["label_given"]
    assert len(report["windows"]) == 36
    assert target.read_bytes().startswith(b"\x89PNG")


def test_figures_that_were_written_are_told(run, toy, photo, tmp_path: Path):
    first, second = photo("a.png"), photo("b.png")
    done = run("inspect", first, *toy(), "--figure", tmp_path / "f.png")
    assert f"figure written to {tmp_path / 'f.png'}" in done.out
    several = run("inspect", first, second, *toy(), "--figure", tmp_path / "f-{stem}.png")
    assert "2 figures written" in several.out.splitlines()
    assert len(run("inspect", first, *toy(), "--figure", tmp_path / "f.png", "--json", "-").reports) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_with_line_breaks_and_broken_bytes_stay_on_their_line(run, toy, photo, tmp_path: Path):
    photo("plain.png")
    for name in (b"two\nlines.png", b"bytes\xff.png"):
        (tmp_path / os.fsdecode(name)).write_bytes((tmp_path / "plain.png").read_bytes())
    done = run("inspect", *sorted(tmp_path.glob("*s*.png")), *toy())
    assert [line.split()[:2] for line in done.out.splitlines()[1:3]] == [
        ["bytes\\udcff.png", "certified"],
        ["two\\nlines.png", "certified"],
    ]
