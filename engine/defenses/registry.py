"""Which defenses there are, and making one by its name: a new defense is one file and one row here."""

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from engine.defenses.base import Defense
from engine.defenses.clipped_bagnet import ClippedBagNet
from engine.defenses.derandomized_smoothing import DerandomizedSmoothing
from engine.defenses.ibp import IBP
from engine.defenses.minority_reports import MinorityReports
from engine.defenses.minority_reports_pc import MinorityReportsPC
from engine.defenses.patchcleanser import PatchCleanser
from engine.defenses.patchguard_mask_bn import MaskBN
from engine.defenses.patchguard_mask_ds import MaskDS
from engine.defenses.patchguard_pp import PatchGuardPP
from engine.defenses.scalecert import ScaleCert
from engine.errors import DefenseError

__all__ = ["DEFENSES", "AnyDefense", "make_defense"]

AnyDefense = Defense[Any, Any]

# In the order of Table 5, then those that it does not have.
_ROWS: tuple[type[AnyDefense], ...] = (
    IBP,
    ClippedBagNet,
    DerandomizedSmoothing,
    MaskDS,
    MaskBN,
    MinorityReports,
    PatchGuardPP,
    ScaleCert,
    PatchCleanser,
    MinorityReportsPC,
)
DEFENSES: Mapping[str, type[AnyDefense]] = {row.name: row for row in _ROWS}


def make_defense(text: str, usual: Mapping[str, Mapping[str, Any]] | None = None) -> AnyDefense:
    """A defense from ``NAME``, ``NAME:PRESET`` or ``NAME:knob=value:knob=value``.

    Parameters
    ----------
    text : str
    usual : mapping, optional
        By name of a defense, knobs that stand where the text says nothing.

    Raises
    ------
    DefenseError
        If there is no such defense, preset or knob, or a value cannot be read.
    SettingsError
        If a value is out of range.
    """
    name, *parts = (part.strip() for part in text.split(":"))
    if name not in DEFENSES:
        near = difflib.get_close_matches(name, DEFENSES, n=3) or list(DEFENSES)
        raise DefenseError(f"There is no defense {name!r}; choose from {', '.join(near)}, or all.")
    row = DEFENSES[name]
    presets = row.configuration.published()
    defense = row(presets[parts[0]]) if parts and parts[0] in presets else row()
    if not (parts and parts[0] in presets):
        defense = defense.configured(**(usual or {}).get(name, {}))
    else:
        parts = parts[1:]
    knobs = {}
    for part in parts:
        knob, equals, value = part.partition("=")
        known = {field.name: field for field in fields(row.configuration)}
        if not equals or knob not in known:
            raise DefenseError(
                f"{name} has no preset or knob {part!r}; its presets are {', '.join(presets)}, its knobs "
                f"{', '.join(f'{one}=...' for one in known)}."
            )
        knobs[knob] = _read(name, knob, value, str(known[knob].type))
    return defense.configured(**knobs)


def _read(name: str, knob: str, value: str, kind: str) -> object:
    """A knob's value from text, by the type that its configuration gives it."""
    try:
        if value == "none" and "None" in kind:
            return None
        if "bool" in kind:
            return {"true": True, "false": False}[value.lower()]
        if "int" in kind:
            return int(value)
        if "float" in kind:
            return float(value)
    except (KeyError, ValueError) as error:
        wanted = "true or false" if "bool" in kind else "a whole number" if "int" in kind else "a number"
        raise DefenseError(f"The knob {knob} of {name} cannot be {value!r}; write {wanted}.") from error
    return value
