"""One photo through its defenses: what a worker does, in this process or in another."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine.classifiers import load_classifier
from engine.defenses import AnyDefense, Result, Subject, TableStore
from engine.errors import ImageError
from engine.evaluation.metrics import outcome
from engine.evaluation.plan import Chosen, Job, Plan
from engine.evaluation.rows import Row
from engine.images import InputImage, read_image
from engine.pipeline import Inspector

__all__ = ["Answers", "Worker", "make_worker"]


@dataclass(frozen=True)
class Answers:
    """What came of a job.

    Parameters
    ----------
    rows : tuple of Row
        Those that were finished.
    fault : str, optional
        Why the photo could not be read.
    """

    rows: tuple[Row, ...] = ()
    fault: str | None = None


class Worker:
    """A plan's defenses, ready for one photo after another.

    Parameters
    ----------
    plan : Plan
    subject : Subject
    stop : callable
        Once it says yes, the photo under work is given up.
    """

    def __init__(self, plan: Plan, subject: Subject, stop: Callable[[], bool]) -> None:
        self._plan, self.subject, self._stop = plan, subject, stop
        self._defenses: dict[str, AnyDefense] = {one.key: plan.defense(one) for one in plan.chosen}

    def answer(self, job: Job) -> Answers:
        """The rows that a photo still needs; fewer if it was stopped."""
        try:
            image = read_image(job.photo.path)
            self._check_size(image)
        except ImageError as error:
            return Answers(fault=str(error))
        view = self.subject.classifier.preprocessing.view(image.rgb)
        results = []
        for one in job.chosen:
            result = self._defenses[one.key](self.subject, view, self._plan.threat, job.photo.label, self._stop)
            if self._stop():
                break
            results.append((one, result))
        if not results:
            return Answers()
        vanilla = self.subject.vanilla(view)  # the last: most defenses ask for it too, in a batch with others
        said = int(vanilla.argmax()) if np.isfinite(vanilla).all() else -1
        return Answers(tuple(self._row(one, job, image, result, said) for one, result in results))

    def _check_size(self, image: InputImage) -> None:
        wanted = self._plan.photo_size
        if wanted is not None and image.size != (wanted[1], wanted[0]):
            raise ImageError(
                f"{image.path} has {image.size[1]} x {image.size[0]} px and the patch is meant for photos of "
                f"{wanted[0]} x {wanted[1]} px; give photos of one size, or --patch-space input."
            )

    def _row(self, one: Chosen, job: Job, image: InputImage, result: Result, vanilla: int) -> Row:
        label = result.certificate.label if job.photo.label is None else job.photo.label
        counted = outcome(result, label, vanilla)
        defense, threat = self._defenses[one.key], result.threat
        classifier = defense.classifier(self.subject)
        computation = defense.computation(self.subject)
        return Row(
            key=one.key,
            photo=job.photo.name,
            sha256=image.sha256,
            model=classifier.title,
            weights=classifier.weights_sha256,
            backend=f"{computation.name} {computation.precision}",
            patch_height=threat.height,
            patch_width=threat.width,
            patch_space=threat.patch_space,
            defense=result.defense,
            configuration=str(defense.config),
            kind=result.kind,
            label=label,
            vanilla=vanilla,
            prediction=result.prediction.label,
            output=result.output,
            word=result.word,
            vanilla_right=counted.vanilla,
            pruned=counted.pruned,
            clean=counted.clean,
            certified=counted.certified,
            guaranteed=counted.guaranteed,
            false_alert=counted.false_alert,
            claimed=result.claimed,
            places=result.certificate.locations.size,
            certified_places=result.certificate.certified_places,
            worst_row=result.worst[0],
            worst_column=result.worst[1],
            min_margin=result.min_margin,
            passes=result.passes,
            inference_passes=result.prediction.passes,
            seconds=result.seconds,
        )


def make_worker(plan: Plan, tables: Path | None, threads: int, stop: Callable[[], bool]) -> Worker:
    """A worker with its own copy of the plan's model, in a process of its own.

    Parameters
    ----------
    plan : Plan
    tables : Path, optional
        Folder of the tables that are kept.
    threads : int
        Processors to use.
    stop : callable

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    torch.set_num_threads(threads)
    store = TableStore(tables) if tables else None
    return Worker(plan, Subject(Inspector(load_classifier(plan.settings)), plan.settings, store), stop)
