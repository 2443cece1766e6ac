"""An evaluation from photos to rows: goes on where it was left, and writes as it goes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.defenses import Subject
from engine.evaluation.executors import run_here, run_processes
from engine.evaluation.photos import LabelledPhoto
from engine.evaluation.plan import Job, Plan, open_jobs
from engine.evaluation.rows import Row, RowStore
from engine.evaluation.work import Answers

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
    workers: int = 1,
    tables: Path | None = None,
    stop: Callable[[], bool] | None = None,
    gentle: bool = False,
) -> Iterator[Progress]:
    """Answer every photo by every defense of a plan, and keep the rows.

    Parameters
    ----------
    plan : Plan
    photos : sequence of LabelledPhoto
    subject : Subject, optional
        The plan's classifier, for work in this process; without it, worker processes do all of it.
    store : RowStore
        Rows that are there already are not made again.
    workers : int
        Processes; 1 is this one, if it has a subject.
    tables : Path, optional
        Where worker processes keep tables.
    stop : callable, optional
        Once it says yes, what is finished is written and the evaluation ends.
    gentle : bool
        Whether worker processes leave the machine to others first.

    Yields
    ------
    Progress
        At once, and after every photo.
    """
    told = stop or (lambda: False)
    jobs = open_jobs(plan, photos, store.read(one.key for one in plan.chosen))
    done = len(photos) - len(jobs)
    yield Progress(done, len(photos))
    if not jobs:
        return
    answered: Iterator[tuple[Job, Answers]]
    if subject is not None and workers == 1:
        answered = run_here(plan, jobs, subject, told)
    else:
        answered = run_processes(plan, jobs, min(workers, len(jobs)), tables, told, gentle)
    waiting: list[Row] = []
    photos_waiting = 0
    try:
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
