"""An evaluation from photos to rows: goes on where it was left, and writes as it goes."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass

from engine.defenses import Subject
from engine.evaluation.executors import Executor, Here
from engine.evaluation.photos import LabelledPhoto
from engine.evaluation.plan import Plan, open_jobs
from engine.evaluation.rows import Row, RowStore

__all__ = ["BATCH", "Progress", "evaluate"]

BATCH = 8  # photos whose rows are written together: the most that a killed run loses


@dataclass(frozen=True)
class Progress:
    """How far an evaluation has come.

    Parameters
    ----------
    done, photos : int
        Photos that have all their rows, and photos in all.
    photo : str
        The last one that was finished.
    fault : str, optional
        Why it could not be.
    rows : tuple of Row
        What came of that photo just now.
    """

    done: int
    photos: int
    photo: str = ""
    fault: str | None = None
    rows: tuple[Row, ...] = ()


def evaluate(
    plan: Plan,
    photos: Sequence[LabelledPhoto],
    subject: Subject | None,
    store: RowStore,
    executor: Executor | None = None,
    stop: Callable[[], bool] | None = None,
) -> Generator[Progress, None, None]:
    """Answer every photo by every defense of a plan, and keep the rows.

    Parameters
    ----------
    plan : Plan
    photos : sequence of LabelledPhoto
    subject : Subject, optional
        The plan's classifier; it may be missing where an executor does the work elsewhere.
    store : RowStore
        Rows that are there already are not made again.
    executor : Executor, optional
        Who does the work; this process if ``None``.
    stop : callable, optional
        Once it says yes, what is finished is written and the evaluation ends.

    Yields
    ------
    Progress
        At once, and after every photo.

    Raises
    ------
    EvaluationError
        If another run writes to the same rows, or the work cannot go on; what is finished is written.
    """
    with store.locked():
        jobs = open_jobs(plan, photos, store.read(one.key for one in plan.chosen))
        done = len(photos) - len(jobs)
        yield Progress(done, len(photos))
        if not jobs:
            return
        waiting: list[Row] = []
        photos_waiting = 0
        work = _executor(executor, subject).answers(plan, jobs, stop or (lambda: False))
        try:
            with closing(work) as answered:
                for job, answers in answered:
                    waiting += answers.rows
                    photos_waiting += 1
                    if photos_waiting >= BATCH:
                        store.append(waiting)
                        waiting, photos_waiting = [], 0
                    done += len(answers.rows) == len(job.chosen)
                    yield Progress(done, len(photos), job.photo.name, answers.fault, answers.rows)
        finally:
            store.append(waiting)


def _executor(executor: Executor | None, subject: Subject | None) -> Executor:
    if executor is not None:
        return executor
    assert subject is not None  # else nobody can do the work
    return Here(subject)
