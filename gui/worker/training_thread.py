"""A long-lived thread that trains patches, beside the one that follows every change."""

import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from gui.mailbox import Mailbox
from gui.training import TrainingRequest, TrainingView
from gui.worker.ending import end_thread
from gui.worker.faults import problem_of
from gui.worker.imports import quick_imports

__all__ = ["TrainingThread"]


class _Worker(QObject):
    """Lives in the thread; trains one patch after the other."""

    view_ready = Signal()
    preparing = Signal(str)
    failed = Signal(object)
    ended = Signal(int)

    def __init__(self, outbox: Mailbox[TrainingView], stop: threading.Event) -> None:
        super().__init__()
        self._outbox, self._stop = outbox, stop
        self._trainer: Any = None

    @Slot(object)
    def serve(self, request: TrainingRequest) -> None:
        """Train until the last step or until told to stop."""
        try:
            with quick_imports():
                self._train(request)
        except Exception as error:
            self.failed.emit(problem_of(error, request.number))
        self.ended.emit(request.number)

    def _train(self, request: TrainingRequest) -> None:
        if self._stop.is_set():
            return
        if self._trainer is None:
            self.preparing.emit("starting")
            from gui.worker.trainer import Trainer

            self._trainer = Trainer(announce=self.preparing.emit)
        for view in self._trainer.train(request, stop=self._stop.is_set):
            if self._outbox.put(view):
                self.view_ready.emit()


class TrainingThread(QObject):
    """The window's side of the thread; one training at a time.

    Signals
    -------
    view : TrainingView
        How it goes; the newest one, whatever came between.
    preparing : str
        What goes on before the first step.
    failed : Problem
    ended : int
        The number of the request that has come to its end, by whatever way; after all else of it.
    """

    view = Signal(object)
    preparing = Signal(str)
    failed = Signal(object)
    ended = Signal(int)
    _wake = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._outbox: Mailbox[TrainingView] = Mailbox()
        self._stop = threading.Event()
        self._thread = QThread(self)
        self._thread.setObjectName("training")
        self._worker = _Worker(self._outbox, self._stop)
        self._worker.moveToThread(self._thread)
        self._wake.connect(self._worker.serve)
        self._worker.view_ready.connect(self._deliver)
        self._worker.preparing.connect(self.preparing)
        self._worker.failed.connect(self.failed)
        self._worker.ended.connect(self.ended)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    def train(self, request: TrainingRequest) -> None:
        """Begin a training; the one before must have ended."""
        self._stop.clear()
        self._wake.emit(request)

    def stop(self) -> None:
        """End the training after its step; what it found so far is told."""
        self._stop.set()

    @property
    def is_running(self) -> bool:
        """Whether the thread has not come to its end."""
        return self._thread.isRunning()

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread (:func:`end_thread`), within one step of training or of loading a model."""
        self.stop()
        self._outbox.take()
        end_thread(self._thread, patience_ms)

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

    @Slot()
    def _deliver(self) -> None:
        view = self._outbox.take()
        if view is not None:
            self.view.emit(view)
