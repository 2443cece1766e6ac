"""An adaptation that was stopped, in a file: everything that decides how it goes on, and nothing else."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.outputs import write_output

__all__ = ["AdaptationCheckpoint", "read_adaptation_checkpoint", "write_adaptation_checkpoint"]

_SCHEMA = "sinscope.adaptation-checkpoint/1"


@dataclass(frozen=True, eq=False)
class AdaptationCheckpoint:
    """Where an adaptation stands after some step; what is drawn at random follows from the seed and the step.

    Parameters
    ----------
    purpose : str
        Digest of what the training is; only the same one may go on from here.
    step : int
        Steps done.
    weights, average, statistics : dict of str to Tensor
        The trained weights, their running mean, and the batch norms' statistics.
    optimizer, cycle : dict
        State of the optimizer and of the learning rate's cycle.
    losses : float32 Tensor (step, 3)
        Of every step: whole, stages, logits.
    seconds : float
        Time spent so far.
    """

    purpose: str
    step: int
    weights: dict[str, Tensor] = field(repr=False)
    average: dict[str, Tensor] = field(repr=False)
    statistics: dict[str, Tensor] = field(repr=False)
    optimizer: dict[str, Any] = field(repr=False)
    cycle: dict[str, Any] = field(repr=False)
    losses: Tensor = field(repr=False)
    seconds: float


def write_adaptation_checkpoint(path: Path, checkpoint: AdaptationCheckpoint) -> None:
    """Write a checkpoint whole.

    Raises
    ------
    OutputError
        If it cannot be written; a former one is untouched.
    """
    buffer = io.BytesIO()
    torch.save({"schema": _SCHEMA, **vars(checkpoint)}, buffer)
    write_output(path, buffer.getvalue())


def read_adaptation_checkpoint(path: Path, wanted: str) -> AdaptationCheckpoint:
    """Read a checkpoint; no code in it is run.

    Parameters
    ----------
    path : Path
    wanted : str
        The purpose it must have been written for.

    Raises
    ------
    ModelError
        If there is none, it cannot be read, or it belongs to another training.
    """
    try:
        content = torch.load(io.BytesIO(path.read_bytes()), map_location="cpu", weights_only=True)
        if content.pop("schema") != _SCHEMA:
            raise ValueError(path)
        found = AdaptationCheckpoint(**content)
    except FileNotFoundError as error:
        raise ModelError(f"There is no checkpoint {path} to go on from; leave --resume out to begin.") from error
    except Exception as error:  # a damaged archive answers with almost anything
        raise ModelError(
            f"{path} is damaged, or no checkpoint of an adaptation; delete it, and begin without --resume."
        ) from error
    if found.purpose != wanted:
        raise ModelError(
            f"The checkpoint {path} belongs to an adaptation with other settings, photos or weights; repeat its "
            f"command with --resume, or delete it."
        )
    return found
