"""The one observable state of the window: what is asked, what is known, and what is selected."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.placement import Placement
from engine.settings import Settings
from gui.comparing import ShownPlaces
from gui.document import Document
from gui.maps import MapsView
from gui.snapshot import ModelInfo, Problem, Snapshot, VerdictView

__all__ = ["Phase", "Selection", "State"]


class Phase(Enum):
    """What the window is doing; every panel draws each of them."""

    EMPTY = "empty"
    LOADING = "loading"
    COMPUTING = "computing"
    PARTIAL = "partial"
    VERDICT = "verdict"
    STALE = "stale"
    CANCELLED = "cancelled"
    ERROR = "error"


@dataclass(frozen=True)
class Selection:
    """What the linked views point at: a window, and a place (row, column) of the patch."""

    window: int | None = None
    place: tuple[int, int] | None = None


class State(QObject):
    """The state that panels read and ask to change; nothing else connects them.

    A change of the document goes through the undo stack, so that every parameter can be undone; while
    ``holding`` (a slider or the patch is being dragged) the changes of one drag are one step.

    Signals
    -------
    document_changed : Document
    snapshot_changed : Snapshot or None
    phase_changed : Phase
    verdict_changed : VerdictView or None
    selection_changed : Selection
    model_changed : ModelInfo
    problem_changed : Problem or None
    holding_changed : bool
    live_changed : bool
    maps_changed : MapsView
    maps_wanted_changed : bool
    places_changed : ShownPlaces or None
    """

    document_changed = Signal(object)
    snapshot_changed = Signal(object)
    phase_changed = Signal(object)
    verdict_changed = Signal(object)
    selection_changed = Signal(object)
    model_changed = Signal(object)
    problem_changed = Signal(object)
    holding_changed = Signal(bool)
    live_changed = Signal(bool)
    maps_changed = Signal(object)
    maps_wanted_changed = Signal(bool)
    places_changed = Signal(object)
    logged = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = Document()
        self.snapshot: Snapshot | None = None
        self.phase = Phase.EMPTY
        self.selection = Selection()
        self.model: ModelInfo | None = None
        self.problem: Problem | None = None
        self.maps: MapsView | None = None
        self.maps_wanted = False
        self.places: ShownPlaces | None = None
        self.loading = ""
        self.live = True
        self.holding = False
        self.undo_stack = QUndoStack(self)
        self._gesture = 0

    @property
    def settings(self) -> Settings:
        """The engine's knobs, as asked for."""
        return self.document.settings

    @property
    def stage(self) -> str | None:
        """The engine's last stage, if it has got anywhere."""
        return self.snapshot.stage if self.snapshot else None

    @property
    def verdict(self) -> VerdictView | None:
        """The verdict that belongs to what is shown; ``None`` while there is none."""
        return self.snapshot.verdict if self.snapshot and self.phase is not Phase.PARTIAL else None

    def change(self, text: str, **changes: Any) -> None:
        """Ask for a change of the document: ``image``, ``patch``, ``placement``, ``patch_on`` or ``settings``.

        Parameters
        ----------
        text : str
            What the undo menu calls it.
        """
        after = replace(self.document, **changes)
        if after != self.document:
            gesture = self._gesture if self.holding else None
            self.undo_stack.push(_Change(self, self.document, after, text, gesture))

    def set_knobs(self, text: str, **knobs: Any) -> None:
        """Ask for a change of settings.

        Raises
        ------
        SettingsError
            If a value is out of range.
        """
        self.change(text, settings=replace(self.document.settings, **knobs))

    def move_patch(self, placement: Placement) -> None:
        """Ask for another place, scale or rotation of the patch."""
        self.change("Move patch", placement=placement)

    def hold(self, holding: bool) -> None:
        """Say that a slider or the patch is being dragged, or has been let go."""
        if holding != self.holding:
            self.holding = holding
            self._gesture += 1
            self.holding_changed.emit(holding)

    def set_live(self, live: bool) -> None:
        """Follow changes at once, or only when asked."""
        if live != self.live:
            self.live = live
            self.live_changed.emit(live)

    def want_maps(self, wanted: bool) -> None:
        """Say whether somebody looks at deep and superficial importance side by side."""
        if wanted != self.maps_wanted:
            self.maps_wanted = wanted
            self.maps_wanted_changed.emit(wanted)

    @Slot(object)
    def show_maps(self, maps: MapsView) -> None:
        """Take over other importance maps."""
        self.maps = maps
        self.maps_changed.emit(maps)

    def show_places(self, places: ShownPlaces | None) -> None:
        """Show another location map in the place of the verdict's, or that again."""
        if places is not self.places:
            self.places = places
            self.places_changed.emit(places)

    def select(self, window: int | None = None, place: tuple[int, int] | None = None) -> None:
        """Point the linked views at a window or a place."""
        selection = Selection(window, place)
        if selection != self.selection:
            self.selection = selection
            self.selection_changed.emit(selection)

    def report(self, problem: Problem | None) -> None:
        """Show or clear what went wrong."""
        self.problem = problem
        if problem is not None:
            self.log(problem.sentence)
            self._enter(Phase.ERROR)
        self.problem_changed.emit(problem)

    def log(self, line: str) -> None:
        """Add a line to the activity log."""
        self.logged.emit(line)

    def show_loading(self, what: str) -> None:
        """Say what is being loaded."""
        self.loading = what
        self.phase = Phase.LOADING
        self.phase_changed.emit(self.phase)

    def show_model(self, model: ModelInfo) -> None:
        """Take over what controls need to know of the model."""
        self.model = model
        self.model_changed.emit(model)

    def show_computing(self) -> None:
        """Something was asked for; what is shown no longer belongs to it.

        A preview stays one while something is held: the next is there before the eye could follow the change.
        """
        if self.problem is not None:
            self.report(None)
        if not (self.holding and self.phase is Phase.PARTIAL):
            self._enter(Phase.COMPUTING)

    def show_stale(self) -> None:
        """The document changed and nothing follows it until asked."""
        self._enter(Phase.STALE if self.snapshot else Phase.EMPTY)

    def show_cancelled(self) -> None:
        """The user stopped the engine."""
        self._enter(Phase.CANCELLED)

    def show(self, snapshot: Snapshot) -> None:
        """Take over a newer snapshot."""
        before, notes = self.verdict, self.snapshot.notes if self.snapshot else ()
        self.snapshot = snapshot
        for note in snapshot.notes:
            if note not in notes:
                self.log(note)
        if self.selection.window is not None and snapshot.windows and self.selection.window >= len(snapshot.windows):
            self.select()
        self._enter(Phase.VERDICT if snapshot.verdict and not snapshot.request.preview else Phase.PARTIAL)
        self.snapshot_changed.emit(snapshot)
        if self.verdict is not before:
            self.verdict_changed.emit(self.verdict)
            if self.verdict is not None:
                self.log(f"{self.verdict.word.capitalize()}: {self.verdict.reason}")

    def _enter(self, phase: Phase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit(phase)

    def _apply(self, document: Document) -> None:
        self.document = document
        self.document_changed.emit(document)


class _Change(QUndoCommand):
    """Swaps one document for another; the changes of one drag merge into one step."""

    def __init__(self, state: State, before: Document, after: Document, text: str, gesture: int | None) -> None:
        super().__init__(text)
        self._state, self._before, self._after, self._gesture = state, before, after, gesture

    def redo(self) -> None:
        self._state._apply(self._after)

    def undo(self) -> None:
        self._state._apply(self._before)

    def id(self) -> int:
        return 1 if self._gesture is not None else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Change) or other._gesture != self._gesture:
            return False
        self._after = other._after
        return True
