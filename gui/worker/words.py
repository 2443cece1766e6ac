"""The command line that trains the patch which the window has trained."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from engine.settings import Settings
from gui.training import TrainingRequest

__all__ = ["command_line"]

# Settings that an attack may look at, by their option.
_KNOBS = (
    *("model", "weights", "input_size", "mean", "std", "labels", "layer", "adapted"),
    *("top", "selection", "importance", "fill", "seed"),
)


def command_line(request: TrainingRequest, path: Path) -> str:
    """The command, with files and folders by their names alone."""
    source = request.source if request.source.startswith("sample:") else Path(request.source).name
    return shlex.join(["python", "main.py", "attack", source, "--out", path.name, *_options(request)])


def _options(request: TrainingRequest) -> Iterator[str]:
    attack, usual = request.attack, Settings()
    yield from ("--target", "untargeted" if attack.target is None else str(attack.target))
    yield from ("--patch", attack.patch, "--steps", str(attack.steps), "--batch", str(attack.batch))
    if attack.rate is not None:
        yield from ("--rate", f"{attack.rate:g}")
    if attack.places is not None:
        yield from ("--at", f"{attack.places[0]},{attack.places[1]}")
    if attack.defended:
        yield "--defended"
    if attack.alpha:
        yield from ("--adaptive", "--alpha", f"{attack.alpha:g}")
    yield from ("--limit", str(request.limit))
    for knob in _KNOBS:
        value = getattr(request.settings, knob)
        if value != getattr(usual, knob):
            yield from (f"--{knob.replace('_', '-')}", _text(knob, value))


def _text(knob: str, value: object) -> str:
    if isinstance(value, tuple):
        return ("x" if knob == "input_size" else ",").join(f"{part:g}" for part in value)
    if knob in ("weights", "adapted", "labels") and isinstance(value, str):
        return Path(value).name
    return f"{100 * value:g}%" if knob == "top" and isinstance(value, float) else str(value)
