"""``attack`` and ``audit``: what they print, write and refuse, and how they are interrupted and gone on with."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.attacks.audit import Audit
from engine.attacks.patch_file import read_trained_patch
from engine.classifiers.footprint import AxisFootprint, Footprints
from engine.cli import main
from engine.cli.arguments import make_parser, settings_from
from engine.cli.audit import code_of, summary
from engine.cli.inspectors import Inspectors

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = Path(__file__).parent / "networks.py"
unix = pytest.mark.skipif(sys.platform == "win32", reason="needs Unix signals")


@pytest.fixture
def model(tmp_path: Path) -> list[str]:
    """Options for the brightness network of 32 x 32 px."""
    names = tmp_path / "names.txt"
    names.write_text("bright\ndark\n")
    return f"--model {NETWORKS}:brightness --input-size 32 --mean 0 --std 1 --labels {names}".split()


@pytest.fixture
def folder(photo) -> Path:
    """Four grey photos, which are dark, and a white one."""
    for index in range(4):
        photo(f"photos/grey-{index}.png", "grey")
    return photo("photos/white.png").parent


def attack(source: object, out: Path, *more: object) -> list[object]:
    return ["attack", source, "--out", out, "--patch", "10", "--steps", 20, "--arithmetic", "fp32", *more]


def test_a_patch_is_trained_saved_and_measured(run, model, folder, tmp_path):
    out = tmp_path / "bright.png"
    done = run(*attack(folder, out, "--target", "bright", "--limit", 2, *model))
    assert done.code == 0
    assert [line.partition(":")[0] for line in done.errors] == ["step 1 of 20"]
    assert f"patch written to {out}" in done.out
    assert "20 steps in" in done.out
    assert "held-back photos (3), one random place each: target reached on" in done.out
    found = read_trained_patch(out)
    assert found.attack.target == 0
    assert found.made["target_name"] == "bright"
    assert found.patch.rgba[..., :3].mean() > 160  # it began at 127
    assert [each["name"] for each in found.made["photos"]] == ["grey-0.png", "grey-2.png"]
    assert found.made["held_out"]["moved"]["photos"] == 3
    assert found.made["command"].startswith("python main.py attack photos --out bright.png --patch 10")
    assert str(tmp_path) not in json.dumps(found.made)
    assert sorted(path.name for path in tmp_path.glob("bright*")) == ["bright.json", "bright.png"]


def test_an_adaptive_patch_begins_with_another(run, model, folder, tmp_path):
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    assert run(*attack(folder, first, "--held-out", 0, *model)).code == 2  # class 859 is not there
    assert run(*attack(folder, first, "--target", "0", "--held-out", 0, *model)).code == 0
    more = ["--target", "0", "--adaptive", "--alpha", "2", "--start", first, "--held-out", 0]
    assert run(*attack(folder, second, *more, *model)).code == 0
    made = read_trained_patch(second).made
    assert made["attack"]["alpha"] == 2
    assert made["start"]["name"] == "first.png"
    assert made["held_out"] is None


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["--target", "brigth"], "There is no class named 'brigth'; nearest: bright."),
        (["--target", "7"], "There is no class 7; give an index from 0 to 1, or a name."),
        (["--target", "0", "--patch", "40"], "A patch of 40 x 40 px is larger than the model's input of 32 x 32 px"),
        (["--target", "0", "--rotation", "45", "--patch", "30"], "give a smaller patch, scale or rotation."),
        (["--target", "0", "--at", "30,0"], "at 30,0"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run, model, folder, tmp_path, more, fault):
    done = run(*attack(folder, tmp_path / "p.png", *more, *model))
    assert done.code == 2
    assert fault in done.sentence
    assert not (tmp_path / "p.png").exists()


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["--alpha", "1"], "--alpha weighs the penalty of an adaptive attack; add --adaptive."),
        (["--limit", "0"], "An attack needs at least 1 photo, not 0."),
        (["--held-out", "-1"], "The number of photos to measure on is 0 or more, not -1."),
        (["--steps", "0"], "An attack needs at least 1 for steps, not 0."),
        (["--scale", "a-b"], "'a-b' is not a range; write one such as 0.8-1.2"),
        (["--resume"], "There is no checkpoint"),
        (["--start", "none.png"], "The patch none.png does not exist"),
        (["--patch", "huge"], "Cannot read the patch size 'huge'"),
    ],
)
def test_what_is_wrong_whatever_the_model_is_is_said_before_it_is_loaded(
    run_unloaded, model, folder, tmp_path, more, fault
):
    done = run_unloaded(*attack(folder, tmp_path / "p.png", "--target", "0", *more, *model))
    assert done.code == 2
    assert fault in done.sentence
    assert not (tmp_path / "p.png").exists()


def test_photos_that_cannot_be_read_are_said_before_the_model_is_loaded(run_unloaded, model, folder, tmp_path):
    def fault(source: object, *more: object) -> str:
        return run_unloaded(*attack(source, tmp_path / "p.png", "--target", "0", *more, *model)).sentence

    assert "does not exist" in fault(tmp_path / "missing.png")
    assert "There is no sample photo 'chian'" in fault("sample:chian")
    (folder / "zero.png").write_bytes(b"")
    assert "zero.png is empty" in fault(folder, "--limit", 1)
    (folder / "zero.png").write_bytes(b"no picture")
    assert "zero.png is not an image" in fault(folder)


def test_a_folder_without_images_and_names_that_do_not_fit(run, model, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "has no image in it" in run(*attack(tmp_path / "empty", tmp_path / "p.png", *model)).sentence
    assert "end its name in .png" in run(*attack(folder, tmp_path / "p.jpg", *model)).sentence
    one = folder / "white.png"
    assert "is read in this run" in run(*attack(one, one, "--target", "0", *model)).sentence
    (tmp_path / "p.checkpoint").write_text("hours of work")
    done = run(*attack(folder, tmp_path / "p.png", "--target", "0", *model))
    assert "holds an unfinished training; go on from it with --resume, or delete it." in done.sentence
    assert (tmp_path / "p.checkpoint").read_text() == "hours of work"


@unix
def test_an_interrupted_training_keeps_its_patch_and_goes_on(run, model, folder, tmp_path):
    out, checkpoint = tmp_path / "p.png", tmp_path / "p.checkpoint"
    asked = [str(word) for word in attack(folder, out, "--target", "0", "--held-out", 0, *model)]
    asked[asked.index("--steps") + 1] = "1000"
    process = subprocess.Popen([sys.executable, "main.py", *asked], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("step 1 of 1000")
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait() == 130
    assert "of 1000 steps; the same command with --resume goes on" in rest
    assert "Traceback" not in rest
    stopped = read_trained_patch(out).made["steps_done"]
    assert 1 <= stopped < 1000
    assert checkpoint.exists()
    assert run(*asked).code == 2  # not begun anew over the checkpoint
    assert run(*asked, "--resume").code == 0
    assert read_trained_patch(out).made["steps_done"] == 1000
    assert not checkpoint.exists()
    finished = out.read_bytes()
    assert "p.png is finished, all 1000 steps of it; to train anew" in run(*asked, "--resume").sentence
    assert out.read_bytes() == finished


def test_an_audit_reports_each_photo_and_the_counts(run, toy, photo, tmp_path):
    photo("photos/spot.png", "spot")
    folder = photo("photos/white.png").parent
    report = tmp_path / "audit.json"
    asked = ["audit", folder, *toy(), "--json", report, "--steps", 30, "--restarts", 3]
    done = run(*asked)
    assert done.code == 0
    assert "2 photos audited: 1 with a certificate, of which 0 broken; 1 without, of which 1 broken" in done.out
    assert "spot.png: alert, not certified, and broken: silently answers dark instead of bright" in done.out
    assert "white.png: certified, certificate holds; not broken" in done.out
    written = json.loads(report.read_text())
    assert written["schema"] == "sinscope.audit/1"
    assert written["counts"] == {"audited": 2, "certified": 1, "certified_broken": 0, "uncertified_broken": 1}
    again = run(*asked, "--resume")
    assert again.code == 0
    assert "and broken" not in again.out  # both were finished
    assert json.loads(report.read_text()) == written
    assert "with other settings" in run(*asked, "--resume", "--seed", 1).sentence


def test_a_certificate_that_lies_has_an_exit_code_of_its_own(toy, photo, tmp_path, capsys):
    options = [*toy(), "--layer", "act", "--patch", "10"]
    arguments = make_parser().parse_args(["audit", "x", *options])
    inspectors = Inspectors()
    inspector = inspectors.get(settings_from(arguments))
    cut, _ = inspector.cut("act")
    lines = np.arange(32) // 4  # windows hide the upper left corner, wherever the patch is
    lie = AxisFootprint(lines, lines + 1, 32)
    inspector._cuts["act"] = cut, Footprints((lie,), (lie,))
    report = tmp_path / "audit.json"
    asked = ["audit", photo("grey.png", "grey"), *options, "--json", report, "--restarts", 3]
    assert main([str(word) for word in asked], inspectors) == 4
    assert "That is a bug in SINscope and not in your photos: please report it" in capsys.readouterr().out
    (entry,) = json.loads(report.read_text())["photos"]
    assert entry["certified"]
    assert entry["broken"]
    assert entry["patch_png"]


def test_the_exit_code_of_an_audit():
    assert code_of(Audit(3, 2, 0, 1), interrupted=False) == 0
    assert code_of(Audit(3, 2, 0, 1), interrupted=True) == 130
    assert code_of(Audit(3, 2, 1, 1), interrupted=True) == 4
    assert "bug" not in summary(Audit(3, 2, 0, 1))


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (["--resume"], "--resume goes on from an audit's report; name it with --json FILE."),
        (["--steps", "0"], "An audit needs at least 1 for steps, not 0."),
        (["--limit", "0"], "An attack needs at least 1 photo, not 0."),
        (["--json", "none/audit.json"], "The folder none for audit.json does not exist"),
    ],
)
def test_an_audit_that_cannot_be_done_is_one_sentence(run, toy, photo, more, fault):
    done = run("audit", photo("white.png"), *toy(), *more)
    assert done.code == 2
    assert fault in done.sentence
