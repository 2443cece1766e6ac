"""Every knob of an inspection, in one frozen value."""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from engine.errors import SettingsError

__all__ = ["BackendName", "Fill", "Importance", "Precision", "Rule", "Selection", "Settings"]

Selection = Literal["per_window", "global"]
Importance = Literal["contrast", "activation"]
Fill = Literal["neutral", "zero"]
Rule = Literal["consistency", "confident", "hicert"]
BackendName = Literal["auto", "torch", "openvino"]
Precision = Literal["fp32", "fp16", "bf16"]
Defense = Literal["scalecert"]

_CHOICES: dict[str, tuple[str, ...]] = {
    "selection": get_args(Selection),
    "importance": get_args(Importance),
    "fill": get_args(Fill),
    "rule": get_args(Rule),
    "backend": get_args(BackendName),
    "precision": get_args(Precision),
    "defense": get_args(Defense),
}
_SEEDS = 2**63  # torch takes no more


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is asked of the engine: a session stores it, a report prints it, an undo step swaps it.

    Parameters
    ----------
    model, weights : str
        Name of the classifier (``engine.classifiers``) and, optionally, a file of weights for it; ``random``
        for untrained ones drawn from the seed.
    input_size, mean, std, labels : optional
        What overrides the model's own preprocessing and class names: height and width in pixels, normalisation
        per channel, a file of names. A user's own model needs ``input_size``.
    layer : str
        ``"1"``, ``"2"``, ``"3"`` (the model's usual superficial layers), ``"input"``, or a module's name;
        ``"module:1"`` for a module whose name is a number.
    adapted : str
        Weights below the superficial layer that were adapted to SIN pruning: ``auto`` takes those that come with
        the program where they were made for these very settings, ``off`` none, anything else is a file of them.
    patch : str
        The threat: ``"2%"`` of the pixels, ``"32"`` px square, or ``"32x40"`` px (height x width).
    top : float, optional
        Top-ranking rate in (0, 1]; ``None`` takes the model's own rate for the layer.
    window, stride : int, optional
        Side of the occluding windows and step between them, in cells of the superficial layer. ``None``: the
        smallest window that needs at most six steps an axis, and the fewest windows that cover the threat.
    selection, importance, fill : str
        How SINs are ranked and chosen, and what stands in for the neurons left out.
    rule, tau : str, float
        The alert rule and its confidence threshold in [0, 1] (``consistency`` has none).
    label : int, optional
        Class index to certify; ``None`` certifies the base prediction.
    backend, precision, defense, seed : optional
        What runs the network, in which arithmetic, by which defense; the seed of what is drawn at random.
    """

    model: str = "efficientnet_lite0"
    weights: str | None = None
    input_size: tuple[int, int] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    labels: str | None = None
    layer: str = "1"
    adapted: str = "auto"
    patch: str = "2%"
    top: float | None = None
    window: int | None = None
    stride: int | None = None
    selection: Selection = "per_window"
    importance: Importance = "contrast"
    fill: Fill = "neutral"
    rule: Rule = "consistency"
    tau: float = 0.5
    label: int | None = None
    backend: BackendName = "auto"
    precision: Precision = "fp32"
    defense: Defense = "scalecert"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse values outside a knob's range, naming the knob.

        Raises
        ------
        SettingsError
            If a choice is unknown or a number is out of range.
        """
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise SettingsError(f"{name} cannot be {value!r}; choose one of {', '.join(choices)}.")
        if self.top is not None and not 0 < self.top <= 1:
            meant = f"write {self.top:g}% or {self.top / 100:g}" if 1 < self.top <= 100 else "try 50%"
            raise SettingsError(
                f"The top-ranking rate must be above 0 % and at most 100 %, not {100 * self.top:.4g} %; {meant}."
            )
        if not 0 <= self.tau <= 1:
            raise SettingsError(f"tau is a confidence between 0 and 1, not {self.tau:.4g}; try 0.5.")
        for name in ("window", "stride"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"The {name} must be at least 1 cell, not {value}.")
        if not 0 <= self.seed < _SEEDS:
            raise SettingsError(f"The seed is a whole number from 0 up to 2^63 - 1, not {self.seed}; try 0.")

    def as_dict(self) -> dict[str, Any]:
        """Every knob by name, in JSON's types."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
