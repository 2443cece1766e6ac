"""The work done in this process, one job after another."""

from collections.abc import Callable, Sequence

from engine.defenses import Subject
from engine.evaluation.executors.executor import Answered
from engine.evaluation.plan import Job, Plan
from engine.evaluation.work import Worker

__all__ = ["Here"]


class Here:
    """The process that asks.

    Parameters
    ----------
    subject : Subject
        The plan's classifier.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def answers(self, plan: Plan, jobs: Sequence[Job], stop: Callable[[], bool]) -> Answered:
        """Do the jobs; see :class:`Executor`."""
        worker = Worker(plan, self._subject, stop)
        for job in jobs:
            if stop():
                return
            yield job, worker.answer(job)
