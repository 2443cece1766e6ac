"""The engine's threads: the only part of the window that imports torch, and only once they run."""

from gui.worker.batch_thread import BatchThread
from gui.worker.compare_thread import CompareThread
from gui.worker.thread import EngineThread
from gui.worker.training_thread import TrainingThread

__all__ = ["BatchThread", "CompareThread", "EngineThread", "TrainingThread"]
