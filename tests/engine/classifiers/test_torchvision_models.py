"""``torchvision:<name>``: preprocessing from its metadata, files of weights, and no network unless asked."""

from pathlib import Path

import pytest
import torch
import torchvision

from engine.classifiers import load_classifier
from engine.classifiers.torchvision_models import known, names, published_preprocessing
from engine.classifiers.weights import seeded
from engine.settings import Settings


def test_classifiers_are_known_and_nothing_else() -> None:
    assert {"resnet50", "vit_b_16", "efficientnet_b0", "convnext_tiny"} <= set(names())
    assert known("resnet50")
    assert known("resnet50.IMAGENET1K_V1")
    assert not any(
        map(known, ("fasterrcnn_resnet50_fpn", "r3d_18", "resnet50.V9", "resnet5", "", "resnet50.DEFAULT2"))
    )


@pytest.mark.parametrize("name", names())
def test_every_published_preprocessing_is_read(name: str) -> None:
    for version in torchvision.models.get_model_weights(name):
        chosen, transforms = published_preprocessing(version), version.transforms()
        assert chosen.input_size == tuple(transforms.crop_size * 2)
        assert int(chosen.input_size[0] / chosen.crop) == transforms.resize_size[0]
        assert list(chosen.mean) == transforms.mean
        assert list(chosen.std) == transforms.std


@pytest.mark.parametrize("name", ["squeezenet1_1", "googlenet", "mnasnet0_5"])
def test_random_weights_need_no_download(name: str) -> None:
    knobs = {"model": f"torchvision:{name}", "weights": "random"}
    classifier = load_classifier(Settings(**knobs, seed=1))
    assert classifier.name == f"torchvision:{name} (random weights)"
    assert classifier.labels[0] == "tench"
    assert classifier.weights_sha256 == load_classifier(Settings(**knobs, seed=1)).weights_sha256
    assert classifier.weights_sha256 != load_classifier(Settings(**knobs, seed=2)).weights_sha256


@pytest.mark.parametrize("name", ["squeezenet1_1", "googlenet", "mnasnet0_5", "resnet18"])
def test_a_published_kind_of_file_fits(name: str, tmp_path: Path) -> None:
    with seeded(5):
        arguments = {"init_weights": False} if name == "googlenet" else {}
        network = torchvision.models.get_model(name, weights=None, **arguments)
    path = str(tmp_path / "weights.pth")
    torch.save(network.state_dict(), path)  # GoogLeNet's holds heads that only help training
    classifier = load_classifier(Settings(model=f"torchvision:{name}", weights=path))
    if name == "googlenet":
        network.transform_input = True  # as its published weights want it
    pixels = torch.rand(2, 3, 224, 224)
    mean, std = (torch.tensor(v).reshape(1, 3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    with torch.no_grad():
        assert torch.equal(classifier.network(pixels), network.eval()((pixels - mean) / std))


def test_old_names_of_densenet_fit(tmp_path: Path) -> None:
    random = load_classifier(Settings(model="torchvision:densenet121", weights="random", input_size=(64, 64)))
    state = random.network.network.state_dict()
    old = {
        name.replace("norm1", "norm.1")
        .replace("norm2", "norm.2")
        .replace("conv1", "conv.1")
        .replace("conv2", "conv.2")
        if "denselayer" in name
        else name: tensor
        for name, tensor in state.items()
    }
    assert old.keys() != state.keys()
    path = str(tmp_path / "weights.pth")
    torch.save(old, path)
    loaded = load_classifier(Settings(model="torchvision:densenet121", weights=path, input_size=(64, 64)))
    assert loaded.weights_sha256 == random.weights_sha256


def test_a_fine_tuned_file_with_its_own_classes(tmp_path: Path, refusal) -> None:
    with seeded(0):
        network = torchvision.models.resnet18(num_classes=3)
    weights, labels = tmp_path / "weights.pth", tmp_path / "labels.txt"
    torch.save({"model": network.state_dict()}, weights)
    labels.write_text("a\nb\nc\n", encoding="utf-8")
    knobs = {"model": "torchvision:resnet18", "weights": str(weights)}
    text = refusal(**knobs)
    assert "fc.weight is 3 x 512 and not 1000 x 512" in text
    assert "--labels" in text
    assert load_classifier(Settings(**knobs, labels=str(labels))).labels == ("a", "b", "c")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path, refusal) -> None:
    state = torchvision.models.squeezenet1_1().state_dict()
    state["features.0.bias"][3] = float("inf")
    path = str(tmp_path / "weights.pth")
    torch.save(state, path)
    text = refusal(model="torchvision:squeezenet1_1", weights=path)
    assert path in text
    assert "features.0.bias" in text


def test_a_transformer_takes_the_size_it_is_built_for(refusal) -> None:
    knobs = {"model": "torchvision:vit_b_32", "weights": "random"}
    classifier = load_classifier(Settings(**knobs, input_size=(64, 64)))
    assert classifier.preprocessing.input_size == (64, 64)
    assert "64 x 96" in refusal(**knobs, input_size=(64, 96))


def test_nothing_but_a_download_touches_the_network(tmp_path: Path, child) -> None:
    torch.save(torchvision.models.squeezenet1_1().state_dict(), tmp_path / "file.pth")
    cache = tmp_path / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    published = torchvision.models.SqueezeNet1_1_Weights.DEFAULT.url.rpartition("/")[2]
    (cache / published).write_bytes((tmp_path / "file.pth").read_bytes())
    output = child(
        f"""
        from engine.classifiers import load_classifier
        from engine.models import list_models
        from engine.settings import Settings
        assert len(list_models()) > 3
        name = "torchvision:squeezenet1_1"
        a = load_classifier(Settings(model=name, weights={str(tmp_path / "file.pth")!r}))
        b = load_classifier(Settings(model=name))  # downloaded earlier
        c = load_classifier(Settings())
        print(a.weights_sha256 == b.weights_sha256, c.name)
        """
    )
    assert output == "True efficientnet_lite0\n"
