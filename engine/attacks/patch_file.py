"""A trained patch as two files: the picture, and beside it a JSON of how it was made."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.attacks.photos import Photos
from engine.attacks.settings import AttackSettings
from engine.attacks.success import Success
from engine.attacks.train import AttackStage
from engine.classifiers import Classifier
from engine.errors import PatchError
from engine.evaluation.metrics import Share
from engine.outputs import check_output, write_output
from engine.placement import Patch, read_patch
from engine.settings import Settings

__all__ = ["SCHEMA", "TrainedPatch", "check_patch_path", "made_of", "read_trained_patch", "write_trained_patch"]

SCHEMA = "sinscope.patch/1"
_CURVE_POINTS = 400


@dataclass(frozen=True, eq=False)
class TrainedPatch:
    """A patch with what its JSON says of it.

    Parameters
    ----------
    patch : Patch
    attack : AttackSettings
        What it was trained by; ``attack.alpha`` is Eq. 6's weight.
    photos : frozenset of str
        SHA-256 of every photo it was trained on: a measurement keeps them apart.
    made : dict
        The whole JSON document.
    """

    patch: Patch
    attack: AttackSettings
    photos: frozenset[str] = field(repr=False)
    made: dict[str, Any] = field(repr=False)


def check_patch_path(path: Path) -> Path:
    """Find out, before any work, whether both files can be written; the JSON's path.

    Raises
    ------
    OutputError
        If one of them cannot.
    PatchError
        If the name does not end in ``.png``.
    """
    if path.suffix.lower() != ".png":
        raise PatchError(f"A patch is saved without loss as PNG, which {path} would not be; end its name in .png.")
    beside = path.with_suffix(".json")
    for file in (path, beside):
        check_output(file)
    return beside


def made_of(
    stage: AttackStage,
    attack: AttackSettings,
    settings: Settings,
    classifier: Classifier,
    photos: Photos,
    *,
    command: str,
    start: Patch | None = None,
    held_out: Success | None = None,
) -> dict[str, Any]:
    """How a patch was made, in JSON's types; it names no folder and no machine.

    Parameters
    ----------
    stage : AttackStage
        The last one.
    attack, settings, classifier, photos
        What it was trained by, against and on.
    command : str
        The command line that trains it.
    start : Patch, optional
        What the training began with.
    held_out : Success, optional
        Success on photos not trained on.
    """
    chosen = np.unique(np.linspace(0, stage.step - 1, min(_CURVE_POINTS, stage.step)).round().astype(int))
    looked_at = {name: getattr(settings, name) for name in ("layer", "adapted", "top", "importance", "fill")}
    return {
        "schema": SCHEMA,
        "command": command,
        "attack": attack.as_dict(),
        "target_name": None if attack.target is None else classifier.labels[attack.target],
        "model": classifier.name,
        "weights_sha256": classifier.weights_sha256,
        "input_size_px": list(classifier.preprocessing.input_size),
        "patch_space": "model input",
        "size_px": list(stage.best.shape[:2]),
        "defense": looked_at if attack.defended or attack.alpha else None,
        "start": None if start is None else {"name": start.name, "sha256": start.sha256},
        "precision": "mixed" if stage.mixed else "fp32",
        "steps_done": stage.step,
        "seconds": round(stage.seconds, 1),
        "loss": stage.loss,
        "success": stage.success,
        "held_out": None if held_out is None else _success(held_out),
        "curve": {
            "step": (chosen + 1).tolist(),
            "loss": [round(float(value), 5) for value in stage.losses[chosen]],
            "success": [round(float(value), 5) for value in stage.successes[chosen]],
        },
        "photos": [
            {"name": name, "sha256": sha256} for name, sha256 in zip(photos.names, photos.sha256, strict=True)
        ],
    }


def write_trained_patch(path: Path, pixels: NDArray[np.uint8], made: dict[str, Any]) -> None:
    """Write the picture ``(h, w, 3)`` and its JSON, each whole.

    Raises
    ------
    OutputError, PatchError
        As :func:`check_patch_path`.
    """
    beside = check_patch_path(path)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    write_output(path, buffer.getvalue())
    write_output(beside, (json.dumps(made, indent=1, allow_nan=False) + "\n").encode())


def read_trained_patch(path: Path) -> TrainedPatch:
    """Read a patch and the JSON beside it.

    Raises
    ------
    PatchError
        If one of the two cannot be read, or the JSON does not describe a trained patch.
    """
    patch = read_patch(path)
    beside = Path(path).with_suffix(".json")
    try:
        made = json.loads(beside.read_text("utf-8"))
        if made["schema"] != SCHEMA:
            raise ValueError(made["schema"])
        attack = AttackSettings.from_dict(made["attack"])
        photos = frozenset(str(photo["sha256"]) for photo in made["photos"])
    except FileNotFoundError as error:
        raise PatchError(
            f"The patch {path} has no {beside.name} beside it, which says what it was trained on; give a patch that "
            f"the command attack made."
        ) from error
    except Exception as error:
        raise PatchError(
            f"{beside} does not say how the patch was made; give a patch that the command attack made."
        ) from error
    return TrainedPatch(patch, attack, photos, made)


def _success(success: Success) -> dict[str, Any]:
    return {
        "target": None if success.target is None else _share(success.target),
        "moved": _share(success.moved),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"hits": share.hits, "photos": share.images, "share": share.value, "interval": list(share.interval)}
