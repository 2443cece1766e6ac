"""``timm:<name>``: preprocessing from its configuration, files of weights, and no network unless asked."""

from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch

from engine.classifiers import load_classifier
from engine.classifiers.timm_models import known, names, published_preprocessing
from engine.classifiers.weights import seeded
from engine.settings import Settings


def test_architectures_and_versions_are_known_and_other_sources_are_not() -> None:
    assert "resnet50" in names()
    assert known("resnet50")
    assert known("resnet50.a1_in1k")
    assert not any(
        map(known, ("resnet50.zzz", "resnet5", "", "hf-hub:a/b", "local-dir:/tmp", "resnet*", "../resnet50"))
    )


@pytest.mark.parametrize("name", ["resnet50.tv_in1k", "coat_lite_medium_384", "tf_efficientnet_lite2"])
def test_preprocessing_is_that_of_the_configuration(name: str) -> None:
    config = timm.data.resolve_data_config(pretrained_cfg=timm.models.get_pretrained_cfg(name).to_dict())
    chosen = published_preprocessing(config)
    assert (3, *chosen.input_size) == config["input_size"]
    assert (chosen.mean, chosen.std) == (config["mean"], config["std"])
    assert (chosen.crop, chosen.interpolation) == (config["crop_pct"], config["interpolation"])
    assert chosen.squash == (name == "coat_lite_medium_384")


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_convnext.r160_in1k"])
def test_random_weights_need_no_download(name: str) -> None:
    knobs = {"model": f"timm:{name}", "weights": "random"}
    classifier = load_classifier(Settings(**knobs, seed=1))
    assert classifier.name == f"timm:{name} (random weights)"
    assert classifier.preprocessing.input_size == (160, 160)
    assert (classifier.labels[0], len(classifier.labels)) == ("tench", 1000)
    assert classifier.weights_sha256 == load_classifier(Settings(**knobs, seed=1)).weights_sha256
    assert classifier.weights_sha256 != load_classifier(Settings(**knobs, seed=2)).weights_sha256


def test_the_embedded_models_architecture_is_timms() -> None:
    knobs = {"weights": "random", "seed": 2, "input_size": (64, 64)}
    embedded = load_classifier(Settings(**knobs))
    direct = load_classifier(Settings(model="timm:tf_efficientnet_lite0", **knobs))
    assert direct.weights_sha256 == embedded.weights_sha256
    assert direct.family == embedded.family


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_a_file_fits(kind: str, tmp_path: Path) -> None:
    with seeded(7):
        network = timm.create_model("test_resnet").eval()
    path = str(tmp_path / f"weights.{kind}")
    (torch.save if kind == "pth" else safetensors.torch.save_file)(network.state_dict(), path)
    classifier = load_classifier(Settings(model="timm:test_resnet", weights=path))
    assert classifier.name == "timm:test_resnet"
    pixels = torch.rand(2, 3, 160, 160)
    with torch.no_grad():
        assert torch.allclose(classifier.network(pixels), network((pixels - 0.5) / 0.5), atol=1e-6)


def test_a_fine_tuned_file_with_its_own_classes(tmp_path: Path) -> None:
    weights, labels = tmp_path / "weights.pth", tmp_path / "labels.json"
    torch.save(timm.create_model("test_resnet", num_classes=2).state_dict(), weights)
    labels.write_text('["a", "b"]', encoding="utf-8")
    classifier = load_classifier(Settings(model="timm:test_resnet", weights=str(weights), labels=str(labels)))
    assert classifier.labels == ("a", "b")


def test_larger_label_sets_of_imagenet_have_their_names() -> None:
    classifier = load_classifier(
        Settings(model="timm:mobilenetv3_large_100.miil_in21k", weights="random", input_size=(32, 32))
    )
    assert len(classifier.labels) == 11221
    assert len(set(classifier.labels)) > 10000


def test_a_transformer_is_built_for_the_size_asked_for() -> None:
    classifier = load_classifier(Settings(model="timm:test_vit", weights="random", input_size=(96, 128)))
    assert classifier.network(torch.rand(1, 3, 96, 128)).shape == (1, 1000)


def test_models_without_classes_or_weights_are_refused(refusal) -> None:
    assert "without classes" in refusal(model="timm:aimv2_1b_patch14_224")
    assert "no published weights" in refusal(model="timm:botnet50ts_256")


def test_files_and_earlier_downloads_touch_no_network(tmp_path: Path, child) -> None:
    safetensors.torch.save_file(timm.create_model("test_resnet").state_dict(), tmp_path / "file.safetensors")
    hub = timm.models.get_pretrained_cfg("test_resnet").hf_hub_id
    cache = tmp_path / "hf" / "hub" / f"models--{hub.replace('/', '--')}"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text("0" * 40, encoding="utf-8")
    (cache / "snapshots" / ("0" * 40)).mkdir(parents=True)
    stored = cache / "snapshots" / ("0" * 40) / "model.safetensors"
    stored.write_bytes((tmp_path / "file.safetensors").read_bytes())
    output = child(
        f"""
        from engine.classifiers import load_classifier
        from engine.settings import Settings
        a = load_classifier(Settings(model="timm:test_resnet", weights={str(tmp_path / "file.safetensors")!r}))
        b = load_classifier(Settings(model="timm:test_resnet"))
        print(a.weights_sha256 == b.weights_sha256)
        """
    )
    assert output == "True\n"
