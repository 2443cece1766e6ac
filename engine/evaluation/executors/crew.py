"""The workers of a Ray cluster at work: one that is up gets a shard, and that of one that is lost goes back."""

from collections import Counter, deque
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from engine.classifiers.libraries import reason
from engine.errors import EvaluationError
from engine.evaluation.executors.executor import Answered
from engine.evaluation.executors.ray_worker import Refusal
from engine.evaluation.photos import LabelledPhoto
from engine.evaluation.plan import Job
from engine.evaluation.work import Answers

__all__ = ["Crew"]

_LOST = 3  # workers that a photo may be lost over, or that may end in a row before they have begun
_PATIENCE = 5.0  # seconds for workers to end

Shard = tuple[Job, ...]


class Crew:
    """Workers that are asked of a cluster, and what each is at.

    A worker gets a shard once it is up, so that nothing waits for one that finds no place. Where it is lost, by a
    photo or with its machine, the photos of its shard go back to the queue one by one, for whoever is up, and
    another worker is asked for. Answers count when a whole shard is here, and so each once.

    Parameters
    ----------
    ray : module
        Ray, connected.
    ask : callable
        Asks the cluster for one more worker: an actor of :class:`RayWorker` that is not restarted.
    size : int
        Workers at most.
    needs : mapping
        What a worker takes of a machine's resources, by name.
    """

    def __init__(self, ray: Any, ask: Callable[[], Any], size: int, needs: Mapping[str, float]) -> None:
        self._ray, self._ask, self._size, self._needs = ray, ask, size, needs
        self._starting: dict[Any, Any] = {}
        self._idle: list[Any] = []
        self._busy: dict[Any, tuple[Any, Shard]] = {}
        self._queue: deque[Shard] = deque()
        self._losses: Counter[LabelledPhoto] = Counter()
        self._unstarted = 0  # workers lost in a row before they were up

    def answers(self, shards: Sequence[Shard], stop: Callable[[], bool]) -> Answered:
        """Do some shards; see :class:`Executor`.

        Raises
        ------
        EvaluationError
            If workers cannot be started, a machine cannot take part, or none that is left has room for a worker.
        """
        self._queue.extend(shards)
        try:
            while (self._queue or self._busy) and not stop():
                self._staff()
                done, _ = self._ray.wait([*self._starting, *self._busy], num_returns=1, timeout=0.2)
                for reference in done:
                    if reference in self._starting:
                        self._welcome(reference)
                    else:
                        yield from self._take(reference)
        finally:
            self._let_go()

    def _staff(self) -> None:
        """Give shards to those who are idle, and ask for as many workers as are missing."""
        while self._queue and self._idle:
            worker, shard = self._idle.pop(), self._queue.popleft()
            self._busy[worker.answer.remote(shard)] = worker, shard
        useful = min(self._size, len(self._queue) + len(self._busy))
        for _ in range(useful - len(self._busy) - len(self._idle) - len(self._starting)):
            worker = self._ask()
            self._starting[worker.__ray_ready__.remote()] = worker
        if not self._busy and not any(map(self._has_room, self._ray.nodes())):
            raise EvaluationError(
                "No machine that is left in the Ray cluster has room for a worker; what was finished is kept, and "
                "the same command goes on from there with the machines that there are then."
            )

    def _has_room(self, machine: Mapping[str, Any]) -> bool:
        """Whether a machine could hold a worker, if nobody else used it."""
        resources = machine["Resources"]
        return machine["Alive"] and all(resources.get(name, 0) >= needed for name, needed in self._needs.items())

    def _welcome(self, reference: Any) -> None:
        """A worker is up, or was lost before."""
        worker = self._starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self._ray.kill(worker)
            self._unstarted += 1
            if getattr(error, "actor_init_failed", False) or self._unstarted == _LOST:
                raise EvaluationError(
                    f"A worker of the cluster cannot be started ({reason(error)}); install the same version of "
                    f"SINscope on every machine, in the Python that runs Ray."
                ) from error
        else:
            self._unstarted = 0
            self._idle.append(worker)

    def _take(self, reference: Any) -> Generator[tuple[Job, Answers], None, None]:
        """A shard is done, or its worker was lost."""
        worker, shard = self._busy.pop(reference)
        answers = self._fetched(reference)
        if answers is not None:
            self._idle.append(worker)
            yield from zip(shard, answers, strict=True)
            return
        self._ray.kill(worker)  # one that cannot be reached may still be at work
        for job in shard:  # which of them was it?
            self._losses[job.photo] += 1
            if self._losses[job.photo] < _LOST:
                self._queue.append((job,))
            else:
                yield job, Answers(fault=_given_up(job))

    def _fetched(self, reference: Any) -> tuple[Answers, ...] | None:
        """The answers to a shard; ``None`` if they were lost, with the worker or on the way."""
        try:
            answers: tuple[Answers, ...] | Refusal = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except self._ray.exceptions.RayError:
            return None
        if isinstance(answers, Refusal):
            raise EvaluationError(answers.sentence)
        return answers

    def _let_go(self) -> None:
        """End all workers, and see them ended: Ray complains of tasks that outlive the connection."""
        waited = [*self._starting, *self._busy]
        for worker in (*self._starting.values(), *self._idle, *(worker for worker, _ in self._busy.values())):
            self._ray.kill(worker)
        if waited:
            self._ray.wait(waited, num_returns=len(waited), timeout=_PATIENCE)


def _given_up(job: Job) -> str:
    return (
        f"{job.photo.path} was given up, since {_LOST} workers of the cluster were lost over it, perhaps for want of "
        f"memory; use fewer --workers, and the same command tries it again."
    )
