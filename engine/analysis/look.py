"""Under which layer and which definition of importance something was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.settings import Fill, Importance

__all__ = ["DEFINITIONS", "Look", "looks"]

# The two definitions, each with the fill that it is meant for: this project's, and the appendix's.
DEFINITIONS: dict[Importance, Fill] = {"contrast": "neutral", "activation": "zero"}


@dataclass(frozen=True)
class Look:
    """A superficial layer and a definition of importance.

    Parameters
    ----------
    layer : str
        ``1``, ``2``, ``3`` or a module's name.
    importance : str
        ``contrast`` or ``activation``.
    """

    layer: str
    importance: Importance

    @property
    def fill(self) -> Fill:
        """What stands in for pruned neurons: ``neutral`` with contrast, ``zero`` with activation."""
        return DEFINITIONS[self.importance]

    @property
    def key(self) -> str:
        """Its name in files."""
        return f"{self.layer}-{self.importance}"

    @property
    def name(self) -> str:
        """Its name on pages."""
        return f"layer {self.layer}, {self.importance}"


def looks(layers: Iterable[str]) -> tuple[Look, ...]:
    """Every layer under both definitions."""
    return tuple(Look(layer, importance) for layer in layers for importance in DEFINITIONS)
