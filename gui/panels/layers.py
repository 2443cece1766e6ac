"""The list of layers: eye, opacity and solo for each, and the heatmap's colours."""

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from gui.canvas.layers import TABLES, LayerModel
from gui.panels.eye_icon import eye_icon, solo_icon

__all__ = ["LayerPanel"]

_EXPLAINED = {
    "image": "The photo as the model sees it, or as it was read",
    "heatmap": "Superficial importance of each cell, summed over channels",
    "sins": "The most important superficial neurons in clusters: centres, and circles of radius s_c",
    "windows": "Occluding windows: a disc agrees with the base prediction, a triangle differs",
    "locations": "Location map: certified or not for each place of the patch, drawn at the patch's middle; "
    "a click puts the patch there",
    "patch": "The patch's frame: drag it, its corners resize, its knob turns",
}
_LETTERS = {"heatmap": "H", "windows": "W"}


class LayerPanel(QWidget):
    """Shows and changes a layer model.

    Parameters
    ----------
    layers : LayerModel
    """

    def __init__(self, layers: LayerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("layerList")
        self.setAccessibleName("Layers")
        self.layers = layers
        self._rows: dict[str, tuple[QToolButton, QSlider, QToolButton]] = {}
        self._tables = QComboBox()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(self.fontMetrics().height() // 3)
        self._grid.setVerticalSpacing(self.fontMetrics().height() // 8)
        for number, name in enumerate(layers.names, 1):
            self._add(number, name)
        self._add_tables()
        self._grid.setColumnStretch(2, 1)
        self._restyle()
        layers.changed.connect(self.refresh)
        self.refresh()

    def toggle(self, name: str) -> None:
        """Open or close a layer's eye."""
        self.layers.toggle(name)

    def solo(self, name: str) -> None:
        """Show one layer alone, or all again."""
        self.layers.solo(name)

    @Slot()
    def refresh(self) -> None:
        """Show the layers as they stand."""
        for name, (eye, opacity, solo) in self._rows.items():
            layer = self.layers[name]
            for widget in (eye, opacity, solo):
                widget.blockSignals(True)
            eye.setChecked(layer.visible)
            solo.setChecked(layer.solo)
            opacity.setValue(round(100 * layer.opacity))
            opacity.setEnabled(self.layers.is_shown(name))
            opacity.setToolTip(f"Opacity of {layer.title}: {layer.opacity:.0%}")
            for widget in (eye, opacity, solo):
                widget.blockSignals(False)
        with QSignalBlocker(self._tables):
            self._tables.setCurrentIndex(TABLES.index(self.layers.table))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._restyle()

    def _add(self, number: int, name: str) -> None:
        title = self.layers[name].title
        keys = f"{number} or {_LETTERS[name]}" if name in _LETTERS else str(number)
        eye = _button(name, "Visible", f"Show or hide {title}", f"Show or hide: {_EXPLAINED[name]} ({keys})")
        solo = _button(name, "Solo", f"Show {title} alone", f"Show {title} alone over the image; once more for all")
        eye.toggled.connect(self._show_layer)
        solo.toggled.connect(self._solo_layer)
        caption = QLabel(title)
        caption.setToolTip(_EXPLAINED[name])
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setPageStep(10)
        slider.setProperty("layer", name)
        slider.setObjectName(f"{name}Opacity")
        slider.setAccessibleName(f"Opacity of {title}, percent")
        slider.setMinimumWidth(self.fontMetrics().averageCharWidth() * 6)
        slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        slider.valueChanged.connect(self._fade_layer)
        row = self._grid.rowCount()
        for column, widget in enumerate((eye, caption, slider, solo)):
            self._grid.addWidget(widget, row, column)
        self._rows[name] = eye, slider, solo

    def _add_tables(self) -> None:
        caption = QLabel("Colours")
        caption.setBuddy(self._tables)
        self._tables.setObjectName("heatmapTable")
        self._tables.setAccessibleName("Colours of the heatmap")
        self._tables.setToolTip("Colour table of the heatmap; all are even in lightness")
        self._tables.addItems([table.capitalize() for table in TABLES])
        self._tables.currentIndexChanged.connect(self._choose_table)
        row = self._grid.rowCount()
        self._grid.addWidget(caption, row, 1)
        self._grid.addWidget(self._tables, row, 2, 1, 2)

    def _restyle(self) -> None:
        for eye, _, solo in self._rows.values():
            eye.setIcon(eye_icon())
            solo.setIcon(solo_icon())

    @Slot(bool)
    def _show_layer(self, visible: bool) -> None:
        self.layers.set_visible(self._asking(), visible)

    @Slot()
    def _solo_layer(self) -> None:
        self.layers.solo(self._asking())

    @Slot(int)
    def _fade_layer(self, percent: int) -> None:
        self.layers.set_opacity(self._asking(), percent / 100)

    @Slot(int)
    def _choose_table(self, index: int) -> None:
        self.layers.set_table(TABLES[index])

    def _asking(self) -> str:
        """The layer whose control was used."""
        return str(self.sender().property("layer"))


def _button(name: str, kind: str, spoken: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setCheckable(True)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setProperty("layer", name)
    button.setObjectName(f"{name}{kind}")
    button.setAccessibleName(spoken)
    button.setToolTip(tip)
    return button
