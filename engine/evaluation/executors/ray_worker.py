"""A worker on a machine of a Ray cluster."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EvaluationError, SinscopeError
from engine.evaluation.plan import Job, Plan, agrees
from engine.evaluation.work import Answers, Worker, make_worker

__all__ = ["RayWorker", "Refusal"]


@dataclass(frozen=True)
class Refusal:
    """Why a machine cannot take part.

    Parameters
    ----------
    sentence : str
    """

    sentence: str


class RayWorker:
    """The class of a Ray actor: answers shards of jobs with its own copy of the model, made for the first of them.

    Parameters
    ----------
    plan : Plan
    folder : str
        Where relative paths begin, if this machine has it: the folder in which the command was given.
    tables : Path, optional
        Folder of the tables that are kept.
    token : Path, optional
        A file that stands in ``tables`` if this machine sees the same folder; otherwise no tables are kept.
    threads : int
        Processors to use.
    """

    def __init__(self, plan: Plan, folder: str, tables: Path | None, token: Path | None, threads: int) -> None:
        self._plan, self._folder, self._threads = plan, folder, threads
        self._tables = tables if token is not None and token.exists() else None
        self._worker: Worker | None = None

    def answer(self, shard: tuple[Job, ...]) -> tuple[Answers, ...] | Refusal:
        """The answers to some jobs, in their order."""
        try:
            worker = self._worker = self._worker or self._made()
            for job in shard:
                if not job.photo.path.exists():
                    raise EvaluationError(f"There is no photo {job.photo.path}; check its path.")
            return tuple(worker.answer(job) for job in shard)
        except SinscopeError as error:
            return Refusal(
                f"The machine {socket.gethostname()} cannot take part: {error} Photos, weights and code of your own "
                f"have to lie at the same paths on every machine of the cluster, for example in a shared folder."
            )

    def _made(self) -> Worker:
        if os.path.isdir(self._folder):
            os.chdir(self._folder)
        worker = make_worker(self._plan, self._tables, self._threads, lambda: False)
        if not agrees(self._plan, worker.subject):
            raise EvaluationError(
                f"Its model {worker.subject.classifier.name} is not the one that was asked for; install the same "
                f"version of SINscope and of the weights."
            )
        return worker
