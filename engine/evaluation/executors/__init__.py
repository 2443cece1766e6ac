"""Who does the work of an evaluation: this process, several of its own, or a Ray cluster."""

from engine.evaluation.executors.cluster import Cluster
from engine.evaluation.executors.executor import Answered, Executor
from engine.evaluation.executors.here import Here
from engine.evaluation.executors.processes import Processes

__all__ = ["Answered", "Cluster", "Executor", "Here", "Processes"]
