"""Deep against superficial importance: both maps of the photo and of its patched copy, with what each took."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.maps import CopyMaps, MapsView, MapView, maps_key
from gui.panels import words
from gui.panels.plots.frame import PlotFrame
from gui.panels.plots.map_tile import MapTile
from gui.snapshot import Snapshot
from gui.state import State

__all__ = ["DeepPlot"]


class DeepPlot(PlotFrame):
    """Two or four photos under a map each; the maps are asked for only while they can be seen."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(
            state,
            "Deep against superficial importance",
            "Class activation map (deep) and superficial importance map, for the photo without and with its patch.",
            parent,
        )
        self.setObjectName("deepPlot")
        self.tiles = {(copy, kind): MapTile() for copy in ("benign", "patched") for kind in ("superficial", "deep")}
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(self.fontMetrics().height() // 2)
        for tile in self.tiles.values():
            layout.addWidget(tile, 1)
        state.maps_changed.connect(self._take_maps)
        state.document_changed.connect(self._take_maps)
        self.set_body(body)

    def has_content(self, _snapshot: Snapshot) -> bool:
        """What is shown comes by a way of its own."""
        return self.state.maps is not None

    def draw(self, _snapshot: Snapshot) -> None:
        """One tile a map."""
        maps = self.state.maps
        assert maps is not None
        for name, copy in (("benign", maps.benign), ("patched", maps.patched)):
            for kind in ("superficial", "deep"):
                self._fill(self.tiles[name, kind], maps, name, kind, copy)
        text = _told(maps)
        self.caption.setText(text)
        self.setAccessibleDescription(text)

    def dim(self, dimmed: bool) -> None:
        """Fade maps of an earlier photo, patch, layer or model."""
        maps = self.state.maps
        others = maps is not None and maps.key != maps_key(self.state.document)
        for tile in self.tiles.values():
            tile.dim(dimmed or others)

    def restyle(self) -> None:
        """The tiles follow the palette by themselves."""
        for tile in self.tiles.values():
            tile.update()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for maps."""
        super().showEvent(event)
        self.state.want_maps(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for no more maps."""
        super().hideEvent(event)
        self.state.want_maps(False)

    @Slot(object)
    def _take_maps(self, _what: object) -> None:
        self._take(self.state.snapshot)

    def _fill(self, tile: MapTile, maps: MapsView, copy: str, kind: str, shown: CopyMaps | None) -> None:
        view: MapView | None = None if shown is None else getattr(shown, kind)
        tile.setVisible(view is not None)
        if shown is None or view is None:
            return
        title = f"{kind.capitalize()} {_milliseconds(view.milliseconds)}"
        if copy == "patched" and view.inside is not None:
            below = f"with it: {words.percent(view.inside)} inside"
            what = f"with the patch, where {words.percent(view.inside)} of it lies"
        else:
            below = what = "without the patch" if maps.box else "no patch on"
        tip = f"{kind.capitalize()} importance {what}; made in {_milliseconds(view.milliseconds)}"
        if kind == "deep":
            tip += f", for the class {shown.predicted}"
        tile.show_map(shown.view, view.values, maps.box if copy == "patched" else None, (title, below), tip)


def _milliseconds(value: float) -> str:
    return f"{value:.1f} ms" if value < 9.95 else f"{value:.0f} ms"


def _told(maps: MapsView) -> str:
    """What the maps say of the patch, in a sentence."""
    if maps.why_no_deep:
        return maps.why_no_deep
    if maps.patched is None or maps.patched.deep is None:
        deep, superficial = maps.benign.deep, maps.benign.superficial
        ratio = deep.milliseconds / max(superficial.milliseconds, 1e-6) if deep is not None else 0
        return f"The deep map (for {maps.benign.predicted}) took {ratio:.1f} times as long as the superficial one"
    shares = [maps.patched.superficial.inside or 0.0, maps.patched.deep.inside or 0.0]
    texts = [f"{words.percent(share)} ({share / maps.area:.1f} × its area)" for share in shares]
    return f"In the patch lie {texts[0]} of the superficial and {texts[1]} of the deep importance"
