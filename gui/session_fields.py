"""The document's values to and from JSON, each checked for its type: a file may hold anything."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from engine.placement import Placement
from engine.settings import Settings
from gui.document import Document

__all__ = ["as_fields", "placement_of", "settings_of"]

_MOST = 1_000_000  # of pixels, cells, classes: beyond it, arithmetic of the window would overflow
_MOST_LETTERS = 1024
_FILES = ("weights", "adapted", "labels")  # of the settings: kept as references

Check = Callable[[Any], Any]


def as_fields(document: Document) -> dict[str, Any]:
    """Everything of a document but its files."""
    settings = {name: value for name, value in document.settings.as_dict().items() if name not in _FILES}
    return {"placement": asdict(document.placement), "patch_on": document.patch_on, "settings": settings}


def settings_of(values: dict[str, Any]) -> Settings:
    """Settings from JSON; knobs that are not there have their defaults.

    Raises
    ------
    ValueError, SettingsError
        If a knob is unknown, of a wrong type or out of range.
    """
    return Settings(**_checked(values, _SETTINGS))


def placement_of(values: dict[str, Any]) -> Placement:
    """A placement from JSON.

    Raises
    ------
    ValueError, PatchError
        As :func:`settings_of`.
    """
    return Placement(**{"left": 0, "top": 0} | _checked(values, _PLACEMENT))


def _checked(values: dict[str, Any], checks: dict[str, Check]) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        if name not in checks:
            raise ValueError(f"it sets {name[:40]!r}, which is not known here")
        try:
            found[name] = checks[name](value)
        except ValueError as error:
            raise ValueError(f"its {name} is {_shown(value)} and not {error}") from error
    return found


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MOST_LETTERS or not value.isprintable():
        raise ValueError("a text")
    return value


def _rule(value: Any) -> str:
    """Which adapted weights; a file of them stands among the files."""
    if value not in ("auto", "off"):
        raise ValueError("auto or off")
    return str(value)


def _whole(value: Any, most: int = _MOST) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > most:
        raise ValueError("a whole number of sensible size")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= _MOST:
        raise ValueError("a number of sensible size")
    return float(value)


def _seed(value: Any) -> int:
    if _whole(value, 2**63 - 1) < 0:
        raise ValueError("a whole number from 0")
    return int(value)


def _index(value: Any) -> int:
    if _whole(value) < 0:
        raise ValueError("a whole number from 0")
    return int(value)


def _size(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != 2 or not all(_whole(side) > 0 for side in value):
        raise ValueError("a height and a width in pixels")
    return tuple(value)


def _channels(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= 16:
        raise ValueError("a number for each channel")
    return tuple(_number(part) for part in value)


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


_SETTINGS: dict[str, Check] = {
    "model": _text,
    "input_size": _or_none(_size),
    "mean": _or_none(_channels),
    "std": _or_none(_channels),
    "layer": _text,
    "adapted": _rule,
    "patch": _text,
    "top": _or_none(_number),
    "window": _or_none(_whole),
    "stride": _or_none(_whole),
    "selection": _text,
    "importance": _text,
    "fill": _text,
    "rule": _text,
    "tau": _number,
    "label": _or_none(_index),
    "backend": _text,
    "precision": _text,
    "defense": _text,
    "seed": _seed,
}
_PLACEMENT: dict[str, Check] = {"left": _whole, "top": _whole, "scale": _number, "rotation": _number}
