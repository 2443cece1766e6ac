"""An evaluation watched from the command line: its progress, faults, and an interruption."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.cli import exits
from engine.cli.console import Screen

if TYPE_CHECKING:  # it imports torch
    from engine.evaluation.run import Progress

__all__ = ["Watched", "watch"]


@dataclass(frozen=True)
class Watched:
    """What came of an evaluation.

    Parameters
    ----------
    done : int
        Photos that have all their rows.
    faults, interrupted : bool
    """

    done: int
    faults: bool
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
    faults = interrupted = False
    done = 0
    with screen.progress(photos):
        try:
            for step in steps:
                if not step.photo and step.done > done:
                    screen.tell(f"{step.done} of {step.photos} photos are done already")
                done = step.done
                screen.advance(step.photo, "", done)
                if step.fault:
                    faults = True
                    screen.error(step.fault)
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        screen.tell("interrupted; the same command goes on from here")
    return Watched(done, faults, interrupted)
