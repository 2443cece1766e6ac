"""A training that was stopped, in a file: everything that decides how it goes on, and nothing else."""

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.attacks.settings import AttackSettings
from engine.cache import digest
from engine.errors import PatchError
from engine.outputs import write_output

__all__ = ["Checkpoint", "no_checkpoint", "purpose", "read_checkpoint", "write_checkpoint"]

_SCHEMA = "sinscope.attack-checkpoint/1"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Where a training stands after some step.

    What is drawn at random follows from the seed and the step, so that no generator has a state to keep.

    Parameters
    ----------
    purpose : str
        Digest of what the training is, see :func:`purpose`; only the same one may go on from here.
    step : int
        Steps done.
    patch : Tensor (3, h, w)
        In [0, 1].
    optimizer : dict
        Its state.
    losses, successes : float32 array (step,)
        Of every step.
    best : uint8 array (h, w, 3)
        The best patch so far.
    best_loss : float
        The smoothed loss that made it best.
    seconds : float
        Time spent so far.
    """

    purpose: str
    step: int
    patch: Tensor = field(repr=False)
    optimizer: dict[str, Any] = field(repr=False)
    losses: NDArray[np.float32] = field(repr=False)
    successes: NDArray[np.float32] = field(repr=False)
    best: NDArray[np.uint8] = field(repr=False)
    best_loss: float
    seconds: float


def purpose(settings: AttackSettings, *others: object) -> str:
    """Digest of all that decides a training: its settings, and what else the caller names."""
    return digest(json.dumps(settings.as_dict(), sort_keys=True), *others)


def no_checkpoint(path: Path) -> PatchError:
    """The refusal to go on from a checkpoint that is not there."""
    return PatchError(f"There is no checkpoint {path} to go on from; leave --resume out to begin.")


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint whole.

    Raises
    ------
    OutputError
        If it cannot be written; a former one is untouched.
    """
    content = {
        "schema": _SCHEMA,
        "purpose": checkpoint.purpose,
        "step": checkpoint.step,
        "patch": checkpoint.patch,
        "optimizer": checkpoint.optimizer,
        "losses": torch.from_numpy(checkpoint.losses.copy()),
        "successes": torch.from_numpy(checkpoint.successes.copy()),
        "best": torch.from_numpy(checkpoint.best.copy()),
        "best_loss": checkpoint.best_loss,
        "seconds": checkpoint.seconds,
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_output(path, buffer.getvalue())


def read_checkpoint(path: Path, wanted: str) -> Checkpoint:
    """Read a checkpoint; no code in it is run.

    Parameters
    ----------
    path : Path
    wanted : str
        The purpose it must have been written for.

    Raises
    ------
    PatchError
        If there is none, it cannot be read, or it belongs to another training.
    """
    try:
        content = torch.load(io.BytesIO(path.read_bytes()), map_location="cpu", weights_only=True)
        if content["schema"] != _SCHEMA:
            raise ValueError(content["schema"])
        found = Checkpoint(
            purpose=content["purpose"],
            step=content["step"],
            patch=content["patch"],
            optimizer=content["optimizer"],
            losses=content["losses"].numpy(),
            successes=content["successes"].numpy(),
            best=content["best"].numpy(),
            best_loss=content["best_loss"],
            seconds=content["seconds"],
        )
    except FileNotFoundError as error:
        raise no_checkpoint(path) from error
    except Exception as error:  # a damaged archive answers with almost anything
        raise PatchError(
            f"{path} is damaged, or no checkpoint of an attack; delete it, and begin without --resume."
        ) from error
    if found.purpose != wanted:
        raise PatchError(
            f"The checkpoint {path} belongs to an attack with other settings, photos or weights; repeat its "
            f"command with --resume, or delete it."
        )
    return found
