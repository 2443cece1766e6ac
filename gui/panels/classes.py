"""Classes as lists offer them, and as the user types them."""

from collections.abc import Sequence

from engine.errors import SettingsError

__all__ = ["class_entries", "find_class"]


def class_entries(labels: Sequence[str]) -> list[tuple[str, str]]:
    """Text and value of every class, for a :class:`gui.widgets.Picker`: the value is its index."""
    return [(f"{name} · {index}", str(index)) for index, name in enumerate(labels)]


def find_class(text: str, labels: Sequence[str]) -> int:
    """The class of an index, of a name, or of a part of one.

    Raises
    ------
    SettingsError
        If there is none, or several.
    """
    found = _find(text, labels)
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(f"{labels[index]} · {index}" for index in found[:4])
        raise SettingsError(f"{len(found)} classes are called like {text!r}; choose one of {some}.")
    raise SettingsError(
        f"There is no class {text!r}; type a part of its name, or an index from 0 to {len(labels) - 1}."
    )


def _find(text: str, labels: Sequence[str]) -> list[int]:
    if text.isdecimal():
        return [int(text)] if int(text) < len(labels) else []
    wanted = text.casefold()
    names = [name.casefold() for name in labels]
    exact = [index for index, name in enumerate(names) if wanted in [part.strip() for part in name.split(",")]]
    return exact or [index for index, name in enumerate(names) if wanted in name]
