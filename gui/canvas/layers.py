"""The canvas's layers: what is shown, how strongly, and what is shown alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

__all__ = ["LAYERS", "TABLES", "Layer", "LayerModel"]

TABLES = ("cividis", "viridis", "magma", "grey")


@dataclass(frozen=True)
class Layer:
    """One layer of the canvas.

    Parameters
    ----------
    name, title : str
        By which code and the user know it.
    visible : bool
    opacity : float
        In [0, 1].
    solo : bool
        Whether it alone is shown over the image.
    """

    name: str
    title: str
    visible: bool = True
    opacity: float = 1.0
    solo: bool = False


# In the order of their keys, 1 to 6.
LAYERS = (
    Layer("image", "Image"),
    Layer("heatmap", "Heatmap", opacity=0.7),
    Layer("sins", "SINs and clusters"),
    Layer("windows", "Windows"),
    Layer("locations", "Locations", visible=False, opacity=0.8),
    Layer("patch", "Patch"),
)


class LayerModel(QObject):
    """The layers and the heatmap's colour table; views listen and draw.

    Signals
    -------
    changed
        A layer or the colour table is another.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._layers = {layer.name: layer for layer in LAYERS}
        self._table = TABLES[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the layers, in the order of their keys."""
        return tuple(self._layers)

    @property
    def table(self) -> str:
        """Name of the heatmap's colour table."""
        return self._table

    def __getitem__(self, name: str) -> Layer:
        """The layer as it stands."""
        return self._layers[name]

    def is_shown(self, name: str) -> bool:
        """Whether a layer is to be drawn: its eye is open, and no other is solo. The image lies under a solo."""
        alone = next((layer.name for layer in self._layers.values() if layer.solo), None)
        if alone is None or name == "image":
            return self._layers[name].visible or alone == name
        return name == alone

    def set_visible(self, name: str, visible: bool) -> None:
        """Open or close a layer's eye."""
        self._set(replace(self._layers[name], visible=visible))

    def toggle(self, name: str) -> None:
        """Open a closed eye, close an open one."""
        self.set_visible(name, not self._layers[name].visible)

    def set_opacity(self, name: str, opacity: float) -> None:
        """Set how strongly a layer is drawn, clipped to [0, 1]."""
        self._set(replace(self._layers[name], opacity=min(1.0, max(0.0, opacity))))

    def solo(self, name: str) -> None:
        """Show one layer alone over the image; once more, and all are back."""
        before = dict(self._layers)
        for other, layer in before.items():
            self._layers[other] = replace(layer, solo=other == name and not layer.solo)
        if before != self._layers:
            self.changed.emit()

    def set_table(self, table: str) -> None:
        """Choose the heatmap's colour table; an unknown one changes nothing."""
        if table in TABLES and table != self._table:
            self._table = table
            self.changed.emit()

    def as_dict(self) -> dict[str, Any]:
        """What a session stores, in JSON's types."""
        layers = {
            layer.name: {"visible": layer.visible, "opacity": layer.opacity, "solo": layer.solo}
            for layer in self._layers.values()
        }
        return {"table": self._table, "layers": layers}

    def restore(self, stored: object) -> None:
        """Take over what :meth:`as_dict` gave; what is missing or makes no sense stays as it is."""
        if not isinstance(stored, Mapping):
            return
        layers = stored.get("layers")
        for name, kept in layers.items() if isinstance(layers, Mapping) else ():
            if name in self._layers and isinstance(kept, Mapping):
                self._layers[name] = _restored(self._layers[name], kept)
        solos = [layer for layer in self._layers.values() if layer.solo]
        for layer in solos[1:]:
            self._layers[layer.name] = replace(layer, solo=False)
        if stored.get("table") in TABLES:
            self._table = str(stored["table"])
        self.changed.emit()

    def _set(self, layer: Layer) -> None:
        if layer != self._layers[layer.name]:
            self._layers[layer.name] = layer
            self.changed.emit()


def _restored(layer: Layer, kept: Mapping[str, Any]) -> Layer:
    visible, opacity, solo = (kept.get(key) for key in ("visible", "opacity", "solo"))
    if isinstance(visible, bool):
        layer = replace(layer, visible=visible)
    if isinstance(opacity, int | float) and not isinstance(opacity, bool) and 0 <= opacity <= 1:
        layer = replace(layer, opacity=float(opacity))
    return replace(layer, solo=solo) if isinstance(solo, bool) else layer
