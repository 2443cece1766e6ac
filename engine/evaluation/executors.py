"""Who does the work: this process, or several of its own. Answers come back as they are ready."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from pathlib import Path

from engine.defenses import Subject, TableStore
from engine.errors import EvaluationError
from engine.evaluation.plan import Job, Plan
from engine.evaluation.work import Answers, Worker

__all__ = ["run_here", "run_processes"]

_NICENESS = 10  # of worker processes that are to be gentle, at least
_LOST = 3  # times in a row that worker processes may be lost without an answer

_worker: Worker | None = None  # of this worker process


def run_here(
    plan: Plan, jobs: Sequence[Job], subject: Subject, stop: Callable[[], bool]
) -> Iterator[tuple[Job, Answers]]:
    """Do the jobs one after another in this process."""
    worker = Worker(plan, subject, stop)
    for job in jobs:
        if stop():
            return
        yield job, worker.answer(job)


def run_processes(
    plan: Plan,
    jobs: Sequence[Job],
    workers: int,
    tables: Path | None,
    stop: Callable[[], bool],
    gentle: bool = False,
) -> Iterator[tuple[Job, Answers]]:
    """Do the jobs in worker processes, each with its own copy of the model.

    A process that is killed takes down the others; all are started again, and the jobs that were not answered yet
    are done again.

    Parameters
    ----------
    plan : Plan
    jobs : sequence of Job
    workers : int
    tables : Path, optional
        Folder of the tables that are kept.
    stop : callable
    gentle : bool
        Whether they leave the machine to other processes first.

    Raises
    ------
    EvaluationError
        If processes are lost again and again.
    """
    left = {job.photo: job for job in jobs}
    lost = 0
    while lost < _LOST:
        try:
            for job, answers in _pooled(plan, list(left.values()), workers, tables, stop, gentle):
                lost = 0
                del left[job.photo]
                yield job, answers
        except BrokenProcessPool:
            lost += 1
            continue
        return
    raise EvaluationError(
        f"Worker processes ended {_LOST} times without an answer, perhaps for want of memory; use fewer --workers. "
        f"What was finished is kept, and the same command goes on from there."
    )


def _pooled(
    plan: Plan, jobs: Sequence[Job], workers: int, tables: Path | None, stop: Callable[[], bool], gentle: bool
) -> Iterator[tuple[Job, Answers]]:
    context = multiprocessing.get_context("spawn")
    stopping = context.Event()
    threads = max(1, (os.cpu_count() or 1) // workers)
    pool = ProcessPoolExecutor(workers, context, _start, (plan, tables, threads, stopping, gentle))
    waiting: dict[Future[Answers], Job] = {}
    queue = iter(jobs)
    try:
        while True:
            # No more than each worker needs next: what is not begun need not be called back.
            while len(waiting) < 2 * workers and not stop() and (job := next(queue, None)) is not None:
                waiting[pool.submit(_answer, job)] = job
            if not waiting:
                return
            done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            if stop():
                stopping.set()
            for future in done:
                yield waiting.pop(future), future.result()
    finally:
        stopping.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _start(plan: Plan, tables: Path | None, threads: int, stopping: Event, gentle: bool) -> None:
    """Make this worker process ready; an interrupt is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if gentle and hasattr(os, "nice"):  # there is none on Windows
        os.nice(max(0, _NICENESS - os.nice(0)))
    import torch

    from engine.classifiers import load_classifier
    from engine.pipeline import Inspector

    torch.set_num_threads(threads)
    global _worker
    store = TableStore(tables) if tables else None
    subject = Subject(Inspector(load_classifier(plan.settings)), plan.settings, store)
    _worker = Worker(plan, subject, stopping.is_set)


def _answer(job: Job) -> Answers:
    assert _worker is not None
    return _worker.answer(job)
