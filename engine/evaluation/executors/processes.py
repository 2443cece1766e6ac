"""The work done by processes of this machine, each with its own copy of the model."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event
from pathlib import Path

from engine.errors import EvaluationError
from engine.evaluation.executors.executor import Answered
from engine.evaluation.plan import Job, Plan
from engine.evaluation.work import Answers, Worker, make_worker

__all__ = ["Processes"]

_NICENESS = 10  # of worker processes that are to be gentle, at least
_LOST = 3  # times in a row that worker processes may be lost without an answer

_worker: Worker | None = None  # of this worker process


class Processes:
    """Worker processes.

    A process that is killed takes down the others; all are started again, and the jobs that were not answered yet
    are done again. If this process is killed, they end by themselves.

    Parameters
    ----------
    workers : int
    tables : Path, optional
        Folder of the tables that are kept.
    gentle : bool
        Whether they leave the machine to other processes first.
    """

    def __init__(self, workers: int, tables: Path | None = None, gentle: bool = False) -> None:
        self._workers, self._tables, self._gentle = workers, tables, gentle

    def answers(self, plan: Plan, jobs: Sequence[Job], stop: Callable[[], bool]) -> Answered:
        """Do the jobs; see :class:`Executor`.

        Raises
        ------
        EvaluationError
            If processes are lost again and again.
        """
        left = {job.photo: job for job in jobs}
        lost = 0
        while lost < _LOST:
            try:
                for job, answers in self._pooled(plan, list(left.values()), stop):
                    lost = 0
                    del left[job.photo]
                    yield job, answers
            except BrokenProcessPool:
                lost += 1
                continue
            return
        raise EvaluationError(
            f"Worker processes ended {_LOST} times without an answer, perhaps for want of memory; use fewer "
            f"--workers. What was finished is kept, and the same command goes on from there."
        )

    def _pooled(self, plan: Plan, jobs: Sequence[Job], stop: Callable[[], bool]) -> Answered:
        context = multiprocessing.get_context("spawn")
        stopping = context.Event()
        workers = min(self._workers, len(jobs))
        threads = max(1, (os.cpu_count() or 1) // workers)
        pool = ProcessPoolExecutor(workers, context, _start, (plan, self._tables, threads, stopping, self._gentle))
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
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _worker
    _worker = make_worker(plan, tables, threads, stopping.is_set)


def _end_with_parent() -> None:
    """A parent that is killed says nothing, and its workers would wait for ever, each with a model in memory."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _answer(job: Job) -> Answers:
    assert _worker is not None
    return _worker.answer(job)
