"""Adapting a classifier to SIN pruning: distillation from its own full self, step by step.

The head, up to the superficial layer, stays as it is, so that the superficial important neurons are the original
model's. Below it, stages are retrained so that from the pruned and occluded activation they give what the original
gave from the full one.
"""

import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from engine.backends.torch_backend import best_device
from engine.cache import digest
from engine.classifiers.adaptation import Adaptation
from engine.classifiers.adapted import adapted_cut
from engine.errors import ModelError
from engine.half_precision import has_half_precision
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat
from engine.training.adaptation_checkpoint import (
    AdaptationCheckpoint,
    read_adaptation_checkpoint,
    write_adaptation_checkpoint,
)
from engine.training.adaptation_settings import AdaptationSettings
from engine.training.crops import PhotoSet
from engine.training.lesson import Lesson, Lessons
from engine.training.student import StagedTail, renormalize

__all__ = ["RECENT", "AdaptationStage", "adapt"]

RECENT = 25  # steps over which the loss is averaged
_SAVED_EVERY_S = 60.0
_WARM_UP = 0.1  # share of the steps in which the learning rate rises


@dataclass(frozen=True, eq=False)
class AdaptationStage:
    """How far an adaptation has come.

    Parameters
    ----------
    step, steps : int
        Steps done, and steps asked for.
    loss : float
        Mean over the last ``RECENT`` steps.
    losses : float32 array (step, 3), read-only
        Of every step: whole, stages, logits.
    tensors : dict of str to Tensor
        The adapted weights (their running mean) and batch norm statistics, by their names in the classifier's
        network.
    seconds : float
        Time spent, with that before a checkpoint.
    mixed : bool
        Whether the network computes in half precision.
    done : bool
        Whether this was the last step, and not a stop.
    """

    step: int
    steps: int
    loss: float
    losses: NDArray[np.float32] = field(repr=False)
    tensors: dict[str, Tensor] = field(repr=False)
    seconds: float
    mixed: bool
    done: bool


def adapt(
    inspector: Inspector,
    photos: PhotoSet,
    adaptation: AdaptationSettings,
    settings: Settings,
    *,
    start: Adaptation | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] | None = None,
) -> Generator[AdaptationStage, None, None]:
    """Adapt a classifier's tail.

    Parameters
    ----------
    inspector : Inspector
        Of the original classifier, which stays as it is.
    photos : PhotoSet
    adaptation : AdaptationSettings
    settings : Settings
        Superficial layer, rate, importance and fill to adapt to.
    start : Adaptation, optional
        Adapted weights to begin with instead of the original ones; the statistics of their batch norms stay.
    checkpoint : Path, optional
        Where the training is kept once a minute, and whenever it ends early, however that comes about.
    resume : bool
        Go on from the checkpoint; on the CPU the weights become those that an uninterrupted training gives.
    stop : callable, optional
        Asked before every step; once it says yes, the training ends where it is.

    Yields
    ------
    AdaptationStage
        After every step.

    Raises
    ------
    SinscopeError
        If settings, photos or checkpoint do not fit, before the first step.
    """
    training = _Training(inspector, photos, adaptation, settings, start)
    state = read_adaptation_checkpoint(checkpoint, training.purpose) if checkpoint and resume else None
    with ThreadPoolExecutor(1) as ahead:
        training.begin(state)
        saved, at = training.step, time.monotonic()
        try:
            coming = ahead.submit(training.lessons.make, training.step)
            while training.step < adaptation.steps and not (stop and stop()):
                lesson, coming = coming, ahead.submit(training.lessons.make, training.step + 1)
                training.learn(lesson)
                if checkpoint and time.monotonic() - at >= _SAVED_EVERY_S:
                    write_adaptation_checkpoint(checkpoint, training.state())
                    saved, at = training.step, time.monotonic()
                yield training.stage()
        finally:
            if checkpoint and saved < training.step < adaptation.steps:
                write_adaptation_checkpoint(checkpoint, training.state())


