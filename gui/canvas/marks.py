"""All marks over the photo, from the location map up to the patch."""

from PySide6.QtGui import QFont

from gui.canvas.layers import LayerModel
from gui.canvas.locations_item import LocationsItem
from gui.canvas.overlay import Key, Overlay
from gui.canvas.patch_item import PatchItem
from gui.canvas.photo_box import PhotoBox
from gui.canvas.sins_item import ClustersItem, SinsItem
from gui.canvas.status import Look
from gui.canvas.windows_item import WindowsItem
from gui.comparing import ShownPlaces
from gui.snapshot import Snapshot
from gui.state import Selection

__all__ = ["Marks"]

_LOWEST = 10


class Marks:
    """The items of the layers over the heatmap, made once.

    Parameters
    ----------
    box : PhotoBox
        Where they lie.
    font : QFont
        Of words beside them.
    """

    def __init__(self, box: PhotoBox, font: QFont) -> None:
        self.locations, self.windows = LocationsItem(), WindowsItem(font)
        self.sins, self.clusters = SinsItem(), ClustersItem()
        self.patch = PatchItem(font)
        self._drawn: tuple[tuple[str, Overlay], ...] = (
            ("locations", self.locations),
            ("sins", self.clusters),
            ("windows", self.windows),
            ("patch", self.patch),
        )
        box.add_overlay(self.sins, _LOWEST)
        for level, (_, item) in enumerate(self._drawn):
            box.add_overlay(item, _LOWEST + (level if item is not self.locations else -1))

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Take over what a snapshot knows."""
        self.locations.set_snapshot(snapshot)
        self.sins.set_snapshot(snapshot)
        self.clusters.set_snapshot(snapshot)
        self.windows.set_snapshot(snapshot)
        if snapshot is not None:
            height, width = snapshot.view.shape[:2]
            for _, item in self._drawn:
                item.set_size(height, width)

    def select(self, selection: Selection) -> None:
        """Show the window and the place that the linked views point at."""
        self.windows.select(selection.window)
        self.locations.select(selection.place)

    def show(self, layers: LayerModel, look: Look, has_content: bool) -> None:
        """Show each layer as the user wants it, as far as there is something to show."""
        self.sins.setVisible(has_content and layers.is_shown("sins"))
        self.sins.setOpacity(layers["sins"].opacity * look.overlays)
        for name, item in self._drawn:
            # An item of no shape would still be met by the mouse.
            is_there = has_content and (item is not self.patch or self.patch.room is not None)
            item.setVisible(is_there and layers.is_shown(name))
            # The patch is the user's own: it is where it is, whatever the engine has come to.
            item.setOpacity(layers[name].opacity * (look.overlays if name != "patch" else 1.0))

    def show_places(self, places: ShownPlaces | None) -> None:
        """Show another location map in the place of the verdict's, or that again."""
        self.locations.set_other(places)

    def place_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The place of the patch that the location map shows at a point, where it is to be seen."""
        return self.locations.place_at(x, y) if self.locations.isVisible() else None

    def keys(self) -> list[Key]:
        """The legend of what is to be seen."""
        return [key for _, item in self._drawn if item.isVisible() for key in item.legend()]
