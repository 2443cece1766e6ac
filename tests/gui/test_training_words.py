"""The command in a patch's JSON trains that patch: it parses back to the same attack."""

import shlex
from pathlib import Path

import pytest

from engine.attacks.settings import AttackSettings
from engine.cli.arguments import make_parser, settings_from
from engine.cli.attack import _asked
from engine.cli.attack_options import UNTARGETED
from engine.settings import Settings
from gui.training import TrainingRequest
from gui.worker.words import command_line


@pytest.mark.parametrize(
    ("attack", "settings"),
    [
        (AttackSettings(), Settings()),
        (
            AttackSettings(target=None, patch="32x40", steps=7, batch=1, rate=0.3, places=(5, 6), seed=4),
            Settings(patch="32x40", seed=4),
        ),
        (
            AttackSettings(target=3, patch="2%", alpha=1.5, defended=True),
            Settings(
                model="nets.py:net",
                input_size=(32, 48),
                mean=(0.5,),
                std=(0.25, 0.2, 0.1),
                layer="stem",
                top=0.35,
                adapted="off",
            ),
        ),
    ],
)
def test_the_command_asks_for_the_same_attack(attack: AttackSettings, settings: Settings, tmp_path: Path):
    request = TrainingRequest(1, "/somewhere/my photo.png", 5, attack, settings)
    words = shlex.split(command_line(request, tmp_path / "patch.png"))
    assert words[:2] == ["python", "main.py"]
    assert not any("/" in word for word in words)
    arguments = make_parser().parse_args(words[2:])
    target = None if arguments.target == UNTARGETED else int(arguments.target)
    assert _asked(arguments, target) == attack
    assert arguments.source == "my photo.png"
    assert arguments.out == "patch.png"
    assert arguments.limit == 5
    asked = settings_from(arguments)
    for knob in ("model", "input_size", "mean", "std", "layer", "adapted", "top", "seed"):
        assert getattr(asked, knob) == getattr(settings, knob)
