"""The common end of every loader: a network, checked once, becomes a classifier."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from engine.classifiers.classifier import Classifier
from engine.classifiers.families import family_of
from engine.classifiers.labels import numbered_labels, read_labels
from engine.classifiers.libraries import reason
from engine.classifiers.preprocessing import Normalized, Preprocessing
from engine.classifiers.weights import RANDOM, check_finite, weights_sha256
from engine.errors import ModelError
from engine.settings import Settings

__all__ = ["CHANNELS", "asked_labels", "asked_preprocessing", "assemble"]

CHANNELS = 3

_MOST_PX = 4096  # a side of the input: the early maps of larger ones take tens of gigabytes


def asked_preprocessing(settings: Settings, usual: Preprocessing) -> Preprocessing:
    """The model's usual preprocessing, with the input size, mean and std that were asked for instead.

    Raises
    ------
    ModelError
        If one of them is not a size or not a normalisation.
    """
    asked = usual
    if settings.input_size is not None:
        if len(settings.input_size) != 2 or min(settings.input_size) < 1:
            sides = " x ".join(str(side) for side in settings.input_size)
            raise ModelError(f"An input of {sides} px is not a size; give height and width of at least 1 px.")
        if max(settings.input_size) > _MOST_PX:
            sides = " x ".join(str(side) for side in settings.input_size)
            raise ModelError(f"An input of {sides} px is too large to compute; give at most {_MOST_PX} px a side.")
        height, width = settings.input_size
        made_for = usual.input_size if settings.weights is None else None
        asked = replace(asked, input_size=(height, width), made_for=made_for)
    if settings.mean is not None:
        asked = replace(asked, mean=_per_channel(settings.mean, "mean"))
    if settings.std is not None:
        asked = replace(asked, std=_per_channel(settings.std, "std"))
        if min(asked.std) <= 0:
            raise ModelError(f"The std {_listed(settings.std)} cannot be divided by; give numbers above 0.")
    return asked


def _per_channel(values: Sequence[float], what: str) -> tuple[float, ...]:
    if len(values) not in (1, CHANNELS) or not all(math.isfinite(value) for value in values):
        raise ModelError(
            f"The {what} {_listed(values)} does not describe red, green and blue; give three numbers, or one "
            f"for all, for pixels between 0 and 1."
        )
    return tuple(values) * (CHANNELS // len(values))


def _listed(values: Sequence[float]) -> str:
    return ",".join(f"{value:g}" for value in values)


def asked_labels(settings: Settings) -> tuple[str, ...] | None:
    """Class names from the file that was asked for, if one was."""
    return None if settings.labels is None else read_labels(settings.labels)


def assemble(
    settings: Settings,
    network: nn.Module,
    preprocessing: Preprocessing,
    labels: tuple[str, ...] | None = None,
    code: str = "",
) -> Classifier:
    """Make a classifier of a network: on the CPU, in single precision, in eval mode, without gradients.

    Parameters
    ----------
    settings : Settings
        What was asked for.
    network : nn.Module
        Takes normalised pixels ``(B, 3, H, W)``; changed in place.
    preprocessing : Preprocessing
    labels : tuple of str, optional
        Class names; without any, the classes are numbered.
    code : str
        As in :class:`Classifier`.

    Raises
    ------
    ModelError
        If weights are NaN or infinite, the network does not map a batch of 3-channel pictures of the input
        size to finite logits, or their number is not that of the class names.
    """
    name = settings.model
    try:
        network = network.to("cpu").float().requires_grad_(False)
    except Exception as error:  # the network may be anybody's code
        raise ModelError(
            f"{name} cannot run in single precision on the CPU ({reason(error)}); return a plain network "
            f"with all its weights in memory."
        ) from error
    check_finite(network, name if settings.weights in (None, RANDOM) else str(settings.weights))
    normalized = Normalized(network, preprocessing)
    classes = _count_classes(normalized, preprocessing.input_size, name)
    names = labels or numbered_labels(classes)
    if len(names) != classes:
        raise ModelError(
            f"{name} gives {classes} logits but {settings.labels or 'its list'} has {len(names)} class "
            f"names; give one name for each logit with --labels FILE."
        )
    return Classifier(
        name=f"{name} (random weights)" if settings.weights == RANDOM else name,
        network=normalized,
        preprocessing=preprocessing,
        labels=names,
        weights_sha256=weights_sha256(normalized),
        family=family_of(name),
        code=code,
    )


def _count_classes(network: nn.Module, input_size: tuple[int, int], name: str) -> int:
    """Classes of a network, by one forward pass of two pictures: mid-grey, and always the same noise."""
    height, width = input_size
    size = f"2 x {CHANNELS} x {height} x {width}"
    noise = torch.rand(CHANNELS, height, width, generator=torch.Generator().manual_seed(0))
    pixels = torch.stack([torch.full_like(noise, 0.5), noise])
    try:
        with torch.no_grad():
            logits = network(pixels)
    except Exception as error:
        channels = _input_channels(network)
        if channels not in (None, CHANNELS):
            raise ModelError(
                f"{name} takes pictures of {channels} channels; only networks for {CHANNELS} (red, green, "
                f"blue) can be used."
            ) from error
        raise ModelError(
            f"{name} fails on an input of {size} ({reason(error)}); check the input size and the network's "
            f"forward pass."
        ) from error
    if not isinstance(logits, Tensor):
        raise ModelError(
            f"{name} gives a {type(logits).__name__} and not a tensor of logits; return only the logits from "
            f"its forward pass."
        )
    if logits.ndim != 2 or logits.shape[0] != 2 or logits.shape[1] < 2:
        shape = " x ".join(str(side) for side in logits.shape) or "a single number"
        raise ModelError(
            f"{name} gives {shape} for an input of {size}; it has to give one row of at least two logits for "
            f"each picture."
        )
    if not logits.is_floating_point() or not bool(logits.isfinite().all()):
        raise ModelError(
            f"{name} gives logits that are not finite numbers for ordinary pictures; check its weights, mean and std."
        )
    return int(logits.shape[1])


def _input_channels(network: nn.Module) -> int | None:
    """Channels that the network's first convolution takes, if it has one."""
    convolutions = (module for module in network.modules() if isinstance(module, nn.Conv2d))
    first = next(convolutions, None)
    return None if first is None else first.in_channels
