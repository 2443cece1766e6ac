"""What an adaptation leaves: adapted weights with how they were made, and the curve beside them."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.classifiers.adaptation import AdaptedTo, write_adaptation
from engine.errors import ModelError
from engine.evaluation.metrics import Share
from engine.outputs import check_output, write_output
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.training.adapt import AdaptationStage
from engine.training.adaptation_settings import AdaptationSettings
from engine.training.agreement import Agreement
from engine.training.crops import PhotoSet

__all__ = ["SCHEMA", "HeldOut", "adapted_to", "check_adaptation_path", "curve_of", "save_adaptation"]

SCHEMA = "sinscope.adaptation-curve/1"
_CURVE_POINTS = 400


@dataclass(frozen=True)
class HeldOut:
    """Agreement with the full model on photos not trained on, with the original weights and the adapted ones."""

    before: Agreement
    after: Agreement


def check_adaptation_path(path: Path) -> Path:
    """Find out, before any work, whether weights and curve can be written; the curve's path.

    Raises
    ------
    OutputError
        If one of them cannot.
    ModelError
        If the name does not end in ``.safetensors``.
    """
    if path.suffix.lower() != ".safetensors":
        raise ModelError(f"Adapted weights are saved as safetensors; end the name {path} in .safetensors.")
    beside = path.with_suffix(".json")
    for file in (path, beside):
        check_output(file)
    return beside


def adapted_to(inspector: Inspector, settings: Settings) -> AdaptedTo:
    """What weights adapted by some settings are for."""
    classifier, (cut, _) = inspector.classifier, inspector.cut(settings.layer)
    return AdaptedTo(
        classifier.name,
        classifier.weights_sha256,
        classifier.preprocessing.input_size,
        cut.layer,
        inspector.rate(settings),
        settings.importance,
        settings.fill,
    )


def curve_of(
    stage: AdaptationStage, adaptation: AdaptationSettings, photos: PhotoSet, command: str, held_out: HeldOut | None
) -> dict[str, Any]:
    """How adapted weights were made, in JSON's types; it names no folder and no machine."""
    chosen = np.unique(np.linspace(0, stage.step - 1, min(_CURVE_POINTS, stage.step)).round().astype(int))
    names = ("loss", "stages", "logits")
    return {
        "schema": SCHEMA,
        **_made(stage, adaptation, photos, command),
        "loss": stage.loss,
        "held_out": None
        if held_out is None
        else {name: _agreement(getattr(held_out, name)) for name in ("before", "after")},
        "curve": {
            "step": (chosen + 1).tolist(),
            **{name: [round(float(value), 5) for value in stage.losses[chosen, at]] for at, name in enumerate(names)},
        },
        "photo_files": [
            {"name": name, "sha256": sha256} for name, sha256 in zip(photos.names, photos.sha256, strict=True)
        ],
    }


def save_adaptation(
    path: Path,
    stage: AdaptationStage,
    to: AdaptedTo,
    adaptation: AdaptationSettings,
    photos: PhotoSet,
    command: str,
    held_out: HeldOut | None,
) -> None:
    """Write weights and curve, each whole.

    Raises
    ------
    OutputError, ModelError
        As :func:`check_adaptation_path`.
    """
    beside = check_adaptation_path(path)
    write_adaptation(path, stage.tensors, to, _made(stage, adaptation, photos, command))
    curve = curve_of(stage, adaptation, photos, command, held_out)
    write_output(beside, (json.dumps(curve, indent=1, allow_nan=False) + "\n").encode())


def _made(stage: AdaptationStage, adaptation: AdaptationSettings, photos: PhotoSet, command: str) -> dict[str, Any]:
    device = "CUDA" if torch.cuda.is_available() else f"{torch.get_num_threads()} CPU threads, {platform.machine()}"
    return {
        "command": command,
        "adaptation": adaptation.as_dict(),
        "photos": len(photos),
        "steps_done": stage.step,
        "seconds": round(stage.seconds, 1),
        "hardware": device,
        "precision": "mixed" if stage.mixed else "fp32",
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {"pruned": _share(agreement.pruned), "windows": _share(agreement.windows)}


def _share(share: Share) -> dict[str, Any]:
    return {"hits": share.hits, "photos": share.images, "share": share.value, "interval": list(share.interval)}
