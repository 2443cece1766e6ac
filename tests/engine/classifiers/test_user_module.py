"""Networks of the user's own: found, run, checked; every fault is one sentence."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from engine.classifiers import load_classifier
from engine.classifiers.user_module import names_code
from engine.settings import Settings

SMALL = """
def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(4, 5))
"""


def test_a_file_and_function_give_a_classifier(code: Callable[..., str]) -> None:
    classifier = load_classifier(Settings(model=code(SMALL), input_size=(12, 20)))
    assert classifier.preprocessing.input_size == (12, 20)
    assert classifier.preprocessing.mean == (0.485, 0.456, 0.406)
    assert classifier.preprocessing.std == (0.229, 0.224, 0.225)
    assert classifier.labels == ("class 0", "class 1", "class 2", "class 3", "class 4")
    assert classifier.family.layers == ()
    assert not classifier.network.training
    assert not any(parameter.requires_grad for parameter in classifier.network.parameters())
    assert classifier.network(torch.rand(3, 3, 12, 20)).shape == (3, 5)


def test_mean_std_and_labels_are_taken(code: Callable[..., str], tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\nc\nd\ne\n", encoding="utf-8")
    knobs = {"model": code(SMALL), "input_size": (8, 8), "labels": str(labels)}
    classifier = load_classifier(Settings(**knobs, mean=(0.5,), std=(0.1, 0.2, 0.3)))
    assert classifier.preprocessing.mean == (0.5, 0.5, 0.5)
    assert classifier.preprocessing.std == (0.1, 0.2, 0.3)
    assert classifier.labels == ("a", "b", "c", "d", "e")
    pixels = torch.rand(2, 3, 8, 8)
    std = torch.tensor([0.1, 0.2, 0.3]).reshape(1, 3, 1, 1)
    expected = classifier.network.network((pixels - 0.5) / std)
    assert torch.allclose(classifier.network(pixels), expected)
    # The same weights behind another normalisation are another classifier.
    other = load_classifier(Settings(**knobs, mean=(0.4,), std=(0.1, 0.2, 0.3)))
    assert other.weights_sha256 != classifier.weights_sha256


def test_a_module_in_the_working_folder_is_found(
    tmp_path: Path, code: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "some_package_of_mine"
    package.mkdir()
    code("from some_package_of_mine.parts import width\n" + SMALL.replace("4", "width"), f"{package.name}/nets.py")
    (package / "parts.py").write_text("width = 7\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    classifier = load_classifier(Settings(model=f"{package.name}.nets:net", input_size=(9, 9)))
    assert sys.path == before
    assert classifier.network.network[0].out_channels == 7


def test_a_file_may_import_its_neighbour_when_the_function_runs(tmp_path: Path, code: Callable[..., str]) -> None:
    (tmp_path / "neighbour_of_mine.py").write_text("width = 6\n", encoding="utf-8")
    body = """
    def net():
        from neighbour_of_mine import width
        return nn.Sequential(nn.Flatten(), nn.Linear(48, width))
    """
    assert len(load_classifier(Settings(model=code(body), input_size=(4, 4))).labels) == 6


def test_an_instance_or_a_class_will_do(code: Callable[..., str]) -> None:
    instance = code("net = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))\n")
    body = """
    class net(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Flatten(), nn.Linear(48, 3))
    """
    kind = code(body, "b.py")
    assert len(load_classifier(Settings(model=instance, input_size=(4, 4))).labels) == 2
    assert len(load_classifier(Settings(model=kind, input_size=(4, 4))).labels) == 3


def test_what_the_code_prints_does_not_mix_with_results(
    code: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    load_classifier(Settings(model=code("print('hello')\n" + SMALL), input_size=(8, 8)))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hello" in captured.err


def test_weights_replace_those_of_the_function(code: Callable[..., str], tmp_path: Path, refusal) -> None:
    knobs = {"model": code(SMALL), "input_size": (8, 8)}
    first = load_classifier(Settings(**knobs, seed=1))
    assert first.weights_sha256 == load_classifier(Settings(**knobs, seed=1)).weights_sha256
    path = str(tmp_path / "weights.pth")
    torch.save({"state_dict": first.network.network.state_dict()}, path)
    loaded = load_classifier(Settings(**knobs, seed=2, weights=path))
    assert loaded.weights_sha256 == first.weights_sha256
    torch.save({"5.weight": torch.zeros(2, 4)}, path)
    assert "missing 0.weight" in refusal(**knobs, weights=path)


def test_random_weights_replace_those_of_the_function(code: Callable[..., str]) -> None:
    body = """
    def net():
        layer = nn.Linear(48, 2)
        nn.init.ones_(layer.weight)
        return nn.Sequential(nn.Flatten(), layer)
    """
    classifier = load_classifier(Settings(model=code(body), input_size=(4, 4), weights="random"))
    assert classifier.name.endswith(":net (random weights)")
    assert classifier.network.network[1].weight.std() > 0


def test_half_precision_becomes_single(code: Callable[..., str]) -> None:
    body = "def net():\n    return nn.Sequential(nn.Flatten(), nn.Linear(48, 2)).half().train()\n"
    classifier = load_classifier(Settings(model=code(body), input_size=(4, 4)))
    assert classifier.network.network[1].weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("def other():\n    pass\n", "There is no net"),
        ("def nett():\n    pass\n", "did you mean nett?"),
        ("net = 3\n", "is a int and not a function"),
        ("def net():\n    return [1]\n", "returns an object of type list"),
        ("def net(width):\n    return nn.Linear(width, 2)\n", "TypeError"),
        ("def net():\n    raise ValueError('no\\nsuch luck')\n", "ValueError (no)"),
        ("raise RuntimeError('broken')\n", "RuntimeError (broken)"),
        ("raise SystemExit(2)\n", "SystemExit"),
        ("def net(:\n", "SyntaxError"),
        ("import a_package_that_nobody_has\n", "a_package_that_nobody_has"),
        ("def net():\n    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten())\n", "pictures of 1 channels"),
        ("def net():\n    return nn.Conv2d(3, 2, 30)\n", "fails on an input of 2 x 3 x 8 x 8"),
        ("def net():\n    return nn.Conv2d(3, 2, 3)\n", "gives 2 x 2 x 6 x 6"),
        ("def net():\n    return nn.Sequential(nn.Flatten(), nn.Linear(192, 1))\n", "at least two logits"),
        ("def net():\n    return nn.Flatten(0)\n", "gives 384"),
        (
            "class net(nn.Module):\n    def forward(self, x):\n        return {'logits': x}\n",
            "gives a dict and not a tensor",
        ),
        (
            "class net(nn.Module):\n    def forward(self, x):\n        return x.mean((2, 3)) / 0\n",
            "not finite",
        ),
        (
            "class net(nn.Module):\n    def forward(self, x):\n        return x.mean((2, 3)).long()\n",
            "not finite numbers",
        ),
        (
            "def net():\n    layer = nn.Linear(192, 2)\n    layer.bias.data[0] = float('nan')\n"
            "    return nn.Sequential(nn.Flatten(), layer)\n",
            "NaN or infinite in 1.bias",
        ),
        ("def net():\n    return nn.Linear(3, 2, device='meta')\n", "CPU"),
    ],
)
def test_each_fault_is_one_sentence(code: Callable[..., str], refusal, body: str, fault: str) -> None:
    model = code(body)
    text = refusal(model=model, input_size=(8, 8))
    assert fault in text
    assert model in text


def test_what_is_not_there_is_named_first(code: Callable[..., str], tmp_path: Path, refusal) -> None:
    assert "There is no file" in refusal(model=f"{tmp_path}/absent.py:net")
    assert "did you mean torchvision:resnet50?" in refusal(model="torchvison:resnet50")
    assert "torchvision:NAME and timm:NAME" in refusal(model="nowhere_to_be_found:net")
    assert "--input-size" in refusal(model=code(SMALL))
    assert "add the function" in refusal(model=code(SMALL).removesuffix(":net"))
    assert "tuple_that_is_not" in refusal(model="collections:tuple_that_is_not", input_size=(8, 8))
    assert "collections.nothing" in refusal(model="collections.nothing:net", input_size=(8, 8))


@pytest.mark.parametrize(
    ("knobs", "fault"),
    [
        ({"input_size": (0, 8)}, "0 x 8"),
        ({"input_size": (8,)}, "not a size"),
        ({"mean": (0.5, 0.5)}, "The mean 0.5,0.5"),
        ({"mean": (float("nan"),)}, "The mean nan"),
        ({"std": (0.5, 0.5, 0.5, 0.5)}, "three numbers"),
        ({"std": (0.5, 0.0, 0.5)}, "cannot be divided by"),
        ({"labels": "no-such-file.txt"}, "no-such-file.txt"),
    ],
)
def test_settings_that_make_no_sense_are_refused(code: Callable[..., str], refusal, knobs: dict, fault: str) -> None:
    assert fault in refusal(**{"model": code(SMALL), "input_size": (8, 8), **knobs})


def test_the_number_of_names_has_to_be_that_of_the_logits(code: Callable[..., str], tmp_path: Path, refusal) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\n", encoding="utf-8")
    text = refusal(model=code(SMALL), input_size=(8, 8), labels=str(labels))
    assert "5 logits" in text
    assert "2 class names" in text


def test_only_names_of_code_ask_for_code() -> None:
    assert all(names_code(name) for name in ("a:b", "a.b_c:d", "x/y.py:z", r"C:\nets\mine.py:net", "ünï.b:c"))
    assert not any(
        names_code(name) for name in ("a", "a.py", "a b:c", "a:", ":b", "a:b c", "a/b:c", "1a:b", "a..b:c")
    )
