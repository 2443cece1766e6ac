"""The thread that trains patches."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from gui.training import TrainingView
from gui.worker.side_thread import Serve, SideThread

__all__ = ["TrainingThread"]


class TrainingThread(SideThread):
    """Serves a :class:`TrainingRequest` with a :class:`TrainingView` after every few steps."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("training", _make_trainer, parent)

    @staticmethod
    def write(path: Path, view: TrainingView) -> None:
        """Write a trained patch and how it was made; may run in any thread.

        Raises
        ------
        SinscopeError
            If it cannot be written there.
        """
        from gui.worker.trainer import write_patch

        write_patch(path, view)


def _make_trainer(announce: Callable[[str], None]) -> Serve:
    from gui.worker.trainer import Trainer

    return Trainer(announce).train
