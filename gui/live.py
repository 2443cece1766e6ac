"""The live loop: the document changes, the engine is asked, and what it answers goes into the state."""

from PySide6.QtCore import QObject, QTimer, Slot

from gui.document import Document
from gui.maps import maps_key
from gui.snapshot import Problem, Snapshot
from gui.state import Phase, State
from gui.worker import EngineThread

__all__ = ["LiveLoop"]

REST_MS = 150


class LiveLoop(QObject):
    """Asks for a preview while something is held, and for the full run after a rest or on release.

    Parameters
    ----------
    state : State
    engine : EngineThread
    """

    def __init__(self, state: State, engine: EngineThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._engine = state, engine
        self._previewing = 0  # generation of a preview that the engine has not come to rest from, or 0
        self._moved = False  # the document changed meanwhile
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.run)
        state.document_changed.connect(self._follow)
        state.holding_changed.connect(self._released)
        state.live_changed.connect(self._live_switched)
        state.phase_changed.connect(self._ask_maps)
        state.maps_wanted_changed.connect(self._ask_maps)
        engine.snapshot.connect(self._take)
        engine.model_loading.connect(state.show_loading)
        engine.model_ready.connect(state.show_model)
        engine.maps.connect(state.show_maps)
        engine.failed.connect(self._fail)
        engine.idle.connect(self._rested)

    @Slot()
    def run(self) -> None:
        """Ask for the full run of the document as it stands."""
        self._rest.stop()
        if self._state.document.image is not None:
            self._state.show_computing()
            self._engine.ask(self._state.document)

    @Slot()
    def stop(self) -> None:
        """Stop the engine and keep what is shown, marked as cancelled."""
        self._rest.stop()
        if self._state.phase in (Phase.COMPUTING, Phase.PARTIAL, Phase.LOADING):
            self._engine.cancel()
            self._state.show_cancelled()

    @Slot(object)
    def _follow(self, document: Document) -> None:
        if document.image is None or not self._state.live:
            self._state.show_stale()
        elif self._state.holding:
            self._state.show_computing()
            self._rest.stop()
            # A preview that each move overtook would never show anything: the next one waits for its first stage.
            if self._previewing:
                self._moved = True
            else:
                self._preview()
        else:
            self.run()

    @Slot(bool)
    def _released(self, holding: bool) -> None:
        if not holding and self._state.live and self._state.document.image is not None:
            shown = self._state.snapshot
            if shown is None or shown.request.preview or shown.request.document != self._state.document:
                self.run()

    @Slot(bool)
    def _live_switched(self, live: bool) -> None:
        if live and self._state.phase is Phase.STALE:
            self.run()

    @Slot(object)
    def _take(self, snapshot: Snapshot) -> None:
        self._state.show(snapshot)
        if self._moved and self._state.holding:
            self._preview()
        elif snapshot.request.preview and snapshot.verdict is not None:
            self._rest.start()  # the preview is done and nothing has moved since

    def _preview(self) -> None:
        self._moved = False
        self._previewing = self._engine.ask(self._state.document, preview=True)

    @Slot()
    def _ask_maps(self, _what: object = None) -> None:
        """Importance maps cost passes through the whole network: only for who looks at them, once all is at rest."""
        state = self._state
        if state.maps_wanted and state.phase is Phase.VERDICT:
            key = maps_key(state.document)
            if state.maps is None or state.maps.key != key:
                self._engine.ask_maps(state.document)

    @Slot(int)
    def _rested(self, generation: int) -> None:
        if generation < self._previewing:
            return  # that of an older one
        self._previewing = 0
        if self._moved and self._state.holding and self._state.live:
            self._preview()

    @Slot(object)
    def _fail(self, problem: Problem) -> None:
        self._state.report(problem)
