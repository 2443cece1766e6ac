"""The knobs of an adaptation to SIN pruning, in one frozen value."""

import math
from dataclasses import dataclass, fields
from typing import Any, get_args

from engine.attacks.settings import ArithmeticName
from engine.errors import SettingsError

__all__ = ["AdaptationSettings"]


@dataclass(frozen=True, kw_only=True)
class AdaptationSettings:
    """How a network is adapted; layer, rate, importance and fill are those of :class:`engine.settings.Settings`.

    Parameters
    ----------
    patches : tuple of str
        Patches whose window families the occluding windows of the training have their sides from, drawn evenly.
    stages : tuple of str
        Modules below the superficial layer: they are retrained, and their outputs are targets.
    whole : bool
        Retrain everything below the superficial layer; ``stages`` are then targets only.
    steps, photos : int
        Steps, and crops of photos a step.
    windows : int
        Occluded copies of each crop; one more copy is only pruned.
    learning_rate, late, decay : float
        The highest rate of the cycle, the share of it for what is retrained below the stages, and AdamW's weight
        decay.
    average : float
        Share of the running mean of the weights that a step leaves as it was; 0 keeps the last weights.
    logits, worst : float
        Weight of the divergence of the logits beside the stages' errors, and the share of it that the copy of
        each crop with the greatest divergence stands for.
    smallest : float
        Least share of a photo's area that a crop shows.
    jitter : float
        Most by which brightness, contrast and saturation of a crop are changed.
    renormalize : int
        Steps' worth of crops over which the statistics of the stages' batch norms are taken anew before the first
        step; they then stay. 0 keeps the original ones.
    precision : str
        ``mixed`` computes the network in bfloat16; ``auto`` does so where the processor has it.
    seed : int
        Of all that is drawn at random.
    """

    patches: tuple[str, ...] = ("2%",)
    stages: tuple[str, ...] = ()
    whole: bool = False
    steps: int = 2000
    photos: int = 8
    windows: int = 3
    learning_rate: float = 1e-3
    late: float = 0.2
    decay: float = 1e-4
    average: float = 0.995
    logits: float = 1.0
    worst: float = 0.5
    smallest: float = 0.25
    jitter: float = 0.3
    renormalize: int = 8
    precision: ArithmeticName = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside a knob's range, naming the knob.

        Raises
        ------
        SettingsError
            If a choice is unknown or a number is out of range.
        """
        if self.precision not in get_args(ArithmeticName):
            choices = ", ".join(get_args(ArithmeticName))
            raise SettingsError(f"precision cannot be {self.precision!r}; choose one of {choices}.")
        for name, least in (("steps", 1), ("photos", 1), ("windows", 0), ("renormalize", 0), ("seed", 0)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} of an adaptation is at least {least}, not {getattr(self, name)}.")
        if not 0 < self.learning_rate < math.inf:
            raise SettingsError(f"The learning rate must be above 0, not {self.learning_rate:.4g}; try 0.001.")
        for name in ("decay", "logits"):
            if not 0 <= getattr(self, name) < math.inf:
                raise SettingsError(f"{name} is a weight of at least 0, not {getattr(self, name):.4g}.")
        for name in ("late", "worst", "jitter"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} is a share from 0 to 1, not {getattr(self, name):.4g}.")
        if not 0 <= self.average < 1:
            raise SettingsError(f"average is a share from 0 to below 1, not {self.average:.4g}; try 0.995.")
        if not 0 < self.smallest <= 1:
            raise SettingsError(f"A crop shows a share above 0 and up to 1 of a photo, not {self.smallest:.4g}.")
        if not self.patches:
            raise SettingsError("Windows are made for at least one patch; name one, such as 2%.")

    def as_dict(self) -> dict[str, Any]:
        """Every knob by name, in JSON's types."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
