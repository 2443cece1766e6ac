"""Every knob of a patch's training, in one frozen value."""

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from engine.errors import SettingsError
from engine.places import Places

__all__ = ["TOASTER", "ArithmeticName", "AttackSettings", "Optimizer"]

Optimizer = Literal["adam", "sign"]
ArithmeticName = Literal["auto", "fp32", "mixed"]

TOASTER = 859  # of ImageNet's classes, the paper's target

_RATES = {"adam": 0.03, "sign": 4 / 255}


@dataclass(frozen=True, kw_only=True)
class AttackSettings:
    """What is asked of an attack: a patch file stores it, a checkpoint is bound to it.

    Parameters
    ----------
    target : int, optional
        Class that the patch is to bring about; ``None`` only drives the model off its own prediction.
    patch : str
        Size of the patch, as ``PatchThreat.parse`` reads it.
    steps, batch : int
        Steps of the optimizer, and photos each step looks at.
    optimizer : str
        ``adam``, or ``sign``: every pixel moves by the rate. Both are clamped to the pixels' range after each step.
    rate : float, optional
        Learning rate of the first step, in units of the pixels' range, which falls to 0 by a cosine; ``None``
        for the optimizer's usual one.
    places : (int, int), optional
        X and Y of the patch's bounding box; ``None`` draws a place for every photo and step, borders included.
    rotation : float
        Most degrees to either side.
    scale : (float, float)
        Least and largest factor.
    brightness : float
        The patch is made darker or lighter by a factor within 1 - brightness and 1 + brightness.
    perspective : float
        Most that each corner moves towards the centre, as a share of its way.
    vary : float
        Photos are mirrored at random, and cut at random to no less than 1 - vary of their sides and resized, which
        makes many of few; 0 leaves them as they are.
    defended : bool
        Attack the base prediction of the pruned model instead of the plain one.
    alpha : float
        Weight of the penalty on superficial activation (Eq. 6); 0 leaves the plain loss (Eq. 3).
    precision : str
        ``fp32``; ``mixed`` (half precision for the network, single for the patch); ``auto`` takes ``mixed``
        where the hardware has it.
    seed : int
        Of everything drawn.
    """

    target: int | None = TOASTER
    patch: str = "5%"
    steps: int = 1000
    batch: int = 8
    optimizer: Optimizer = "adam"
    rate: float | None = None
    places: tuple[int, int] | None = None
    rotation: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    brightness: float = 0.0
    perspective: float = 0.0
    vary: float = 0.0
    defended: bool = False
    alpha: float = 0.0
    precision: ArithmeticName = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside a knob's range, naming the knob.

        Raises
        ------
        SettingsError
            If a choice is unknown or a number is out of range.
        """
        for name, choices in (("optimizer", get_args(Optimizer)), ("precision", get_args(ArithmeticName))):
            if getattr(self, name) not in choices:
                raise SettingsError(f"{name} cannot be {getattr(self, name)!r}; choose one of {', '.join(choices)}.")
        for name in ("steps", "batch"):
            if getattr(self, name) < 1:
                raise SettingsError(f"An attack needs at least 1 for {name}, not {getattr(self, name)}.")
        if self.seed < 0:
            raise SettingsError(f"The seed of an attack is a whole number from 0 on, not {self.seed}.")
        if self.rate is not None and not 0 < self.rate < math.inf:
            raise SettingsError(f"The learning rate must be above 0, not {self.rate:.4g}; try 0.03.")
        if not 0 <= self.alpha < math.inf:
            raise SettingsError(f"alpha weighs a penalty and is at least 0, not {self.alpha:.4g}; try 1.")
        if not 0 <= self.rotation <= 180:
            raise SettingsError(f"The rotation is 0 to 180 degrees to either side, not {self.rotation:.4g}.")
        if not 0 < self.scale[0] <= self.scale[1] < math.inf:
            low, high = self.scale
            raise SettingsError(f"A scale from {low:.4g} to {high:.4g} is no range above 0; try 0.8 to 1.2.")
        for name in ("brightness", "perspective", "vary"):
            if not 0 <= getattr(self, name) <= 0.5:
                what = "variation of the photos" if name == "vary" else name
                raise SettingsError(f"The {what} is a share from 0 to 0.5, not {getattr(self, name):.4g}; try 0.2.")

    @property
    def learning_rate(self) -> float:
        """The rate of the first step."""
        return self.rate if self.rate is not None else _RATES[self.optimizer]

    @property
    def drawn_from(self) -> Places:
        """The placements that photos get."""
        return Places(self.places, self.rotation, self.scale)

    def as_dict(self) -> dict[str, Any]:
        """Every knob by name, in JSON's types."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "AttackSettings":
        """What :meth:`as_dict` gave.

        Raises
        ------
        SettingsError, TypeError
            If a knob is unknown or its value is not one.
        """
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**given)
