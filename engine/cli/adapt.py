"""``adapt``: photos in, weights adapted to SIN pruning out."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.attacks.photos import Photos, read_photos, split
from engine.classifiers.adaptation import read_adaptation
from engine.cli import exits
from engine.cli.arguments import settings_from
from engine.cli.attack import spread_names
from engine.cli.command_line import command_line
from engine.cli.console import Screen
from engine.cli.inspectors import Inspectors
from engine.cli.references import guard_inputs
from engine.cli.watch_training import watch_training
from engine.errors import OutputError, SettingsError
from engine.outputs import check_output
from engine.settings import Settings
from engine.training.adapt import AdaptationStage, adapt
from engine.training.adaptation_file import HeldOut, adapted_to, check_adaptation_path, save_adaptation
from engine.training.adaptation_settings import AdaptationSettings
from engine.training.agreement import Agreement, measure_agreement
from engine.training.crops import PhotoSet, read_photo_set

__all__ = ["adapt_classifier"]

_KNOBS = ("windows", "smallest", "jitter", "steps", "photos", "learning_rate", "late", "logits", "worst", "average")


def adapt_classifier(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Adapt a classifier, save its weights, and measure them on photos that were held back; the exit code.

    Raises
    ------
    SinscopeError
        If what was asked for cannot be done, or the weights not be saved.
    """
    return _Adapt(arguments, inspectors).run()


class _Adapt:
    """One run of the command."""

    def __init__(self, arguments: argparse.Namespace, inspectors: Inspectors) -> None:
        self._arguments = arguments
        self._screen = Screen()
        patches = tuple(text.strip() for text in arguments.patches.split(",") if text.strip())
        _asked(arguments, patches, ())  # what is wrong whatever the model is, is said before it is loaded
        self._settings = replace(settings_from(arguments), adapted="off", patch=patches[0])
        self._out = Path(arguments.out)
        self._checkpoint = Path(arguments.checkpoint or self._out.with_suffix(".checkpoint"))
        beside = check_adaptation_path(self._out)
        check_output(self._checkpoint)
        guard_inputs(
            [self._out, beside, self._checkpoint], [arguments.source, *([arguments.start] if arguments.start else [])]
        )
        if self._checkpoint.exists() and not arguments.resume:
            raise OutputError(
                f"{self._checkpoint} holds an unfinished training; go on from it with --resume, or delete it."
            )
        trained, others = split(arguments.source, arguments.limit)
        self._trained, self._others = trained, spread_names(others, arguments.held_out)
        self._start = read_adaptation(Path(arguments.start)) if arguments.start else None
        self._inspector = inspectors.get(self._settings)
        self._adaptation = _asked(arguments, patches, self._stages())
        self._command = command_line(arguments.words)

    def run(self) -> int:
        """Train, save, measure, save; the exit code."""
        photos = self._read(self._trained)
        stage = self._train(photos)
        if stage is None:
            self._screen.tell("interrupted before the first step")
            return exits.INTERRUPTED
        self._save(stage, photos, None)
        self._screen.show(f"adapted weights written to {self._out}", wrap=False)
        if not stage.done:
            self._screen.tell(
                f"interrupted after {stage.step} of {stage.steps} steps; the same command with --resume goes on"
            )
            return exits.INTERRUPTED
        self._checkpoint.unlink(missing_ok=True)
        self._screen.show(f"{stage.step} steps in {stage.seconds:.0f} s: loss {stage.loss:.3f}")
        if self._others:
            try:
                held_out = self._measure()
            except KeyboardInterrupt:
                self._screen.tell("interrupted while measuring; the weights are complete")
                return exits.INTERRUPTED
            self._save(stage, photos, held_out)
            for when, agreement in (("original weights", held_out.before), ("adapted weights", held_out.after)):
                self._screen.show(_said(when, agreement))
        return exits.QUIET

    def _stages(self) -> tuple[str, ...]:
        """The stages that were named, or those that this kind of network has.

        Raises
        ------
        SettingsError
            If none were named and none are known.
        """
        if self._arguments.stages is not None:
            return tuple(text.strip() for text in self._arguments.stages.split(",") if text.strip())
        known = self._inspector.classifier.family.stages
        if not known and not self._arguments.all:
            raise SettingsError(
                f"It is not known which stages of {self._inspector.classifier.name} to retrain; name modules with "
                f"--stages, or take --all."
            )
        return known

    def _read(self, references: Sequence[str]) -> PhotoSet:
        with self._screen.progress(len(references)):
            return read_photo_set(
                references,
                self._inspector.classifier.preprocessing,
                lambda done: self._screen.advance("reading", "", done),
            )

    def _train(self, photos: PhotoSet) -> AdaptationStage | None:
        """The last stage that was reached; ``None`` if interrupted before one was."""
        stages = adapt(
            self._inspector,
            photos,
            self._adaptation,
            self._settings,
            start=self._start,
            checkpoint=self._checkpoint,
            resume=self._arguments.resume,
        )
        steps = self._adaptation.steps
        return watch_training(self._screen, stages, steps, "adapting", lambda stage: f"loss {stage.loss:.3f}")

    def _save(self, stage: AdaptationStage, photos: PhotoSet, held_out: HeldOut | None) -> None:
        to = adapted_to(self._inspector, self._settings)
        save_adaptation(self._out, stage, to, self._adaptation, photos, self._command, held_out, self._start)

    def _measure(self) -> HeldOut:
        with self._screen.progress(len(self._others)):
            photos = read_photos(
                self._others,
                self._inspector.classifier.preprocessing,
                lambda done: self._screen.advance("reading", "", done),
            )
        rate = self._inspector.rate(self._settings)
        return HeldOut(
            *(
                self._agreement(photos_settings, photos)
                for photos_settings in (
                    replace(self._settings, top=rate),
                    replace(self._settings, top=rate, adapted=str(self._out)),
                )
            )
        )

    def _agreement(self, settings: Settings, photos: Photos) -> Agreement:
        with self._screen.progress(len(photos)):
            return measure_agreement(
                self._inspector, photos, settings, lambda done: self._screen.advance("measuring", "", done)
            )


def _asked(arguments: argparse.Namespace, patches: tuple[str, ...], stages: tuple[str, ...]) -> AdaptationSettings:
    """The adaptation that was asked for.

    Raises
    ------
    SettingsError
        If a knob is out of range.
    """
    given = {name: getattr(arguments, name) for name in _KNOBS if getattr(arguments, name) is not None}
    return AdaptationSettings(
        patches=patches,
        stages=stages,
        whole=arguments.all,
        precision=arguments.arithmetic or "auto",
        seed=getattr(arguments, "seed", 0),
        **given,
    )


def _said(when: str, agreement: Agreement) -> str:
    return (
        f"held-back photos ({agreement.pruned.images}), {when}: the pruned model says what the full one says on "
        f"{agreement.pruned} %, under every window too on {agreement.windows} %"
    )
