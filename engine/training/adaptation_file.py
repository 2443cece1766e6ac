"""What an adaptation leaves: adapted weights with how they were made, and the curve beside them."""

import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.classifiers.adaptation import Adaptation, AdaptedTo, write_adaptation
from engine.errors import ModelError
from engine.evaluation.metrics import Share
from engine.outputs import check_output, write_output
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.training.adapt import AdaptationStage
from engine.training.adaptation_settings import AdaptationSettings
from engine.training.agreement import Agreement
from engine.training.crops import PhotoSet

__all__ = ["SCHEMA", "HeldOut", "adapted_to", "check_adaptation_path", "save_adaptation"]

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


def save_adaptation(
    path: Path,
    stage: AdaptationStage,
    to: AdaptedTo,
    adaptation: AdaptationSettings,
    photos: PhotoSet,
    command: str,
    held_out: HeldOut | None,
    start: Adaptation | None = None,
) -> None:
    """Write weights and curve, each whole; both say how the weights were made, and name no folder and no machine.

    Parameters
    ----------
    path : Path
    stage : AdaptationStage
        The last one.
    to : AdaptedTo
    adaptation, photos
        What the training was asked for, and done on.
    command : str
        The command line that does it.
    held_out : HeldOut, optional
        Agreement on photos not trained on.
    start : Adaptation, optional
        What the training began with.

    Raises
    ------
    OutputError, ModelError
        As :func:`check_adaptation_path`.
    """
    beside = check_adaptation_path(path)
    made = {
        "command": command,
        "adaptation": adaptation.as_dict(),
        "start": None if start is None else {"name": start.name, "sha256": start.sha256, "made": start.made},
        "photos": len(photos),
        "steps_done": stage.step,
        "seconds": round(stage.seconds, 1),
        "hardware": _hardware(),
        "precision": "mixed" if stage.mixed else "fp32",
    }
    write_adaptation(path, stage.tensors, to, made)
    chosen = np.unique(np.linspace(0, stage.step - 1, min(_CURVE_POINTS, stage.step)).round().astype(int))
    curve = {
        "schema": SCHEMA,
        **made,
        "loss": stage.loss,
        "held_out": None if held_out is None else {name: _agreement(each) for name, each in vars(held_out).items()},
        "curve": {
            "step": (chosen + 1).tolist(),
            **{
                name: [round(float(value), 5) for value in stage.losses[chosen, at]]
                for at, name in enumerate(("loss", "stages", "logits"))
            },
        },
        "photo_files": [
            {"name": name, "sha256": sha256} for name, sha256 in zip(photos.names, photos.sha256, strict=True)
        ],
    }
    write_output(beside, (json.dumps(curve, indent=1, allow_nan=False) + "\n").encode())


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{torch.get_num_threads()} CPU threads, {platform.machine()}"


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {"pruned": _share(agreement.pruned), "windows": _share(agreement.windows)}


def _share(share: Share) -> dict[str, Any]:
    return {"hits": share.hits, "photos": share.images, "share": share.value, "interval": list(share.interval)}
