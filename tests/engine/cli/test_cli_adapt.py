"""``adapt``: what it prints, writes and refuses, how it is gone on with, and its weights in the other commands."""

import json
from pathlib import Path

import pytest

from engine.classifiers.adaptation import read_adaptation

NETWORKS = Path(__file__).parent / "networks.py"
MODEL = f"--model {NETWORKS}:staged --input-size 24 --layer stem".split()


@pytest.fixture
def folder(photo) -> Path:
    for index in range(3):
        photo(f"photos/grey-{index}.png", "grey")
    return photo("photos/white.png").parent


def adapt(source: object, out: Path, *more: object) -> list[object]:
    quick = [
        "--patch",
        "4,6",
        "--top",
        "30%",
        "--steps",
        "3",
        "--batch",
        "2",
        "--windows",
        "1",
        "--arithmetic",
        "fp32",
    ]
    return ["adapt", source, "--out", out, *quick, *MODEL, *more]


def test_weights_are_adapted_saved_measured_and_used(run, folder, tmp_path):
    out = tmp_path / "adapted.safetensors"
    done = run(*adapt(folder, out, "--stages", "body", "--limit", 2))
    assert done.code == 0
    assert [line.partition(":")[0] for line in done.errors] == ["step 1 of 3"]
    assert f"adapted weights written to {out}" in done.out
    assert "held-back photos (2), adapted weights: the pruned model says what the full one says on" in done.out
    assert sorted(path.name for path in tmp_path.glob("adapted*")) == ["adapted.json", "adapted.safetensors"]
    made = json.loads(out.with_suffix(".json").read_text())
    assert made["held_out"]["after"]["pruned"]["photos"] == 2
    assert made["command"].startswith("python main.py adapt photos --out adapted.safetensors")
    assert str(tmp_path) not in json.dumps(made)
    assert set(read_adaptation(out).tensors) == {
        *(f"network.body.{name}" for name in ("0.weight", "0.bias", "1.weight", "1.bias")),
        *(f"network.body.1.running_{name}" for name in ("mean", "var")),
    }
    inspect = ["inspect", folder / "white.png", "--patch", "4", "--top", "30%", *MODEL]
    (report,) = run(*inspect, "--adapted", out, "--json", "-").reports
    assert report["model"]["adapted"]["sha256"] == read_adaptation(out).sha256
    assert report["settings"]["adapted"] == str(out)
    (plain,) = run(*inspect, "--json", "-").reports
    assert plain["model"]["adapted"] is None
    assert plain["model"]["weights_sha256"] == report["model"]["adapted"]["original_sha256"]
    assert "staged, adapted to 30 % SINs of stem" in run(*inspect, "--adapted", out).out


def test_an_unfinished_adaptation_is_not_begun_anew_by_accident(run, folder, tmp_path):
    out = tmp_path / "adapted.safetensors"
    checkpoint = tmp_path / "adapted.checkpoint"
    checkpoint.write_bytes(b"of another training")
    command = adapt(folder, out, "--all", "--held-out", 0)
    assert "holds an unfinished training" in run(*command).sentence
    assert "is damaged, or no checkpoint" in run(*command, "--resume").sentence
    assert not out.exists()


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ([], "It is not known which stages of"),
        (["--stages", "boddy"], "has no stage 'boddy'"),
        (["--stages", "body", "--steps", 0], "steps of an adaptation"),
        (["--stages", "body", "--patch", ","], "at least one patch"),
        (["--stages", "body", "--patch", "4,large"], "large"),
        (["--stages", "body", "--out", "adapted.pth"], "end the name adapted.pth in .safetensors"),
        (["--stages", "body", "--top", "200%"], "top-ranking rate"),
    ],
)
def test_what_cannot_be_adapted_is_said_in_one_sentence(run, folder, tmp_path, more, fault):
    done = run(*adapt(folder, tmp_path / "adapted.safetensors", *more))
    assert done.code == 2
    assert fault in done.sentence
    assert not list(tmp_path.glob("adapted*"))
