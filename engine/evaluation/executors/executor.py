"""What every way of doing the work has in common."""

from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from engine.evaluation.plan import Job, Plan
from engine.evaluation.work import Answers

__all__ = ["Answered", "Executor"]

Answered = Generator[tuple[Job, Answers], None, None]


class Executor(Protocol):
    """Does the jobs of a plan; answers come back as they are ready, each job's once."""

    def answers(self, plan: Plan, jobs: Sequence[Job], stop: Callable[[], bool]) -> Answered:
        """Do the jobs.

        Parameters
        ----------
        plan : Plan
        jobs : sequence of Job
        stop : callable
            Once it says yes, no job is begun, and those under work are given up.

        Yields
        ------
        (Job, Answers)
            In any order. Closing the generator ends all work.

        Raises
        ------
        SinscopeError
            If the work cannot go on.
        """
        ...
