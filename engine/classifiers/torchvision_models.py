"""``torchvision:<name>``: torchvision's image classifiers, as its weights' metadata describe them."""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from engine.classifiers.assembly import asked_labels, asked_preprocessing, assemble
from engine.classifiers.classifier import Classifier
from engine.classifiers.download import downloading, show_progress
from engine.classifiers.labels import imagenet_labels
from engine.classifiers.libraries import import_torchvision
from engine.classifiers.preprocessing import Preprocessing
from engine.classifiers.weights import RANDOM, fit_weights, read_weights, seeded
from engine.settings import Settings

__all__ = ["PREFIX", "known", "load", "names", "versions"]

PREFIX = "torchvision:"

# Heads that only help training; published files of GoogLeNet and Inception hold them.
_AUXILIARY = ("aux1", "aux2", "AuxLogits")
_RESCALING = ("googlenet", "inception_v3")
# How DenseNet's published files name what is called norm1, conv2, ... since.
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.(\d\.)")


def names() -> tuple[str, ...]:
    """Names of torchvision's image classifiers."""
    models = import_torchvision().models
    return tuple(models.list_models(module=models))


def known(name: str) -> bool:
    """Whether torchvision has this classifier; ``resnet50.IMAGENET1K_V1`` names a version of its weights."""
    architecture, _, version = name.partition(".")
    return architecture in names() and (not version or name in versions(architecture))


def versions(architecture: str) -> tuple[str, ...]:
    """Names of the versions of a classifier's weights."""
    members = import_torchvision().models.get_model_weights(architecture).__members__
    return tuple(f"{architecture}.{version}" for version in members)


def load(settings: Settings) -> Classifier:
    """Load ``settings.model``; its own weights are downloaded unless ``settings.weights`` gives others.

    Raises
    ------
    ModelError
        If weights cannot be downloaded or do not fit.
    """
    models = import_torchvision().models
    name, _, version = settings.model.removeprefix(PREFIX).partition(".")
    published = getattr(models.get_model_weights(name), version or "DEFAULT")
    preprocessing = asked_preprocessing(settings, published_preprocessing(published))
    labels = asked_labels(settings) or published.meta["categories"] or imagenet_labels()
    if settings.weights is None:
        with downloading(settings.model):
            network: nn.Module = models.get_model(name, weights=published, progress=show_progress())
    else:
        arguments: dict[str, Any] = {"num_classes": len(labels)}
        if name in _RESCALING:
            arguments |= {"transform_input": True, "init_weights": settings.weights == RANDOM}
        if name.startswith("vit_"):
            arguments |= {"image_size": preprocessing.input_size[0]}
        with seeded(settings.seed):
            network = models.get_model(name, weights=None, **arguments)
    for head in _AUXILIARY:
        if name in _RESCALING and hasattr(network, head):
            setattr(network, head, None)
            network.aux_logits = False  # type: ignore[assignment]
    if settings.weights not in (None, RANDOM):
        path = str(settings.weights)
        unused = tuple(f"{head}." for head in _AUXILIARY) if name in _RESCALING else ()
        fit_weights(network, _in_new_names(read_weights(path), name), path, unused)
    code = f"torchvision {import_torchvision().__version__} {name}"
    return assemble(settings, network, preprocessing, tuple(labels), code)


def published_preprocessing(published: Any) -> Preprocessing:
    """Preprocessing from the transforms in a version's metadata."""
    transforms = published.transforms()
    side, resized = transforms.crop_size[0], transforms.resize_size[0]
    return Preprocessing(
        input_size=(side, side),
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
        crop=side / resized,
        interpolation=transforms.interpolation.value,
    )


def _in_new_names(state: Mapping[str, Tensor], name: str) -> Mapping[str, Tensor]:
    if not name.startswith("densenet"):
        return state
    return {_OLD_DENSENET.sub(r"\1\2", key): tensor for key, tensor in state.items()}