class _Training:
    """The teacher, the student, and how far it has come."""

    def __init__(
        self,
        inspector: Inspector,
        photos: PhotoSet,
        adaptation: AdaptationSettings,
        settings: Settings,
        start: Adaptation | None,
    ) -> None:
        cut, footprints = inspector.cut(settings.layer)
        if start is not None and (fault := start.misfit(inspector.classifier, cut.layer)):
            raise ModelError(f"The adapted weights {start.name} cannot be begun with: {fault}; give others, or none.")
        first = cut if start is None else adapted_cut(cut, start)
        rate, size = inspector.rate(settings), inspector.classifier.preprocessing.input_size
        threats = [PatchThreat.parse(patch, size) for patch in adaptation.patches]
        sides = [inspector.family(threat, settings).side for threat in threats]
        self._adaptation = adaptation
        self.lessons = Lessons(cut, footprints, photos, adaptation, settings, rate, sides)
        self.purpose = digest(
            adaptation.as_dict(),
            (first.signature, rate, settings.importance, settings.fill, sides),
            *photos.sha256,
        )
        self._device = torch.device(best_device())
        self.mixed = adaptation.precision == "mixed" or (
            adaptation.precision == "auto" and has_half_precision(self._device.type)
        )
        self._teacher = StagedTail(cut, adaptation.stages, True).requires_grad_(False)
        self._student = StagedTail(first, adaptation.stages, adaptation.whole)
        self._renormalize = adaptation.renormalize if start is None else 0
        for network in (self._teacher, self._student):
            if self.mixed and self._device.type == "cpu":
                network.spare_the_cpu()
            network.to(self._device).to(memory_format=torch.channels_last)
        self._weights = self._student.weights
        early = [weight for name, weight in self._weights.items() if name in self._student.early]
        late = [weight for name, weight in self._weights.items() if name not in self._student.early]
        rates = [adaptation.learning_rate, adaptation.late * adaptation.learning_rate]
        self._optimizer = torch.optim.AdamW(
            [{"params": early, "lr": rates[0]}, {"params": late, "lr": rates[1]}], weight_decay=adaptation.decay
        )
        self._cycle = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer,
            rates,
            total_steps=adaptation.steps + 1,
            pct_start=_WARM_UP,
            cycle_momentum=False,
        )
        self.step, self._seconds = 0, 0.0
        self._losses: list[tuple[float, float, float]] = []
        self._average: dict[str, Tensor] = {}

    def begin(self, state: AdaptationCheckpoint | None) -> None:
        """Before the first step, or where a checkpoint was written."""
        if state is None:
            began = time.perf_counter()
            first = range(self._adaptation.steps, self._adaptation.steps + self._renormalize)
            with torch.no_grad():
                renormalize(self._student, (self._moved(self.lessons.make(step).masked) for step in first))
            self._average = {name: weight.detach().clone() for name, weight in self._weights.items()}
            self._seconds = time.perf_counter() - began
            return
        with torch.no_grad():
            for name, weight in self._weights.items():
                weight.copy_(state.weights[name])
            for name, value in self._student.statistics.items():
                value.copy_(state.statistics[name])
        self._average = {name: value.to(self._device) for name, value in state.average.items()}
        self._optimizer.load_state_dict(state.optimizer)
        self._cycle.load_state_dict(state.cycle)
        self.step, self._seconds = state.step, state.seconds
        self._losses = [(whole, stages, logits) for whole, stages, logits in state.losses.tolist()]

    def learn(self, coming: Future[Lesson]) -> None:
        """One step."""
        began = time.perf_counter()
        lesson = coming.result()
        with torch.no_grad(), self._half():
            wanted = [each.float() for each in self._teacher(*self._moved(lesson.full))]
        with self._half():
            given = [each.float() for each in self._student(*self._moved(lesson.masked))]
        stages = torch.stack(
            [_error(*pair) for pair in zip(given[1:], wanted[1:], strict=True)] or [given[0].sum() * 0]
        )
        stages = stages.mean()
        logits = _divergence(given[0], wanted[0], self._adaptation.worst)
        loss = stages + self._adaptation.logits * logits
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._weights.values(), 1.0)
        self._optimizer.step()
        self._cycle.step()
        self.step += 1
        self._follow()
        self._losses.append((loss.item(), stages.item(), logits.item()))
        self._seconds += time.perf_counter() - began

    def stage(self) -> AdaptationStage:
        """What is told."""
        losses = np.array(self._losses, dtype=np.float32)
        losses.setflags(write=False)
        statistics = self._student.statistics
        return AdaptationStage(
            self.step,
            self._adaptation.steps,
            float(losses[-RECENT:, 0].mean()),
            losses,
            {name: value.detach().cpu() for name, value in {**self._average, **statistics}.items()},
            self._seconds,
            self.mixed,
            self.step == self._adaptation.steps,
        )

    def state(self) -> AdaptationCheckpoint:
        """What is kept."""
        return AdaptationCheckpoint(
            self.purpose,
            self.step,
            {name: weight.detach().cpu() for name, weight in self._weights.items()},
            {name: value.cpu() for name, value in self._average.items()},
            {name: value.cpu() for name, value in self._student.statistics.items()},
            self._optimizer.state_dict(),
            self._cycle.state_dict(),
            torch.tensor(self._losses),
            self._seconds,
        )

    def _follow(self) -> None:
        """Move the running mean of the weights; it forgets faster at first, when there is little to keep."""
        kept = min(self._adaptation.average, self.step / (self.step + 10))
        with torch.no_grad():
            for name, weight in self._weights.items():
                self._average[name].lerp_(weight, 1 - kept)

    def _moved(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(each.to(self._device).contiguous(memory_format=torch.channels_last) for each in tensors)

    def _half(self) -> AbstractContextManager[object]:
        return torch.autocast(self._device.type, dtype=torch.bfloat16) if self.mixed else nullcontext()


def _error(given: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared error of every copy's map against its crop's, each channel in units of its own spread."""
    spread = wanted.var(dim=(0, 2, 3), keepdim=True).sqrt() + 1e-3
    copies = len(given) // len(wanted)
    difference = (given.reshape(len(wanted), copies, *given.shape[1:]) - wanted.unsqueeze(1)) / spread
    return difference.square().mean()


def _divergence(given: Tensor, wanted: Tensor, worst: float) -> Tensor:
    """Kullback-Leibler divergence of the teacher's answer to each crop from the student's to its copies.

    All windows must agree, so that of each crop the worst copy counts for a share ``worst`` of its own.
    """
    copies = len(given) // len(wanted)
    target = log_softmax(wanted, 1).repeat_interleave(copies, 0)
    each = kl_div(log_softmax(given, 1), target, reduction="none", log_target=True).sum(1).reshape(-1, copies)
    return (1 - worst) * each.mean() + worst * each.amax(1).mean()
