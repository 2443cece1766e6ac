"""A training watched from the command line: its progress, and an interruption."""

import math
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TypeVar

from engine.attacks.train import AttackStage
from engine.cli.console import Screen
from engine.training.adapt import AdaptationStage

__all__ = ["watch_training"]

_TOLD_EVERY_S = 30.0  # where nobody watches a bar
Stage = TypeVar("Stage", AttackStage, AdaptationStage)


def watch_training(
    screen: Screen, stages: Generator[Stage, None, None], steps: int, doing: str, detail: Callable[[Stage], str]
) -> Stage | None:
    """Train, and tell how it goes; the last stage that was reached, ``None`` if interrupted before one was."""
    stage: Stage | None = None
    started, told, first = time.monotonic(), -math.inf, 0
    try:
        with screen.progress(steps, "steps"), closing(stages):
            for stage in stages:
                first = first or stage.step - 1
                screen.advance(doing, detail(stage), stage.step)
                now = time.monotonic()
                if not screen.watched and now - told >= _TOLD_EVERY_S:
                    told = now
                    left = (now - started) / (stage.step - first) * (stage.steps - stage.step)
                    screen.tell(f"step {stage.step} of {stage.steps}: {detail(stage)}, {left / 60:.1f} min left")
    except KeyboardInterrupt:
        pass
    return stage
