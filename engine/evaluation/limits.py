"""How many photos each defense is measured on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.defenses.registry import DEFENSES
from engine.errors import SettingsError

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """Photos a defense: one number for all, and others for some.

    Parameters
    ----------
    every : int, optional
        All photos if ``None``.
    special : mapping of str to int
        By a defense's name in the registry.
    """

    every: int | None = None
    special: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, text: str) -> "Limits":
        """Read ``500``, ``minority_reports=200``, or both with a comma between.

        Raises
        ------
        SettingsError
            If it is neither, or a number is below 1.
        """
        every: int | None = None
        special: dict[str, int] = {}
        for part in text.split(","):
            name, equals, count = (piece.strip() for piece in part.rpartition("="))
            if not count.isdecimal() or int(count) < 1:
                raise SettingsError(f"--limit cannot be {part.strip()!r}; write 500, or minority_reports=200.")
            if not equals:
                every = int(count)
            elif name in DEFENSES:
                special[name] = int(count)
            else:
                raise SettingsError(
                    f"--limit names {name!r}, which is no defense; choose from {', '.join(DEFENSES)}."
                )
        return cls(every, MappingProxyType(special))

    def of(self, defense: str) -> int | None:
        """The number for a defense, as ``--defense`` names it; ``None`` for all photos."""
        return self.special.get(defense.partition(":")[0], self.every)
