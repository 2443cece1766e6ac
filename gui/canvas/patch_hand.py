"""What moves the patch: the mouse on the canvas, the keys, a place that was clicked."""

from PySide6.QtCore import QObject, QTimer, Slot

from engine.placement import Placement
from gui.canvas.patch_geometry import PatchRoom
from gui.canvas.patch_item import PatchItem
from gui.canvas.patch_loader import LoadedPatch, PatchLoader
from gui.snapshot import Snapshot
from gui.state import State

__all__ = ["PatchHand"]

_NUDGE_MS = 400  # key presses no further apart are one step to undo


class PatchHand(QObject):
    """Turns gestures on the patch's item into requests to the state, and shows the item what came of them.

    Parameters
    ----------
    state : State
    item : PatchItem
    loader : PatchLoader
        Where the patch's own size and picture come from.
    """

    def __init__(self, state: State, item: PatchItem, loader: PatchLoader, parent: QObject) -> None:
        super().__init__(parent)
        self._state, self._item, self._loader = state, item, loader
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_NUDGE_MS)
        self._rest.timeout.connect(self._let_go)
        item.grabbed.connect(self._take_hold)
        item.dragged.connect(state.move_patch)
        item.dropped.connect(self._let_go)

    @property
    def has_patch(self) -> bool:
        """Whether a patch is on the canvas, to be moved."""
        return self._item.room is not None

    def follow(self, snapshot: Snapshot | None, drawn: bool) -> None:
        """Show the patch where the document has it.

        Parameters
        ----------
        snapshot : Snapshot or None
        drawn : bool
            The photo does not show it there, so that its picture is drawn.
        """
        document, room, picture = self._state.document, None, None
        if snapshot is not None and document.patch is not None and document.patch_on:
            loaded: LoadedPatch | None = self._loader.get(document.patch)
            if loaded is not None:
                height, width = snapshot.view.shape[:2]
                room, picture = PatchRoom(loaded.size, (height, width)), loaded.picture
        self._item.show_patch(room, document.placement, picture, drawn)

    def nudge(self, dx: int, dy: int) -> None:
        """Move by pixels of the model's input."""
        if self._item.room is not None:
            self._step(self._item.room.moved(self._state.document.placement, dx, dy))

    def scale(self, step: int) -> None:
        """Make the longer side longer by pixels of the model's input."""
        if self._item.room is not None:
            self._step(self._item.room.stepped(self._state.document.placement, step))

    def put(self, row: int, column: int) -> None:
        """Put the top-left corner at a place, or as near as there is room, and the patch on the photo."""
        document = self._state.document
        if document.patch is None:
            return
        placement = document.placement
        if self._item.room is not None:
            placement = self._item.room.at(placement, column, row)
        else:
            placement = Placement(column, row, placement.scale, placement.rotation)
        self._state.change("Put patch on a place", placement=placement, patch_on=True)

    def _step(self, placement: Placement) -> None:
        self._state.hold(True)
        self._state.move_patch(placement)
        self._rest.start()

    @Slot()
    def _take_hold(self) -> None:
        self._rest.stop()
        self._state.hold(True)

    @Slot()
    def _let_go(self) -> None:
        self._rest.stop()
        self._state.hold(False)
