"""Settings that belong together: what a change of one knob takes back of the others, in the same step."""

import math
from dataclasses import replace
from typing import Any

from engine.errors import ThreatError
from engine.models import MODELS, ModelRow
from engine.settings import Settings
from engine.threat import PatchThreat
from gui.snapshot import Snapshot

__all__ = ["names_code", "refit", "widest_stride"]

_DOWNLOADED = ("torchvision:", "timm:")
_OF_THE_MODEL = ("weights", "input_size", "mean", "std", "labels")
_ADAPTED_TO = ("model", "weights", "input_size", "mean", "std", "layer")
_STEPS = 6  # windows along an axis that the default window needs at most


def names_code(model: str) -> bool:
    """Whether a model's name is ``module:function``, code of the user's own."""
    return ":" in model and not model.startswith(_DOWNLOADED)


def refit(settings: Settings, snapshot: Snapshot | None, **knobs: Any) -> Settings:
    """Settings with some knobs changed, and with those taken back that no longer fit.

    - Another model: window, stride, weights, preprocessing and class names are those of the model before; the
      label too, unless both models know the same classes, and a feared patch in pixels becomes a share of the
      input. A model of the user's own needs an input size.
    - Another layer: window and stride are counted in cells of the layer before.
    - Another network or layer: a file of adapted weights belongs to those before, and is left for the rule.
    - Another patch or window: a window that cannot hide the patch becomes the default one, and a stride that
      leaves places uncovered the widest. What is known of the layer is taken from the snapshot; where that is
      not enough to be sure, the default is taken.

    Raises
    ------
    SettingsError
        If a value is out of range.
    """
    after = replace(settings, **knobs)
    back: dict[str, Any] = {}
    if after.model != settings.model:
        back = dict.fromkeys(("window", "stride", *_OF_THE_MODEL))
        here, there = MODELS.get(settings.model), MODELS.get(after.model)
        if here is None or there is None or here.data != there.data:
            back["label"] = None
            back["patch"] = _share(settings.patch, here)
        if names_code(after.model):
            back["input_size"] = (224, 224)
    elif after.layer != settings.layer or after.input_size != settings.input_size:
        back = {"window": None, "stride": None}
    elif after.patch != settings.patch or after.window != settings.window:
        smallest = _smallest_window(after, snapshot)
        if after.window is not None and after.patch != settings.patch and not _at_least(after.window, smallest):
            after = replace(after, window=None)
        if after.stride is not None and not _at_least(_slack(after.window, smallest, snapshot), after.stride):
            back = {"stride": None}
    is_file = after.adapted not in ("auto", "off")
    if is_file and any(getattr(after, name) != getattr(settings, name) for name in _ADAPTED_TO):
        back["adapted"] = "auto"
    return replace(after, **{name: value for name, value in back.items() if name not in knobs})


def widest_stride(snapshot: Snapshot) -> int:
    """The widest step, in cells, at which the windows of a snapshot still cover the patch."""
    return max(1, snapshot.side - snapshot.smallest_window + 1)


def _smallest_window(settings: Settings, snapshot: Snapshot | None) -> int | None:
    """Cells that a patch may reach, at most one too many; ``None`` where nothing is known of the layer."""
    if snapshot is None:
        return None
    known = snapshot.request.document.settings
    if (known.model, known.layer, known.input_size) != (settings.model, settings.layer, settings.input_size):
        return None
    try:
        threat = PatchThreat.parse(settings.patch, snapshot.model.input_size)
    except ThreatError:
        return None
    grown = max(threat.height - snapshot.threat_px[0], threat.width - snapshot.threat_px[1])
    if grown <= 0:
        return snapshot.smallest_window
    cell = min(snapshot.model.input_size) / (snapshot.largest_window + 1)
    return snapshot.smallest_window + math.ceil(grown / cell) + 1


def _share(patch: str, model: ModelRow | None) -> str:
    """A feared patch as a share of the input; as it is where that is not known."""
    if patch.strip().endswith("%") or model is None:
        return patch
    try:
        return f"{100 * PatchThreat.parse(patch, model.input_size).share:.3g}%"
    except ThreatError:
        return patch


def _slack(window: int | None, smallest: int | None, snapshot: Snapshot | None) -> int | None:
    if smallest is None or snapshot is None:
        return None
    cells = snapshot.largest_window + 1
    side = window if window is not None else (cells + (_STEPS - 1) * (smallest - 1)) // _STEPS
    return side - smallest + 1


def _at_least(value: int | None, bound: int | None) -> bool:
    return value is not None and bound is not None and value >= bound
