"""Adapted weights in use: when they are chosen, what runs then, and that nobody takes them for the original's."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import toys
from adapting import SETTINGS, Staged

from engine.classifiers import adapted as adapted_module
from engine.classifiers.adaptation import Adaptation, read_adaptation, write_adaptation
from engine.classifiers.adapted import adapted_cut, shipped
from engine.classifiers.weights import weights_sha256
from engine.defenses import Subject
from engine.defenses.scalecert import ScaleCert, ScaleCertConfig
from engine.errors import ModelError
from engine.images import InputImage
from engine.pipeline import Inspector
from engine.report import inspection_report
from engine.selection import MaskedInput, apply_mask
from engine.settings import Settings

IMAGE = InputImage("photo.png", "photo.png", "ab" * 32, toys.picture(24))
VIEW = toys.picture(24, seed=11)
AUTO = replace(SETTINGS, adapted="auto", backend="torch")


@pytest.fixture
def shipping(monkeypatch: pytest.MonkeyPatch, adapted_file: Path):
    """The program comes with the adapted weights."""
    monkeypatch.setattr(adapted_module, "SHIPPED", adapted_file.parent)
    shipped.cache_clear()
    yield
    shipped.cache_clear()


def last(inspector: Inspector, settings: Settings):
    *_, found = inspector.inspect(VIEW, settings)
    return found


def test_a_file_says_what_it_is_for_and_holds_only_what_changed(staged: Inspector, adapted: Adaptation) -> None:
    assert adapted.to.model == "staged"
    assert adapted.to.weights_sha256 == staged.classifier.weights_sha256
    assert (adapted.to.layer, adapted.to.rate, adapted.to.input_size) == ("stem", 0.3, (24, 24))
    assert all(name.startswith(("network.first.", "network.second.")) for name in adapted.tensors)
    assert all(value.dtype == torch.float32 for value in adapted.tensors.values())
    assert str(adapted) == "adapted to 30 % SINs of stem"
    assert adapted.made["photos"] == 5
    assert adapted.made["steps_done"] == 4


def test_the_adapted_cut_is_the_network_with_those_weights(staged: Inspector, adapted: Adaptation) -> None:
    cut, _ = staged.cut("stem")
    network = Staged().eval()
    state = {name.removeprefix("network."): value for name, value in adapted.tensors.items()}
    network.load_state_dict({**network.state_dict(), **state})
    pixels = torch.rand(2, 3, 24, 24)
    found = adapted_cut(cut, adapted)
    with torch.no_grad():
        torch.testing.assert_close(found.tail(*found.head(pixels)), network(pixels * 2 - 1))
        torch.testing.assert_close(found.classifier.network(pixels), network(pixels * 2 - 1))
    assert torch.equal(found.head(pixels)[0], cut.head(pixels)[0])
    assert found.signature != cut.signature
    assert found.classifier.weights_sha256 == weights_sha256(found.classifier.network)
    assert found.classifier.weights_sha256 != cut.classifier.weights_sha256
    assert found.classifier.title == "staged, adapted to 30 % SINs of stem"
    assert cut.classifier.title == "staged"


@pytest.mark.usefixtures("shipping")
@pytest.mark.parametrize(
    ("knobs", "chosen"),
    [
        ({}, True),
        ({"top": None}, False),
        ({"rule": "confident", "patch": "3", "selection": "global"}, True),
        ({"adapted": "off"}, False),
        ({"top": 0.5}, False),
        ({"fill": "zero"}, False),
        ({"importance": "activation"}, False),
        ({"layer": "first"}, False),
    ],
)
def test_shipped_weights_are_chosen_where_they_fit(staged: Inspector, knobs, chosen: bool) -> None:
    settings = replace(AUTO, **knobs)
    assert (staged.adaptation(settings) is not None) == chosen
    cut = staged.pruned_cut(settings)
    assert (cut.adaptation is not None) == (cut.classifier.adapted != "") == chosen


@pytest.mark.usefixtures("shipping")
def test_shipped_weights_leave_the_models_own_rate_and_are_for_their_network_alone(
    staged: Inspector, adapted_file: Path
) -> None:
    assert staged.rate(replace(AUTO, top=None)) == 0.5
    assert staged.rate(replace(AUTO, top=None, adapted=str(adapted_file))) == 0.3
    assert staged.rate(replace(AUTO, top=None, adapted="off")) == 0.5
    others = Staged()
    torch.nn.init.zeros_(others.fc.bias)
    for network, size in ((others, 24), (Staged(), 32)):
        other = Inspector(toys.classifier(network, size, name="staged"))
        assert other.adaptation(AUTO) is None
        assert other.rate(replace(AUTO, top=None)) == 0.5


def test_nothing_is_chosen_where_nothing_is_shipped(staged: Inspector, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(adapted_module, "SHIPPED", tmp_path)
    (tmp_path / "adapted-broken.safetensors").write_bytes(b"no weights")
    shipped.cache_clear()
    assert staged.adaptation(AUTO) is None
    shipped.cache_clear()


def test_a_named_file_is_used_at_any_rate_but_for_its_network_alone(staged: Inspector, adapted_file: Path) -> None:
    settings = replace(AUTO, adapted=str(adapted_file), top=0.6)
    assert staged.pruned_cut(settings).adaptation is not None
    with pytest.raises(ModelError, match="layer stem and not first"):
        staged.pruned_cut(replace(settings, layer="first"))
    other = Inspector(toys.classifier(Staged(), 32, name="staged"))
    with pytest.raises(ModelError, match="input of 24 x 24 px"):
        other.pruned_cut(settings)


def test_a_file_that_holds_no_adapted_weights_is_refused(
    staged: Inspector, adapted: Adaptation, adapted_file: Path, tmp_path: Path
) -> None:
    whole, path = adapted_file.read_bytes(), tmp_path / "other.safetensors"
    for content in (
        b"",
        b"{}",
        whole[:200],
        whole[:-4],
        whole.replace(b"sinscope.adaptation/1", b"sinscope.adaptation/2"),
    ):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="no adapted weights, or is damaged"):
            read_adaptation(path)
    with pytest.raises(ModelError, match="cannot be read"):
        read_adaptation(tmp_path / "missing.safetensors")
    with pytest.raises(ModelError, match="cannot be read"):
        read_adaptation(tmp_path)
    name = next(iter(adapted.tensors))
    for tensors in (
        {name: torch.full_like(adapted.tensors[name], torch.nan)},
        {"network.third.weight": torch.zeros(2)},
        {name: torch.zeros(1, 2)},
        {"network.stem.0.weight": torch.zeros(4, 3, 3, 3)},  # the head's: SINs would be others
    ):
        write_adaptation(path, tensors, adapted.to, {})
        with pytest.raises(ModelError):
            staged.pruned_cut(replace(AUTO, adapted=str(path)))


def test_an_inspection_runs_the_adapted_network_and_tells_the_original_apart(
    staged: Inspector, adapted: Adaptation, adapted_file: Path
) -> None:
    original = last(staged, SETTINGS)
    found = last(staged, replace(SETTINGS, adapted=str(adapted_file)))
    again = last(staged, SETTINGS)  # nothing that was kept of one is taken for the other's
    assert np.array_equal(again.sweep.logits, original.sweep.logits)
    assert not np.array_equal(found.sweep.base, original.sweep.base)
    assert torch.equal(found.superficial.rank, original.superficial.rank)
    cut, _ = staged.cut("stem")
    pruned = torch.empty(1, *cut.shapes[0])
    apply_mask(found.superficial, [MaskedInput(found.count)], [pruned])
    np.testing.assert_allclose(found.sweep.base, adapted_cut(cut, adapted).tail(pruned)[0], atol=1e-4)
    np.testing.assert_allclose(found.sweep.full, original.sweep.full, atol=1e-4)
    assert found.sweep.complete
    report = inspection_report(found, IMAGE)
    assert report["model"]["name"] == "staged"
    assert report["model"]["weights_sha256"] == found.cut.classifier.weights_sha256
    assert report["model"]["weights_sha256"] != inspection_report(original, IMAGE)["model"]["weights_sha256"]
    assert report["model"]["adapted"] == {
        "name": "adapted-staged",
        "sha256": adapted.sha256,
        "original_sha256": staged.classifier.weights_sha256,
        "rate": 0.3,
    }
    assert inspection_report(original, IMAGE)["model"]["adapted"] is None


def test_at_every_neuron_kept_base_and_full_are_not_taken_for_each_other(
    staged: Inspector, adapted_file: Path
) -> None:
    found = last(staged, replace(SETTINGS, adapted=str(adapted_file), top=1.0))
    assert not np.allclose(found.sweep.base, found.sweep.full)


def test_scalecert_runs_it_and_vanilla_does_not(staged: Inspector, adapted_file: Path) -> None:
    subject = Subject(staged, replace(SETTINGS, adapted=str(adapted_file)))
    chosen, plain = (
        ScaleCert(ScaleCertConfig.of(replace(SETTINGS, adapted=each))) for each in (str(adapted_file), "off")
    )
    assert chosen.classifier(subject).adapted
    assert not plain.classifier(subject).adapted
    found = last(staged, replace(SETTINGS, adapted=str(adapted_file)))
    np.testing.assert_allclose(subject.vanilla(VIEW), found.sweep.full, atol=1e-4)
    tables = chosen.tables(subject, VIEW, found.threat)
    assert np.array_equal(tables.sweep.logits, found.sweep.logits)


def test_the_curve_beside_the_weights_says_how_they_were_made(adapted_file: Path) -> None:
    made = json.loads(adapted_file.with_suffix(".json").read_text())
    assert made["curve"]["step"] == [1, 2, 3, 4]
    assert len(made["curve"]["loss"]) == len(made["curve"]["stages"]) == len(made["curve"]["logits"]) == 4
    assert made["seconds"] >= 0
    assert made["adaptation"]["stages"] == ["first", "second"]
    assert [photo["name"] for photo in made["photo_files"]] == [f"{index}.png" for index in range(5)]
