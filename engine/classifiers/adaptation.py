"""Weights below a superficial layer that were adapted to SIN pruning: what they are for, and their file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from engine.classifiers.classifier import Classifier
from engine.errors import ModelError
from engine.outputs import write_output
from engine.settings import Fill, Importance, Settings

__all__ = ["SCHEMA", "Adaptation", "AdaptedTo", "read_adaptation", "write_adaptation"]

SCHEMA = "sinscope.adaptation/1"
_KEY = "sinscope"


@dataclass(frozen=True)
class AdaptedTo:
    """What adapted weights are for: they fit where all of it is the same.

    Parameters
    ----------
    model : str
        Name of the classifier.
    weights_sha256 : str
        Of its original weights.
    input_size : (int, int)
    layer : str
        Name of the superficial layer.
    rate : float
        Top-ranking rate in (0, 1].
    importance, fill : str
    """

    model: str
    weights_sha256: str
    input_size: tuple[int, int]
    layer: str
    rate: float
    importance: Importance
    fill: Fill


@dataclass(frozen=True, eq=False)
class Adaptation:
    """Adapted weights.

    Parameters
    ----------
    name : str
        The file's, without its extension.
    sha256 : str
        Of the file.
    to : AdaptedTo
    made : dict
        How they were made, in JSON's types.
    tensors : mapping of str to Tensor
        Those that differ from the original's, by their names in the classifier's network, in single precision.
    """

    name: str
    sha256: str
    to: AdaptedTo
    made: dict[str, Any] = field(repr=False)
    tensors: Mapping[str, Tensor] = field(repr=False)

    def __str__(self) -> str:
        """As it stands behind the model's name."""
        return f"adapted to {100 * self.to.rate:.4g} % SINs of {self.to.layer}"

    def misfit(self, classifier: Classifier, layer: str) -> str | None:
        """Why it does not belong to a classifier cut at a layer; ``None`` if it does."""
        if self.to.weights_sha256 != classifier.weights_sha256:
            return f"it was made for {self.to.model} with other weights"
        if self.to.input_size != classifier.preprocessing.input_size:
            return f"it was made for an input of {self.to.input_size[0]} x {self.to.input_size[1]} px"
        if self.to.layer != layer:
            return f"it was made for layer {self.to.layer} and not {layer}"
        return None

    def fits(self, settings: Settings, rate: float) -> bool:
        """Whether it was made for an inspection's rate, importance and fill."""
        return (rate, settings.importance, settings.fill) == (self.to.rate, self.to.importance, self.to.fill)


def write_adaptation(path: Path, tensors: Mapping[str, Tensor], to: AdaptedTo, made: Mapping[str, Any]) -> None:
    """Write adapted weights as safetensors, kernels in half precision and everything else in single.

    Raises
    ------
    OutputError
        If the file cannot be written; a former one is untouched.
    """
    rounded = {
        name: (value.half() if value.ndim > 1 else value.float()).contiguous() for name, value in tensors.items()
    }
    content = {"schema": SCHEMA, "to": {each.name: getattr(to, each.name) for each in fields(to)}, "made": dict(made)}
    metadata = {_KEY: json.dumps(content, allow_nan=False, sort_keys=True)}
    write_output(path, safetensors.torch.save(rounded, metadata))


def read_adaptation(path: Path) -> Adaptation:
    """Read adapted weights; no code in the file is run.

    Raises
    ------
    ModelError
        If it cannot be read, or holds no adapted weights.
    """
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is no regular file")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The adapted weights {path} cannot be read ({getattr(error, 'strerror', None) or error}); give a file "
            f"that the command adapt made, or turn adapted weights off (--adapted off)."
        ) from error
    try:
        tensors = {name: value.float() for name, value in safetensors.torch.load(data).items()}
        length = int.from_bytes(data[:8], "little")
        content = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][_KEY])
        if content["schema"] != SCHEMA:
            raise ValueError(content["schema"])
        known = content["to"]
        height, width = known["input_size"]
        to = AdaptedTo(**{**known, "input_size": (int(height), int(width))})
        made = dict(content["made"])
        finite = all(bool(torch.isfinite(value).all()) for value in tensors.values())
        if not finite or not tensors or not isinstance(to.rate, float) or not 0 < to.rate <= 1:
            raise ValueError("tensors or rate")
    except Exception as error:  # broken bytes answer with almost anything
        raise ModelError(
            f"{path} holds no adapted weights, or is damaged; give a file that the command adapt made, or "
            f"turn adapted weights off (--adapted off)."
        ) from error
    return Adaptation(path.stem, hashlib.sha256(data).hexdigest(), to, made, tensors)
