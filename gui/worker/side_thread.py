"""A long-lived thread for long work, beside the one that follows every change."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from gui.mailbox import Mailbox
from gui.worker.ending import end_thread
from gui.worker.faults import problem_of
from gui.worker.imports import quick_imports

__all__ = ["Serve", "SideThread"]

# Serves a request, which has a number, and is asked between two steps whether to stop; gives what is to be shown.
Serve = Callable[[Any, Callable[[], bool]], Iterator[Any]]


class _Worker(QObject):
    """Lives in the thread; serves one request after the other."""

    view_ready = Signal()
    preparing = Signal(str)
    failed = Signal(object)
    ended = Signal(int)

    def __init__(
        self,
        make: Callable[[Callable[[str], None]], Serve],
        outbox: Mailbox[Any],
        stop: threading.Event,
    ) -> None:
        super().__init__()
        self._make, self._outbox, self._stop = make, outbox, stop
        self._serve: Serve | None = None

    @Slot(object)
    def serve(self, request: Any) -> None:
        """Serve until the end or until told to stop."""
        try:
            with quick_imports():
                self._work(request)
        except Exception as error:
            self.failed.emit(problem_of(error, request.number))
        self.ended.emit(request.number)

    def _work(self, request: Any) -> None:
        if self._stop.is_set():
            return
        if self._serve is None:
            self.preparing.emit("starting")
            self._serve = self._make(self.preparing.emit)
        for view in self._serve(request, self._stop.is_set):
            if self._outbox.put(view):
                self.view_ready.emit()


class SideThread(QObject):
    """The window's side of the thread; one request at a time.

    Parameters
    ----------
    name : str
        Of the thread.
    make : callable
        Makes what serves, in the thread and not before the first request: it may import torch. It is given what
        to tell of its preparations to.

    Signals
    -------
    view : object
        How it goes; the newest one, whatever came between.
    preparing : str
        What goes on before there is a view.
    failed : Problem
    ended : int
        The number of the request that has come to its end, by whatever way; after all else of it.
    """

    view = Signal(object)
    preparing = Signal(str)
    failed = Signal(object)
    ended = Signal(int)
    _wake = Signal(object)

    def __init__(
        self, name: str, make: Callable[[Callable[[str], None]], Serve], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._outbox: Mailbox[Any] = Mailbox()
        self._stop = threading.Event()
        self._thread = QThread(self)
        self._thread.setObjectName(name)
        self._worker = _Worker(make, self._outbox, self._stop)
        self._worker.moveToThread(self._thread)
        self._wake.connect(self._worker.serve)
        self._worker.view_ready.connect(self._deliver)
        self._worker.preparing.connect(self.preparing)
        self._worker.failed.connect(self.failed)
        self._worker.ended.connect(self.ended)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    def begin(self, request: Any) -> None:
        """Begin a request; the one before must have ended."""
        self._stop.clear()
        self._wake.emit(request)

    def stop(self) -> None:
        """End the request after its step; what it found so far is told."""
        self._stop.set()

    @property
    def is_running(self) -> bool:
        """Whether the thread has not come to its end."""
        return self._thread.isRunning()

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread (:func:`end_thread`), within one step of its work or of loading a model."""
        self.stop()
        self._outbox.take()
        end_thread(self._thread, patience_ms)

    @Slot()
    def _deliver(self) -> None:
        view = self._outbox.take()
        if view is not None:
            self.view.emit(view)
