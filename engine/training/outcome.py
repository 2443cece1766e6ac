"""What a training leaves: the weights, and a record of how they came about."""

import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import safetensors.torch
import torch

from engine.half_precision import has_half_precision
from engine.outputs import write_output
from engine.training.data import TrainingPhotos
from engine.training.recipes import Recipe
from engine.training.run import Trained

__all__ = ["write_outcome"]


@torch.no_grad()
def write_outcome(recipe: Recipe, trained: Trained, photos: TrainingPhotos, folder: Path) -> tuple[Path, Path]:
    """Write weights in half precision, and beside them the recipe, the curve, time and hardware.

    The score in the record is that of the weights as they are written, in single precision arithmetic.

    Parameters
    ----------
    recipe : Recipe
    trained : Trained
        Its network takes the rounded weights on.
    photos : TrainingPhotos
    folder : Path

    Returns
    -------
    Path, Path
        Of the weights, and of the record.

    Raises
    ------
    OutputError
    """
    normalized = trained.network.to("cpu")
    network = normalized.network
    halves = {
        name: tensor.half().contiguous()
        for name, tensor in network.state_dict().items()
        if tensor.is_floating_point()
    }
    network.load_state_dict({name: tensor.float() for name, tensor in halves.items()}, strict=False)
    score = recipe.objective.score(normalized.eval(), photos.held_images.float() / 255, photos.held_labels)
    record = {
        "model": recipe.model,
        "recipe": {**asdict(recipe), "objective": repr(recipe.objective)},
        "photos": {"trained": len(photos.labels), "held_back": len(photos.held_labels)},
        "score": dict(score),
        "hours": round(sum(done.seconds for done in trained.curve) / 3600, 3),
        "hardware": _hardware(),
        "curve": [asdict(done) for done in trained.curve],
    }
    weights, told = folder / f"{recipe.model}.safetensors", folder / f"{recipe.model}.json"
    write_output(weights, safetensors.torch.save(halves, {"recipe": repr(recipe)}))
    write_output(told, (json.dumps(record, indent=1) + "\n").encode())
    return weights, told


def _hardware() -> str:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    card = f", {torch.cuda.get_device_name()}" if device == "cuda" else ""
    half = "" if has_half_precision(device) else ", no bfloat16"
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {torch.get_num_threads()} thread(s){card}{half}, "
        f"torch {version('torch')}"
    )
