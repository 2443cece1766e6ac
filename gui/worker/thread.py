"""One long-lived thread that owns the classifier and the caches and serves the newest request."""

import threading
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from gui.mailbox import Mailbox
from gui.maps import MapsView
from gui.snapshot import ModelInfo, Problem, Request, Snapshot
from gui.worker.ending import end_thread
from gui.worker.faults import problem_of
from gui.worker.imports import quick_imports

__all__ = ["EngineThread"]

_FRAME_MS = 16  # between two snapshots that are shown


class _Worker(QObject):
    """Lives in the thread; serves one request after the other, newest first, older ones never."""

    snapshot_ready = Signal()
    model_loading = Signal(str)
    model_ready = Signal(object)
    maps_ready = Signal(object)
    failed = Signal(object)
    idle = Signal(int)

    def __init__(self, inbox: Mailbox[Request], outbox: Mailbox[Snapshot], newest: "_Newest") -> None:
        super().__init__()
        self._inbox, self._outbox, self._newest = inbox, outbox, newest
        self._bench: Any = None

    @Slot()
    def wake(self) -> None:
        """Serve what lies in the inbox."""
        while (request := self._inbox.take()) is not None:
            try:
                with quick_imports():
                    self._serve(request)
            except Exception as error:
                self._fail(problem_of(error, request.generation))
            self.idle.emit(request.generation)

    def _serve(self, request: Request) -> None:
        if self._bench is None:
            self.model_loading.emit(request.document.settings.model)
            from gui.worker.bench import Bench

            self._bench = Bench(announce=self.model_loading.emit)
        for made in self._bench.serve(request, stop=lambda: self._newest.is_stale(request.generation)):
            if self._newest.is_stale(request.generation):
                return
            if isinstance(made, ModelInfo):
                self.model_ready.emit(made)
            elif isinstance(made, MapsView):
                self.maps_ready.emit((request.generation, made))
            elif self._outbox.put(made):
                self.snapshot_ready.emit()

    def _fail(self, problem: Problem) -> None:
        if not self._newest.is_stale(problem.generation):
            self.failed.emit(problem)


class _Newest:
    """The newest generation asked for; anything older is stale."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._generation = 0

    def advance(self) -> int:
        with self._lock:
            self._generation += 1
            return self._generation

    def is_stale(self, generation: int) -> bool:
        with self._lock:
            return generation != self._generation


class EngineThread(QObject):
    """The window's side of the engine's thread.

    Signals
    -------
    snapshot : Snapshot
        Something new to show, at most 60 times a second and then the newest; stale ones never come.
    model_loading : str
        What is being loaded or prepared.
    model_ready : ModelInfo
    maps : MapsView
        What :meth:`ask_maps` asked for.
    failed : Problem
    idle : int
        The generation that has just been served, finished or not; after its last snapshot.
    """

    snapshot = Signal(object)
    model_loading = Signal(str)
    model_ready = Signal(object)
    maps = Signal(object)
    failed = Signal(object)
    idle = Signal(int)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inbox: Mailbox[Request] = Mailbox()
        self._outbox: Mailbox[Snapshot] = Mailbox()
        self._newest = _Newest()
        self._served: int | None = None  # its last snapshot waits for the next frame
        self._frame = QTimer(self)
        self._frame.setTimerType(Qt.TimerType.PreciseTimer)
        self._frame.setSingleShot(True)
        self._frame.setInterval(_FRAME_MS)
        self._frame.timeout.connect(self._deliver)
        self._thread = QThread(self)
        self._thread.setObjectName("engine")
        self._worker = _Worker(self._inbox, self._outbox, self._newest)
        self._worker.moveToThread(self._thread)
        self._wake.connect(self._worker.wake)
        self._worker.snapshot_ready.connect(self._look)
        self._worker.model_loading.connect(self.model_loading)
        self._worker.model_ready.connect(self.model_ready)
        self._worker.maps_ready.connect(self._deliver_maps)
        self._worker.failed.connect(self._deliver_problem)
        self._worker.idle.connect(self._rest)
        self._thread.finished.connect(self._worker.deleteLater)
        self._thread.start()

    def ask(self, document: object, preview: bool = False) -> int:
        """Ask for an inspection; whatever was asked for before is dropped. Returns its generation."""
        return self._ask(document, preview=preview)

    def ask_maps(self, document: object) -> int:
        """Ask for importance maps, in the place of whatever was asked for before. Returns the generation."""
        return self._ask(document, maps=True)

    def _ask(self, document: object, preview: bool = False, maps: bool = False) -> int:
        generation = self._newest.advance()
        self._inbox.put(Request(generation, document, preview, maps))
        self._wake.emit()
        return generation

    def cancel(self) -> None:
        """Drop what is running and waiting."""
        self._newest.advance()
        self._inbox.take()

    @property
    def is_running(self) -> bool:
        """Whether the thread has not come to its end."""
        return self._thread.isRunning()

    def close(self, patience_ms: int | None = None) -> None:
        """End the thread (:func:`end_thread`), within one batch of windows or one step of loading a model."""
        self.cancel()
        self._frame.stop()
        end_thread(self._thread, patience_ms)

    @Slot()
    def _look(self) -> None:
        if not self._frame.isActive():
            self._deliver()

    @Slot()
    def _deliver(self) -> None:
        made, served = self._outbox.take(), self._served
        self._served = None
        if made is not None and not self._newest.is_stale(made.request.generation):
            self._frame.start()
            self.snapshot.emit(made)
        if served is not None:
            self.idle.emit(served)

    @Slot(int)
    def _rest(self, generation: int) -> None:
        if self._outbox.peek() is None:
            self.idle.emit(generation)
        else:
            self._served = generation

    @Slot(object)
    def _deliver_maps(self, made: tuple[int, MapsView]) -> None:
        generation, maps = made
        if not self._newest.is_stale(generation):
            self.maps.emit(maps)

    @Slot(object)
    def _deliver_problem(self, problem: Problem) -> None:
        self._outbox.take()  # what was found before it failed would be shown after the problem
        if not self._newest.is_stale(problem.generation):
            self.failed.emit(problem)
