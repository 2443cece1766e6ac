"""An evaluation watched from the command line: its progress, faults, and an interruption."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.cli import exits
from engine.cli.console import Screen

if TYPE_CHECKING:  # they import torch
    from engine.evaluation.parts import Part
    from engine.evaluation.run import Progress

__all__ = ["Watched", "code_of", "counted_photos", "tell_left_out", "watch"]


@dataclass(frozen=True)
class Watched:
    """What came of an evaluation.

    Parameters
    ----------
    done : int
        Photos that have all their rows.
    faults : tuple of str
        What was wrong with photos that could not be answered.
    interrupted : bool
    """

    done: int
    faults: tuple[str, ...]
    interrupted: bool

    @property
    def code(self) -> int:
        """What the exit code has to be."""
        if self.interrupted:
            return exits.INTERRUPTED
        return exits.ERROR if self.faults else exits.QUIET


def watch(screen: Screen, photos: int, steps: "Iterable[Progress]") -> Watched:
    """Show the steps of an evaluation until it ends or is interrupted.

    Parameters
    ----------
    screen : Screen
    photos : int
    steps : iterable of Progress
    """
    faults: list[str] = []
    interrupted, done = False, 0
    with screen.progress(photos):
        try:
            for step in steps:
                if not step.photo and step.done > done:
                    screen.tell(f"{step.done} of {step.photos} photos are done already")
                done = step.done
                screen.advance(step.photo, "", done)
                if step.fault:
                    faults.append(step.fault)
                    screen.error(step.fault)
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        screen.tell("interrupted; the same command goes on from here")
    return Watched(done, tuple(faults), interrupted)


def tell_left_out(screen: Screen, parts: "Sequence[Part]") -> None:
    """Say which defenses cannot run, each reason once."""
    told: dict[str, dict[str, None]] = {}
    for part in parts:
        for defense, sentence in part.sentences.items():
            told.setdefault(sentence, {})[defense] = None
    for sentence, defenses in told.items():
        screen.tell(f"{', '.join(defenses)}: left out. {sentence[0].upper()}{sentence[1:]}")


def code_of(parts: "Sequence[Part]") -> int:
    """The exit code of what could be prepared: a model that cannot be loaded is an error, also where others stand."""
    return exits.ERROR if any(part.subject is None for part in parts) else exits.QUIET


def counted_photos(photos: int, parts: "Sequence[Part]") -> str:
    """How many photos there are to answer, in words."""
    several = sum(part.plan is not None and bool(part.plan.chosen) for part in parts) > 1
    return f"{photos} photos{', each counted once a model and patch' if several else ''}"
