"""The work done by a Ray cluster: how workers are laid out over its machines, and jobs cut into shards."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EvaluationError
from engine.evaluation.executors.crew import Crew
from engine.evaluation.executors.executor import Answered
from engine.evaluation.executors.ray_session import connected
from engine.evaluation.executors.ray_worker import RayWorker
from engine.evaluation.plan import Job, Plan

__all__ = ["Cluster", "Layout", "layout_of", "shards_of"]

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

    Jobs go out in shards, one at a time to each worker (:class:`Crew`).

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
            If there is no such cluster, a machine of it cannot take part, or none is left.
        """
        with connected(self._address) as ray, _token(self._tables) as token:
            machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            layout = layout_of(machines, self._workers, plan.settings.backend != "openvino")
            shards = shards_of(jobs, layout.workers)
            actor = ray.remote(num_cpus=layout.cpus, num_gpus=layout.gpus, max_restarts=0, max_task_retries=0)(
                RayWorker
            )
            made = (plan, os.getcwd(), self._tables, token, max(1, layout.cpus))
            needs = {"CPU": layout.cpus, "GPU": layout.gpus}
            yield from Crew(ray, lambda: actor.remote(*made), layout.workers, needs).answers(shards, stop)


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
