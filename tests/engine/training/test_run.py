"""Trainings go on where they were left, and leave weights that load."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.classifiers import load_classifier
from engine.classifiers.cifar10 import CIFAR10_NETS
from engine.classifiers.nets.residual_net import ResidualNet
from engine.classifiers.preprocessing import Normalized
from engine.classifiers.weights import seeded
from engine.errors import ModelError, TrainingError
from engine.settings import Settings
from engine.training import RECIPES, Recipe, train, write_outcome
from engine.training.data import TrainingPhotos


@pytest.fixture(scope="module")
def photos() -> TrainingPhotos:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(36) % 10
    tint = torch.rand(10, 3, 1, 1, generator=generator)[labels] * 200
    images = (tint + 55 * torch.rand(36, 3, 32, 32, generator=generator)).byte()
    return TrainingPhotos(images[:32], labels[:32], images[32:], labels[32:])


def small(name: str, **changes: object) -> Recipe:
    return replace(RECIPES[name], **{"batch": 16, "epochs": 1, "later": (), "start": None, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_trains_and_its_weights_load(name: str, photos: TrainingPhotos, tmp_path: Path) -> None:
    recipe = small(name)
    *_, last = train(recipe, photos, tmp_path / "checkpoint")
    assert [done.epoch for done in last.curve] == [1]
    assert all(0 <= share <= 1 for name, share in last.curve[-1].score.items() if name != "evidence")
    weights, record = write_outcome(recipe, last, photos, tmp_path)
    told = json.loads(record.read_text())
    assert told["model"] == name
    assert len(told["curve"]) == 1
    classifier = load_classifier(Settings(model=name, weights=str(weights)))
    pixels = torch.rand(2, 3, 32, 32)
    wanted = last.network(pixels)
    if "resnet" in name:
        wanted = (wanted + last.network(pixels.flip(3))) / 2
    torch.testing.assert_close(classifier.network(pixels), wanted, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", RECIPES)
def test_the_weights_that_are_shipped_fit_and_are_of_the_recipe(name: str) -> None:
    """A network or recipe that changed without its weights would leave a model that cannot be loaded."""
    classifier = load_classifier(Settings(model=name))
    assert torch.isfinite(classifier.network(torch.rand(1, 3, 32, 32))).all()
    told = json.loads(CIFAR10_NETS[name].file.with_suffix(".json").read_text())
    assert told["recipe"]["objective"] == repr(RECIPES[name].objective)
    assert len(told["curve"]) == RECIPES[name].all_epochs


def test_a_killed_training_ends_as_one_that_was_not(photos: TrainingPhotos, tmp_path: Path) -> None:
    recipe = small("cifar10_ibp", epochs=2)
    *_, whole = train(recipe, photos, tmp_path / "whole")
    next(train(recipe, photos, tmp_path / "parts"))  # the first epoch, and then the process is gone
    *_, parts = train(recipe, photos, tmp_path / "parts")
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, parts.network.state_dict()[name]), name
    assert [done.loss for done in whole.curve] == [done.loss for done in parts.curve]


def test_frozen_parts_keep_their_weights(photos: TrainingPhotos, tmp_path: Path) -> None:
    recipe = small("cifar10_resnet_sin")
    trained = next(train(recipe, photos, tmp_path / "checkpoint"))
    with seeded(0):
        before = Normalized(ResidualNet(), CIFAR10_NETS[recipe.model].preprocessing).state_dict()
    for name, tensor in trained.network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(tensor, before[name]) == name.startswith(("network.stem", "mean", "std")), name


def test_a_checkpoint_of_another_recipe_is_refused(photos: TrainingPhotos, tmp_path: Path) -> None:
    next(train(small("cifar10_ibp"), photos, tmp_path / "checkpoint"))
    with pytest.raises(TrainingError, match="another recipe"):
        next(train(small("cifar10_ibp", seed=1), photos, tmp_path / "checkpoint"))
    (tmp_path / "checkpoint").write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="damaged"):
        next(train(small("cifar10_ibp"), photos, tmp_path / "checkpoint"))


def test_a_training_that_starts_from_weights_that_are_not_there(
    photos: TrainingPhotos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.classifiers.cifar10.cifar10_weights", lambda name: tmp_path / f"{name}.safetensors")
    recipe = replace(RECIPES["cifar10_resnet_sin"], batch=16)
    with pytest.raises(ModelError, match="sinscope train cifar10_resnet_occlusion"):
        next(train(recipe, photos, tmp_path / "checkpoint"))


def test_the_learning_rate_rises_and_falls_as_often_as_the_recipe_says() -> None:
    recipe = replace(RECIPES["cifar10_ibp"], epochs=5, peak=0.2, later=((10, 0.1),))
    assert recipe.all_epochs == 15
    rates = [recipe.rate(epoch) for epoch in (0, 0.5, 1, 3, 5, 7, 11, 15)]
    assert rates == pytest.approx([0, 0.1, 0.2, 0.1, 0, 0.1, 0.05, 0])
