"""The engine's thread: the only part of the window that imports torch, and only once it runs."""

from gui.worker.thread import EngineThread

__all__ = ["EngineThread"]
