"""The work done by a Ray cluster: its machines, its retries."""

import contextlib
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.classifiers.libraries import reason
from engine.errors import EvaluationError
from engine.evaluation.executors.executor import Answered
from engine.evaluation.executors.ray_session import connected
from engine.evaluation.executors.ray_worker import RayWorker, Refusal
from engine.evaluation.plan import Job, Plan
from engine.evaluation.work import Answers

__all__ = ["Cluster", "Layout", "layout_of", "shards_of"]

_LOST = 3  # times that a shard may lose its worker
_PATIENCE = 5.0  # seconds for workers to end
_SHARD = 8  # photos at most: what a lost worker loses


@dataclass(frozen=True)
class Layout:
    """How many workers, and what each takes.

    Parameters
    ----------
    workers, cpus, gpus : int
    """

    workers: int
    cpus: int
    gpus: int


class Cluster:
    """The workers of a Ray cluster.

    Jobs go out in shards, one at a time to each worker. A worker that is lost is started again by Ray, elsewhere if
    its machine is gone, and does its shard once more; answers count when the whole shard is here, and so each once.

    Parameters
    ----------
    address : str
        ``auto`` for the cluster that this machine belongs to, or one's address.
    workers : int, optional
        One a GPU, or without GPUs as many as there are machines, if ``None``.
    tables : Path, optional
        Folder of the tables that are kept; only machines that see the same folder keep any.
    """

    def __init__(self, address: str, workers: int | None = None, tables: Path | None = None) -> None:
        self._address, self._workers = address, workers
        self._tables = tables.absolute() if tables else None

    def answers(self, plan: Plan, jobs: Sequence[Job], stop: Callable[[], bool]) -> Answered:
        """Do the jobs; see :class:`Executor`. Stopped, the shards under work are given up whole.

        Raises
        ------
        EvaluationError
            If there is no such cluster, or a machine of it cannot take part.
        """
        with connected(self._address) as ray, _token(self._tables) as token:
            machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            layout = layout_of(machines, self._workers, plan.settings.backend != "openvino")
            shards = shards_of(jobs, layout.workers)
            actor = ray.remote(
                num_cpus=layout.cpus, num_gpus=layout.gpus, max_restarts=-1, max_task_retries=_LOST - 1
            )(RayWorker)
            made = (plan, os.getcwd(), self._tables, token, max(1, layout.cpus))
            workers = [actor.remote(*made) for _ in range(min(layout.workers, len(shards)))]
            yield from _handed_out(ray, workers, shards, stop)


def _handed_out(ray: Any, idle: list[Any], shards: Sequence[tuple[Job, ...]], stop: Callable[[], bool]) -> Answered:
    """Give each idle worker a shard; those for which there is none make room for workers that seek a place."""
    queue = deque(shards)
    busy: dict[Any, tuple[Any, tuple[Job, ...]]] = {}
    try:
        while not stop():
            while queue and idle:
                worker, shard = idle.pop(), queue.popleft()
                busy[worker.answer.remote(shard)] = worker, shard
            if not busy:
                return
            while idle:  # nothing is left to hand out
                ray.kill(idle.pop())
            done, _ = ray.wait(list(busy), num_returns=1, timeout=0.2)
            for reference in done:
                worker, shard = busy.pop(reference)
                idle.append(worker)
                answers = _fetched(ray, reference)
                if answers is not None:
                    yield from zip(shard, answers, strict=True)
                elif len(shard) > 1:
                    queue.extend((job,) for job in shard)  # which of them was it?
                else:
                    yield shard[0], Answers(fault=_given_up(shard[0]))
    finally:
        _let_go(ray, busy)


def _let_go(ray: Any, busy: Mapping[Any, tuple[Any, tuple[Job, ...]]]) -> None:
    """End workers in the middle of a shard, and see it ended: Ray complains of tasks that outlive the connection."""
    for worker, _ in busy.values():
        ray.kill(worker)
    if busy:
        ray.wait(list(busy), num_returns=len(busy), timeout=_PATIENCE)


def _fetched(ray: Any, reference: Any) -> tuple[Answers, ...] | None:
    """The answers to a shard; ``None`` if its worker was lost again and again."""
    try:
        answers: tuple[Answers, ...] | Refusal = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    except ray.exceptions.ActorDiedError as error:
        raise EvaluationError(
            f"A worker of the cluster cannot be started ({reason(error)}); install the same version of "
            f"SINscope on every machine, in the Python that runs Ray."
        ) from error
    except ray.exceptions.RayError:
        return None
    if isinstance(answers, Refusal):
        raise EvaluationError(answers.sentence)
    return answers


def _given_up(job: Job) -> str:
    return (
        f"{job.photo.path} was given up, since {_LOST} workers of the cluster were lost over it, perhaps for want of "
        f"memory; use fewer --workers, and the same command tries it again."
    )


def layout_of(machines: Sequence[Mapping[str, float]], asked: int | None, gpus: bool) -> Layout:
    """How workers are laid out over machines.

    Parameters
    ----------
    machines : sequence of mapping
        Each one's resources by name, ``CPU`` and ``GPU`` among them.
    asked : int, optional
        How many workers; never more than there are GPUs, or without GPUs processors.
    gpus : bool
        Whether GPUs are of use.

    Raises
    ------
    EvaluationError
        If no machine has any processor.
    """
    pairs = [(int(machine.get("CPU", 0)), int(machine.get("GPU", 0))) for machine in machines]
    with_gpus = [(cpu, gpu) for cpu, gpu in pairs if gpu] if gpus else []
    if with_gpus:
        room = sum(gpu for _, gpu in with_gpus)
        return Layout(min(asked or room, room), min(cpu // gpu for cpu, gpu in with_gpus), 1)
    room = sum(cpu for cpu, _ in pairs)
    if not room:
        raise EvaluationError("The Ray cluster has no processor for a worker; start it with --num-cpus above 0.")
    workers = min(asked or sum(cpu > 0 for cpu, _ in pairs), room)
    # As many processors for each as let all find a place.
    cpus = max(each for each in range(1, room + 1) if sum(cpu // each for cpu, _ in pairs) >= workers)
    return Layout(workers, cpus, 0)


def shards_of(jobs: Sequence[Job], workers: int) -> list[tuple[Job, ...]]:
    """Jobs in shards, smaller ones where there are few, so that no worker waits long for the last."""
    size = max(1, min(_SHARD, len(jobs) // (4 * workers)))
    return [tuple(jobs[first : first + size]) for first in range(0, len(jobs), size)]


@contextlib.contextmanager
def _token(folder: Path | None) -> Iterator[Path | None]:
    """A file by which a machine knows that it sees the same folder; none if it cannot be written."""
    if folder is None:
        yield None
        return
    token = folder / f".shared-{secrets.token_hex(8)}"
    try:
        with contextlib.suppress(OSError):
            token.touch()
        yield token
    finally:
        with contextlib.suppress(OSError):
            token.unlink(missing_ok=True)
