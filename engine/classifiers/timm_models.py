"""``timm:<name>``: timm's image classifiers, with the preprocessing that their configuration states."""

import importlib
from types import ModuleType
from typing import Any

from engine.classifiers.assembly import asked_labels, asked_preprocessing, assemble
from engine.classifiers.classifier import Classifier
from engine.classifiers.download import downloading, require_host
from engine.classifiers.labels import imagenet_labels
from engine.classifiers.libraries import import_timm
from engine.classifiers.preprocessing import Preprocessing
from engine.classifiers.weights import RANDOM, fit_weights, read_weights, seeded
from engine.errors import ModelError
from engine.settings import Settings

__all__ = ["PREFIX", "known", "load", "names", "versions"]

PREFIX = "timm:"

_FILES = ("model.safetensors", "pytorch_model.bin")


def names() -> tuple[str, ...]:
    """Names of timm's architectures."""
    return tuple(import_timm().list_models())


def known(name: str) -> bool:
    """Whether timm has this architecture; ``resnet50.a1_in1k`` names one version of its weights.

    timm's other forms (``hf-hub:...``, ``local-dir:...``) are not names of models.
    """
    architecture, _, version = name.partition(".")
    return architecture in names() and (not version or name in versions(architecture))


def versions(architecture: str) -> tuple[str, ...]:
    """Names of the versions of an architecture's weights."""
    return tuple(import_timm().list_models(architecture, pretrained=True))


def load(settings: Settings) -> Classifier:
    """Load ``settings.model``; its own weights are downloaded unless ``settings.weights`` gives others.

    Raises
    ------
    ModelError
        If it has no weights or no classes of its own, or weights cannot be downloaded or do not fit.
    """
    timm = import_timm()
    name = settings.model.removeprefix(PREFIX)
    config = timm.models.get_pretrained_cfg(name, allow_unregistered=False)
    usual = published_preprocessing(timm.data.resolve_data_config(pretrained_cfg=config.to_dict()))
    preprocessing = asked_preprocessing(settings, usual)
    labels = asked_labels(settings)
    if not config.num_classes and (labels is None or settings.weights is None):
        raise ModelError(
            f"{settings.model} was published without classes; give weights that were trained for some with "
            f"--weights FILE and their names with --labels FILE."
        )
    arguments: dict[str, Any] = {}
    if config.fixed_input_size and settings.input_size is not None:
        arguments["img_size"] = preprocessing.input_size
    if settings.weights is None:
        network = _published(timm, settings.model, config, arguments)
    else:
        arguments["num_classes"] = len(labels) if labels else config.num_classes
        with seeded(settings.seed):
            network = timm.create_model(name, pretrained=False, **arguments)
        if settings.weights != RANDOM:
            fit_weights(network, read_weights(settings.weights), settings.weights)
    names = labels or _imagenet_names(timm, network.num_classes)
    return assemble(settings, network, preprocessing, names, f"timm {timm.__version__} {name}")


def published_preprocessing(config: dict[str, Any]) -> Preprocessing:
    """Preprocessing from timm's data configuration."""
    _, height, width = config["input_size"]
    return Preprocessing(
        input_size=(height, width),
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        crop=config["crop_pct"],
        interpolation=config["interpolation"],
        squash=config["crop_mode"] == "squash",
    )


def _published(timm: ModuleType, model: str, config: Any, arguments: dict[str, Any]) -> Any:
    """The network with its published weights, from timm's cache or downloaded now."""
    if not config.has_weights:
        raise ModelError(
            f"timm has no published weights for {model}; give some with --weights FILE, or random ones with "
            f"--weights {RANDOM}."
        )
    source: dict[str, Any] = {}
    with downloading(model):
        if config.hf_hub_id:
            hub = importlib.import_module("huggingface_hub")
            files = [config.hf_hub_filename] if config.hf_hub_filename else _FILES
            cached = [hub.try_to_load_from_cache(config.hf_hub_id, file) for file in files]
            path = next((path for path in cached if isinstance(path, str)), None)
            if path:  # as timm would load it, but without asking the network for news
                source = {"file": path, "custom_load": False}
            elif not hub.constants.HF_HUB_OFFLINE:
                require_host(hub.constants.ENDPOINT)
        return timm.create_model(
            model.removeprefix(PREFIX), pretrained=True, pretrained_cfg_overlay=source, **arguments
        )


def _imagenet_names(timm: ModuleType, classes: int) -> tuple[str, ...] | None:
    """Names of the subset of ImageNet that has this number of classes, if one does."""
    subset = timm.data.infer_imagenet_subset({"num_classes": classes})
    if subset is None:
        return None
    if subset == "imagenet-1k":
        return imagenet_labels()
    return tuple(timm.data.ImageNetInfo(subset).label_descriptions())
