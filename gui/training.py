"""A patch's training as it passes between the window and the thread that does it: plain arrays and words."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.attacks.settings import AttackSettings
from engine.settings import Settings

__all__ = ["TrainingRequest", "TrainingView"]


@dataclass(frozen=True)
class TrainingRequest:
    """One attack that was asked for.

    Parameters
    ----------
    number : int
        Later ones have larger ones.
    source : str
        A photo, as a document names it, or a folder.
    limit : int
        At most so many photos of a folder, spread evenly over it.
    attack : AttackSettings
    settings : Settings
        Which model is attacked; and of its defense, what the attack looks at.
    """

    number: int
    source: str
    limit: int
    attack: AttackSettings
    settings: Settings


@dataclass(frozen=True, eq=False)
class TrainingView:
    """How far a training has come; arrays are read-only.

    Parameters
    ----------
    request : TrainingRequest
    photos : int
        How many the patch is trained on.
    target : str
        The target's name; empty for an untargeted attack.
    step, steps : int
    loss, success : float
        Means of the last steps.
    losses, successes : float32 array (step,)
    patch, best : uint8 array (h, w, 3)
        The patch as it stands, and the best so far.
    seconds : float
        Time spent.
    made : object
        What a file of the patch says of its training; only the training's thread looks into it.
    """

    request: TrainingRequest
    photos: int
    target: str
    step: int
    steps: int
    loss: float
    success: float
    losses: NDArray[np.float32] = field(repr=False)
    successes: NDArray[np.float32] = field(repr=False)
    patch: NDArray[np.uint8] = field(repr=False)
    best: NDArray[np.uint8] = field(repr=False)
    seconds: float
    made: Any = field(repr=False)

    @property
    def seconds_left(self) -> float:
        """How long the remaining steps take at the pace so far."""
        return self.seconds / max(1, self.step) * (self.steps - self.step)
