"""Training a patch, step by step (Eq. 3 and 6)."""

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.attacks.checkpoint import Checkpoint, purpose, read_checkpoint, write_checkpoint
from engine.attacks.objective import Objective, boxes_of
from engine.attacks.photos import Photos, varied
from engine.attacks.placing import draw_distortion, place
from engine.attacks.settings import AttackSettings
from engine.errors import PatchError, SettingsError
from engine.pipeline import Inspector
from engine.places import check_places
from engine.settings import Settings
from engine.threat import PatchThreat

__all__ = ["RECENT", "AttackStage", "train_patch"]

RECENT = 25  # steps over which loss and success are averaged
_SAVED_EVERY_S = 60.0


@dataclass(frozen=True, eq=False)
class AttackStage:
    """How far a training has come.

    Parameters
    ----------
    step, steps : int
        Steps done, and steps asked for.
    loss, success : float
        Mean loss, and share of the photos on which the patch did what it is for, over the last ``RECENT``
        steps.
    losses, successes : float32 array (step,), read-only
        Of every step.
    patch : uint8 array (h, w, 3), read-only
        The patch as it stands.
    best : uint8 array (h, w, 3), read-only
        The patch at the end of the ``RECENT`` steps of least mean loss.
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
    success: float
    losses: NDArray[np.float32] = field(repr=False)
    successes: NDArray[np.float32] = field(repr=False)
    patch: NDArray[np.uint8] = field(repr=False)
    best: NDArray[np.uint8] = field(repr=False)
    seconds: float
    mixed: bool
    done: bool


def train_patch(
    inspector: Inspector,
    photos: Photos,
    attack: AttackSettings,
    settings: Settings,
    *,
    start: NDArray[np.uint8] | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    stop: Callable[[], bool] | None = None,
) -> Generator[AttackStage, None, None]:
    """Train a patch on photos.

    Parameters
    ----------
    inspector : Inspector
        Whose classifier is attacked.
    photos : Photos
    attack : AttackSettings
    settings : Settings
        Of the defense, which an attack through the pruned model, or with Eq. 6's penalty, looks at.
    start : uint8 array (h, w, 3), optional
        The patch to begin with; noise if ``None``.
    checkpoint : Path, optional
        Where the training is kept once a minute, and whenever it ends early, however that comes about.
    resume : bool
        Go on from the checkpoint; on the CPU the patch becomes the one an uninterrupted training gives.
    stop : callable, optional
        Asked before every step; once it says yes, the training ends where it is.

    Yields
    ------
    AttackStage
        After every step.

    Raises
    ------
    SinscopeError
        If settings, photos, starting patch or checkpoint do not fit, before the first step.
    """
    training = _Training(inspector, photos, attack, settings, start)
    state = read_checkpoint(checkpoint, training.purpose) if checkpoint and resume else training.begin()
    saved, at = state, time.monotonic()
    try:
        while state.step < attack.steps and not (stop and stop()):
            state = training.step(state)
            if checkpoint and time.monotonic() - at >= _SAVED_EVERY_S:
                write_checkpoint(checkpoint, state)
                saved, at = state, time.monotonic()
            yield training.stage(state)
    finally:
        if checkpoint and state is not saved and state.step < attack.steps:
            write_checkpoint(checkpoint, state)


class _Training:
    """What stays the same from step to step."""

    def __init__(
        self,
        inspector: Inspector,
        photos: Photos,
        attack: AttackSettings,
        settings: Settings,
        start: NDArray[np.uint8] | None,
    ) -> None:
        classifier = inspector.classifier
        if attack.target is not None and not 0 <= attack.target < len(classifier.labels):
            raise SettingsError(
                f"{classifier.name} has no class {attack.target}; give one from 0 to {len(classifier.labels) - 1}."
            )
        view_size = classifier.preprocessing.input_size
        threat = PatchThreat.parse(attack.patch, view_size)
        self.size = threat.height, threat.width
        check_places(self.size, view_size, attack.drawn_from)
        if start is not None and start.shape != (*self.size, 3):
            raise PatchError(
                f"The patch to begin with has {start.shape[0]} x {start.shape[1]} px and not the "
                f"{threat.height} x {threat.width} px asked for; give that size with --patch."
            )
        self.attack, self._start, self._view_size = attack, start, view_size
        self._objective = Objective(inspector, attack, settings)
        self._views = torch.from_numpy(np.array(photos.views)).permute(0, 3, 1, 2)
        self._labels: dict[int, int] = {}
        self.purpose = purpose(
            attack,
            classifier.weights_sha256,
            *photos.sha256,
            None if start is None else start.tobytes(),
            settings.as_dict() if attack.defended or attack.alpha else None,
            self._objective.mixed,
            inspector.pruned_cut(settings).signature if attack.defended else None,
        )

    def begin(self) -> Checkpoint:
        """Before the first step."""
        if self._start is None:
            draw = np.random.default_rng([self.attack.seed, 0])
            pixels = torch.from_numpy(draw.random((3, *self.size), dtype=np.float32)) * 0.25 + 0.375
        else:
            pixels = torch.from_numpy(self._start.copy()).permute(2, 0, 1).float() / 255
        empty = np.zeros(0, np.float32)
        return Checkpoint(self.purpose, 0, pixels, {}, empty, empty, _picture(pixels), math.inf, 0.0)

    def step(self, state: Checkpoint) -> Checkpoint:
        """The state after one more step; the given one stays as it is."""
        began = time.perf_counter()
        attack, device = self.attack, self._objective.device
        draw = np.random.default_rng([attack.seed, state.step + 1])
        chosen = draw.choice(len(self._views), attack.batch, replace=attack.batch > len(self._views))
        distortions = [draw_distortion(draw, self.size, self._view_size, attack) for _ in chosen]
        labels = self._labels_of(chosen).to(device)

        patch = state.patch.to(device).clone().requires_grad_()
        pixels = varied(self._views[chosen].to(device).float() / 255, draw, attack.vary)
        patched = place(pixels, patch, distortions)
        loss, logits = self._objective(patched, boxes_of(self.size, distortions), labels)
        (gradient,) = torch.autograd.grad(loss, patch)
        patch.grad = torch.where(gradient.isfinite(), gradient, 0)  # what overflowed moves nothing
        optimizer = self._move(patch, state)

        hits = logits.detach().argmax(1) == labels
        success = float((hits if attack.target is not None else ~hits).float().mean())
        losses = _appended(state.losses, float(loss.detach()))
        after = patch.detach().cpu()
        # One batch says little of a patch: it is judged by the last ones, which nearly the same patches met.
        recent = float(losses[-RECENT:].mean())
        better = len(losses) < RECENT or recent <= state.best_loss
        return Checkpoint(
            purpose=state.purpose,
            step=state.step + 1,
            patch=after,
            optimizer=optimizer,
            losses=losses,
            successes=_appended(state.successes, success),
            best=_picture(after) if better else state.best,
            best_loss=recent if better and len(losses) >= RECENT else state.best_loss,
            seconds=state.seconds + time.perf_counter() - began,
        )

    def stage(self, state: Checkpoint) -> AttackStage:
        """What is told of a state."""
        return AttackStage(
            state.step,
            self.attack.steps,
            float(state.losses[-RECENT:].mean()),
            float(state.successes[-RECENT:].mean()),
            state.losses,
            state.successes,
            _picture(state.patch),
            state.best,
            state.seconds,
            self._objective.mixed,
            state.step == self.attack.steps,
        )

    def _move(self, patch: Tensor, state: Checkpoint) -> dict[str, object]:
        """Move the patch against its gradient, within [0, 1]; the optimizer's state afterwards."""
        rate = self.attack.learning_rate * 0.5 * (1 + math.cos(math.pi * state.step / self.attack.steps))
        moments: dict[str, object] = {}
        with torch.no_grad():
            if self.attack.optimizer == "sign":
                assert patch.grad is not None
                patch.sub_(rate * patch.grad.sign())
            else:
                optimizer = torch.optim.Adam([patch], lr=rate)
                if state.optimizer:
                    optimizer.state[patch] = {
                        name: value.clone() if name == "step" else value.to(patch.device, copy=True)
                        for name, value in state.optimizer.items()
                    }
                optimizer.step()
                moments = dict(optimizer.state[patch])
            patch.clamp_(0, 1)
        return moments

    def _labels_of(self, chosen: NDArray[np.int64]) -> Tensor:
        """What the photos are to become, or what they are predicted as and are to get away from."""
        if self.attack.target is not None:
            return torch.full((len(chosen),), self.attack.target)
        for index in map(int, chosen):
            if index not in self._labels:  # alone, so that its label does not hang on when it is first chosen
                with torch.no_grad():
                    pixels = self._views[index : index + 1].to(self._objective.device).float() / 255
                    self._labels[index] = int(self._objective.logits(pixels).argmax())
        return torch.tensor([self._labels[int(index)] for index in chosen])


def _appended(values: NDArray[np.float32], value: float) -> NDArray[np.float32]:
    longer = np.append(values, np.float32(value))
    longer.setflags(write=False)
    return longer


def _picture(patch: Tensor) -> NDArray[np.uint8]:
    """The patch ``(3, h, w)`` in bytes, shape (h, w, 3)."""
    levels = (patch * 255).round().clamp(0, 255).byte()
    picture = np.ascontiguousarray(levels.permute(1, 2, 0).numpy())
    picture.setflags(write=False)
    return picture
