"""``analyze`` from a command line to files: resumed, interrupted, and refused in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.analysis.reference import read_reference
from engine.analysis.study import Study
from engine.attacks.patch_file import write_trained_patch
from engine.attacks.settings import AttackSettings
from engine.images import read_image

NAMES = ("importance-curve", "sin-distribution", "prediction-stability", "detection", "deep-importance")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(4):
        pixels = np.random.default_rng(index).integers(60, 220, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index % 2}_photo{index}.png")
    return folder


def trained(path: Path, photos: tuple[Path, ...] = (), alpha: float = 0.0) -> Path:
    made = {
        "schema": "sinscope.patch/1",
        "attack": AttackSettings(alpha=alpha, target=0, patch="6").as_dict(),
        "photos": [{"name": photo.name, "sha256": read_image(photo).sha256} for photo in photos],
    }
    write_trained_patch(path, np.full((6, 6, 3), int(255 - 100 * alpha), np.uint8), made)
    return path


@pytest.fixture
def options(toy):
    """Options for the network ``brightness``; its one activation is its only usual layer."""
    given = toy()
    at = given.index("--patch")
    return [*given[:at], *given[at + 2 :], "--layers", "1"]


def test_everything_is_written(run, options, photos, tmp_path):
    patch = trained(tmp_path / "p.png", (photos / "0_photo0.png",))
    hidden = trained(tmp_path / "h.png", (photos / "1_photo1.png",), alpha=0.5)
    out, reference = tmp_path / "out", tmp_path / "reference.json"
    done = run(
        *("analyze", photos, "--patch-file", patch, "--adaptive-patches", hidden, "--figures", out),
        *("--reference", reference, *options),
    )
    assert done.code == 0, done.errors
    assert done.out.startswith("2 photos: evidence written to ")
    for name in NAMES:
        with np.load(out / f"{name}.npz") as stored:
            assert stored.files
        assert (out / f"{name}.csv").read_text().startswith("layer,importance,")
        with Image.open(out / f"{name}.png") as drawn:
            drawn.load()
    page = (out / "evidence.md").read_text()
    assert "A patch was trained on these 2: 0_photo0.png, 1_photo1.png." in page
    assert "| h.png | 0.5 |" in page
    assert "python main.py analyze photos --patch-file p.png" in page
    assert "<table>" in (out / "evidence.html").read_text()
    assert [found.importance for found in read_reference(reference)] == ["contrast", "activation"]
    assert json.loads(reference.read_bytes())["made"]["photos"] == 2


def test_an_interrupted_run_goes_on_without_loss(run, options, photos, tmp_path, monkeypatch):
    patch = trained(tmp_path / "p.png")
    words = ("analyze", photos, "--patch-file", patch, *options, "--figures")
    assert run(*words, tmp_path / "whole").code == 0

    compare, measured = Study.compare, []

    def interrupted(study, photo):
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(photo.path.name)
        return compare(study, photo)

    with monkeypatch.context() as patched:
        patched.setattr(Study, "compare", interrupted)
        done = run(*words, tmp_path / "out")
    assert done.code == 130
    assert "interrupted after 2 of 12 steps" in done.errors[-1]
    assert not (tmp_path / "out" / "evidence.md").exists()

    def counted(study, photo):
        measured.append(photo.path.name)
        return compare(study, photo)

    monkeypatch.setattr(Study, "compare", counted)
    assert run(*words, tmp_path / "out").code == 0
    assert sorted(measured) == sorted(path.name for path in photos.iterdir())  # each once
    for name in ("importance-curve", "sin-distribution", "prediction-stability", "detection"):
        wanted, found = ((tmp_path / folder / f"{name}.csv").read_text() for folder in ("whole", "out"))
        assert found == wanted


def test_more_photos_go_on_from_fewer_and_other_settings_do_not(run, options, photos, tmp_path):
    patch = trained(tmp_path / "p.png")
    words = ("analyze", photos, "--patch-file", patch, *options, "--figures", tmp_path / "out")
    assert run(*words, "--limit", 2, "--sweep-limit", 0).code == 0
    assert "Not measured: no photo was put before" in (tmp_path / "out" / "evidence.md").read_text()
    hidden = trained(tmp_path / "h.png", alpha=0.5)  # what was measured without it still holds
    assert run(*words, "--sweep-limit", 1, "--adaptive-patches", hidden).code == 0
    page = (tmp_path / "out" / "evidence.md").read_text()
    assert "4 photos and a patched copy of each, 1 of them for detection" in page
    done = run(*words, "--seed", 3)
    assert done.code == 2
    assert "holds measurements with other settings (settings)" in done.sentence
    assert (tmp_path / "out" / "evidence.md").read_text() == page


def test_a_photo_that_cannot_be_read_is_named_and_passed_over(run, options, photos, tmp_path):
    (photos / "0_bad.png").write_bytes(b"no picture")
    patch = trained(tmp_path / "p.png")
    done = run("analyze", photos, "--patch-file", patch, "--figures", tmp_path / "out", *options, "--sweep-limit", 0)
    assert done.code == 2
    assert "0_bad.png is not an image" in done.sentence
    page = (tmp_path / "out" / "evidence.md").read_text()
    assert "4 photos and a patched copy of each" in page
    assert "Not readable: 0_bad.png." in page


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ("no photos", "has no image in it"),
        ("no folder", "is not a folder"),
        ("patch too large", "40 x 40 px is larger than the model's input of 32 x 32 px"),
        ("patch unreadable", "is not an image that can be read"),
        ("patch missing", "does not exist"),
        ("adaptive plain", "has no q.json beside it"),
        ("all trained on", "trained on all 4 photos"),
        ("limit", "--limit must be at least 1, not 0"),
        ("layers", "is not a list of layers"),
        ("layer", "has no superficial layer 7"),
        ("seed", "The seed is a whole number from 0 up to 2^63 - 1, not -1"),
        ("out is a file", "is a file and not a folder"),
        ("reference nowhere", "does not exist; make it first"),
    ],
)
def test_bad_input_is_one_sentence(run, options, photos, tmp_path, broken, fault):
    folder, patch, out, more = photos, trained(tmp_path / "p.png"), tmp_path / "out", []
    if broken == "no photos":
        folder = tmp_path / "empty"
        folder.mkdir()
    elif broken == "no folder":
        folder = tmp_path / "nowhere"
    elif broken == "patch too large":
        Image.new("RGB", (40, 40)).save(patch := tmp_path / "large.png")
    elif broken == "patch unreadable":
        (patch := tmp_path / "broken.png").write_bytes(b"no picture")
    elif broken == "patch missing":
        patch = tmp_path / "missing.png"
    elif broken == "adaptive plain":
        Image.new("RGB", (6, 6)).save(tmp_path / "q.png")
        more = ["--adaptive-patches", tmp_path / "q.png"]
    elif broken == "all trained on":
        patch = trained(patch, tuple(photos.iterdir()))
    elif broken == "out is a file":
        out.write_text("something")
    elif broken == "reference nowhere":
        more = ["--reference", tmp_path / "nowhere" / "r.json"]
    else:
        more = {"limit": ["--limit", "0"], "layers": ["--layers", "1,,2"], "layer": ["--layers", "7"]}.get(
            broken, ["--seed=-1"]
        )
    done = run("analyze", folder, "--patch-file", patch, "--figures", out, *options, *more)
    assert done.code == 2
    assert done.out == ""
    assert fault in done.sentence
    if broken == "out is a file":
        assert out.read_text() == "something"
