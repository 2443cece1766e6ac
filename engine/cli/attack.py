"""``attack``: photos in, a trained patch out."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine.attacks.checkpoint import no_checkpoint
from engine.attacks.patch_file import check_patch_path, made_of, read_trained_patch, write_trained_patch
from engine.attacks.photos import Photos, read_photos, split
from engine.attacks.settings import AttackSettings
from engine.attacks.success import Success, measure_success
from engine.attacks.train import AttackStage, train_patch
from engine.cli import exits
from engine.cli.arguments import settings_from
from engine.cli.attack_options import UNTARGETED
from engine.cli.class_names import class_index
from engine.cli.command_line import command_line
from engine.cli.console import Screen
from engine.cli.inspectors import Inspectors
from engine.cli.references import guard_inputs
from engine.cli.watch_training import watch_training
from engine.errors import OutputError, PatchError, SettingsError
from engine.images import check_photo, spread
from engine.outputs import check_output
from engine.placement import parse_position, read_patch

__all__ = ["attack"]

_KNOBS = ("patch", "steps", "batch", "optimizer", "rate", "rotation", "scale", "brightness", "perspective", "vary")


def attack(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Train a patch, save it, and measure it on photos that were held back; the exit code.

    Raises
    ------
    SinscopeError
        If what was asked for cannot be done, or the patch not be saved.
    """
    return _Attack(arguments, inspectors).run()


class _Attack:
    """One run of the command."""

    def __init__(self, arguments: argparse.Namespace, inspectors: Inspectors) -> None:
        self._arguments = arguments
        self._screen = Screen()
        self._settings = settings_from(arguments)
        self._attack = _asked(arguments)  # without its target, whose name only the model knows
        self._out = Path(arguments.out)
        self._checkpoint = Path(arguments.checkpoint or self._out.with_suffix(".checkpoint"))
        beside = check_patch_path(self._out)
        check_output(self._checkpoint)
        names = [name for name in (arguments.source, arguments.start) if name]
        guard_inputs([self._out, beside, self._checkpoint], names)
        if self._checkpoint.exists() and not arguments.resume:
            raise OutputError(
                f"{self._checkpoint} holds an unfinished training; go on from it with --resume, or delete it."
            )
        if arguments.resume and not self._checkpoint.exists():
            _refuse_finished(self._out, beside)
            raise no_checkpoint(self._checkpoint)
        self._start = read_patch(arguments.start) if arguments.start else None
        trained, others = split(arguments.source, arguments.limit)
        self._trained, self._others = trained, spread_names(others, arguments.held_out)
        for name in (*self._trained, *self._others):
            check_photo(name)
        self._inspector = inspectors.get(self._settings)
        if arguments.target != UNTARGETED:
            target = class_index(arguments.target, self._inspector.classifier.labels)
            self._attack = _asked(arguments, target)

    def run(self) -> int:
        """Train, save, measure, save; the exit code."""
        photos = self._read(self._trained)
        stage = self._train(photos)
        if stage is None:
            self._screen.tell("interrupted before the first step")
            return exits.INTERRUPTED
        self._save(stage, photos, None)
        self._screen.show(f"patch written to {self._out}", wrap=False)
        if not stage.done:
            self._screen.tell(
                f"interrupted after {stage.step} of {stage.steps} steps; the same command with --resume goes on"
            )
            return exits.INTERRUPTED
        self._checkpoint.unlink(missing_ok=True)
        self._screen.show(
            f"{stage.step} steps in {stage.seconds:.0f} s: loss {stage.loss:.3f}, "
            f"success in training {stage.success:.1%}"
        )
        if self._others:
            try:
                success = self._measure()
            except KeyboardInterrupt:
                self._screen.tell("interrupted while measuring; the patch is complete")
                return exits.INTERRUPTED
            self._save(stage, photos, success)
            self._screen.show(_said(success))
        return exits.QUIET

    def _read(self, references: Sequence[str]) -> Photos:
        with self._screen.progress(len(references)):
            return read_photos(
                references,
                self._inspector.classifier.preprocessing,
                lambda done: self._screen.advance("reading", "", done),
            )

    def _train(self, photos: Photos) -> AttackStage | None:
        """The last stage that was reached; ``None`` if interrupted before one was."""
        stages = train_patch(
            self._inspector,
            photos,
            self._attack,
            self._settings,
            start=None if self._start is None else self._start.rgba[..., :3],
            checkpoint=self._checkpoint,
            resume=self._arguments.resume,
        )
        return watch_training(
            self._screen,
            stages,
            self._attack.steps,
            "training",
            lambda stage: f"loss {stage.loss:.3f}, success {stage.success:.0%}",
        )

    def _save(self, stage: AttackStage, photos: Photos, held_out: Success | None) -> None:
        made = made_of(
            stage,
            self._attack,
            self._settings,
            self._inspector.classifier,
            photos,
            command=command_line(self._arguments.words),
            start=self._start,
            held_out=held_out,
        )
        write_trained_patch(self._out, stage.best, made)

    def _measure(self) -> Success:
        photos = self._read(self._others)
        with self._screen.progress(len(photos)):
            return measure_success(
                self._inspector.classifier,
                read_patch(self._out),
                photos,
                self._attack.target,
                self._attack.drawn_from,
                self._attack.seed,
                tell=lambda done: self._screen.advance("measuring", "", done),
            )


def _refuse_finished(patch: Path, beside: Path) -> None:
    """Say that there is nothing to go on with, where the patch's JSON says so.

    Raises
    ------
    SettingsError
    """
    if not (patch.exists() and beside.exists()):
        return
    try:
        made = read_trained_patch(patch)
    except PatchError:  # no patch of ours: that there is no checkpoint is then all to be said
        return
    steps = made.made.get("steps_done")
    if steps == made.attack.steps:
        raise SettingsError(
            f"The training of {patch} is finished, all {steps} steps of it; to train anew, give another --out."
        )


def _asked(arguments: argparse.Namespace, target: int | None = None) -> AttackSettings:
    """The attack that was asked for.

    Raises
    ------
    SettingsError, PatchError
        If a knob is out of range.
    """
    if arguments.alpha is not None and not arguments.adaptive:
        raise SettingsError("--alpha weighs the penalty of an adaptive attack; add --adaptive.")
    given = {name: getattr(arguments, name) for name in _KNOBS if getattr(arguments, name) is not None}
    alpha = 0.0 if not arguments.adaptive else 1.0 if arguments.alpha is None else arguments.alpha
    return AttackSettings(
        target=target,
        defended=arguments.defended,
        alpha=alpha,
        places=None if arguments.at is None else parse_position(arguments.at),
        precision=arguments.arithmetic or "auto",
        seed=getattr(arguments, "seed", 0),
        **given,
    )


def spread_names(names: Sequence[str], limit: int | None) -> list[str]:
    """At most ``limit`` of the photos that were held back."""
    if limit is not None and limit < 0:
        raise SettingsError(f"The number of photos to measure on is 0 or more, not {limit}.")
    return [] if limit == 0 else [str(path) for path in spread([Path(name) for name in names], limit)]


def _said(success: Success) -> str:
    parts = [f"prediction changed on {success.moved} %"]
    if success.target is not None:
        parts.insert(0, f"target reached on {success.target} %")
    return f"held-back photos ({success.moved.images}), one random place each: {', '.join(parts)}"
