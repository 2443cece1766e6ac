"""Trains patches for the window: reads the photos, runs the attack, and tells how it goes."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.attacks.patch_file import made_of, write_trained_patch
from engine.attacks.photos import Photos, read_photos, split
from engine.attacks.train import AttackStage, train_patch
from engine.classifiers import Classifier
from engine.classifiers.preprocessing import Preprocessing
from engine.settings import Settings
from gui.sources import clipboard_image
from gui.training import TrainingRequest, TrainingView
from gui.worker.inspectors import Inspectors
from gui.worker.words import command_line

__all__ = ["Trainer", "write_patch"]

_FRAME = 1 / 30  # seconds between what is told


@dataclass(frozen=True, eq=False)
class _Made:
    """What a file of the patch says, beside its pixels."""

    stage: AttackStage
    settings: Settings
    classifier: Classifier
    photos: Photos


class _StoppedError(Exception):
    """The user does not want to wait for the photos."""


class Trainer:
    """Serves one request after the other.

    Parameters
    ----------
    announce : callable
        Told what is being prepared, for the window to show.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        # The other half of the cores is left to the window and to its live loop.
        torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
        self._announce = announce
        self._inspectors = Inspectors(lambda model: announce(f"loading {model}"), most=1)

    def train(self, request: TrainingRequest, stop: Callable[[], bool]) -> Iterator[TrainingView]:
        """How the training goes, at most 30 times a second, and where it ends.

        Parameters
        ----------
        request : TrainingRequest
        stop : callable
            Asked before every step.

        Raises
        ------
        SinscopeError
            If model, photos or settings do not fit.
        """
        inspector = self._inspectors.get(request.settings)
        classifier = inspector.classifier
        try:
            photos = self._photos(request, classifier.preprocessing, stop)
        except _StoppedError:
            return
        self._announce("preparing the attack")
        target = request.attack.target
        name = "" if target is None else classifier.labels[target] if target < len(classifier.labels) else str(target)
        shown = -_FRAME
        latest: TrainingView | None = None
        for stage in train_patch(inspector, photos, request.attack, request.settings, stop=stop):
            latest = _view(stage, request, len(photos), name, _Made(stage, request.settings, classifier, photos))
            now = time.monotonic()
            if now - shown >= _FRAME:
                shown = now
                yield latest
                latest = None
        if latest is not None:
            yield latest

    def _photos(self, request: TrainingRequest, preprocessing: Preprocessing, stop: Callable[[], bool]) -> Photos:
        pasted = clipboard_image(request.source)
        if pasted is not None:
            views = preprocessing.view(pasted.rgb)[None]
            return Photos((pasted.name,), (pasted.sha256,), views)
        names, _ = split(request.source, request.limit)

        def tell(done: int) -> None:
            self._announce(f"reading photos, {done} of {len(names)}")
            if stop():
                raise _StoppedError

        return read_photos(names, preprocessing, tell)


def write_patch(path: Path, view: TrainingView) -> None:
    """Write the best patch so far as a picture, and beside it a JSON of how it was made.

    Raises
    ------
    SinscopeError
        If the name does not end in ``.png``, or a file cannot be written.
    """
    made: _Made = view.made
    document = made_of(
        made.stage,
        view.request.attack,
        made.settings,
        made.classifier,
        made.photos,
        command=command_line(view.request, path),
    )
    write_trained_patch(path, view.best, document)


def _view(stage: AttackStage, request: TrainingRequest, photos: int, target: str, made: _Made) -> TrainingView:
    return TrainingView(
        request,
        photos,
        target,
        stage.step,
        stage.steps,
        stage.loss,
        stage.success,
        stage.losses,
        stage.successes,
        stage.patch,
        stage.best,
        stage.seconds,
        made,
    )
