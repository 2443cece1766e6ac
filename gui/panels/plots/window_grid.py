"""Every window of the family as a cell: what the model says under it, and which ones say otherwise."""

from functools import partial

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from gui.panels import words
from gui.panels.plots.frame import PlotFrame
from gui.panels.plots.grid_legend import GridLegend
from gui.panels.plots.grid_view import DETAILED, GridCells, GridView
from gui.snapshot import Snapshot
from gui.state import Selection, State

__all__ = ["WindowGridPlot"]


class WindowGridPlot(PlotFrame):
    """The grid of windows, coloured by label or by confidence; a click or the arrow keys select one."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(state, "Window grid", "What the model says under each occluding window.", parent)
        self.setObjectName("windowGridPanel")
        self._colour = QComboBox()
        self._colour.setObjectName("windowGridColour")
        self._colour.setAccessibleName("Colour windows by")
        self._colour.setToolTip("What the colour of a window's cell shows")
        self._colour.addItems(["Colour: label", "Colour: confidence"])
        self._colour.currentIndexChanged.connect(self._recolour)
        self.header.insertWidget(1, self._colour)
        self._view = GridView()
        self._view.setObjectName("windowGrid")
        self._view.setAccessibleName("Window grid")
        self._view.chosen.connect(self._choose)
        self._legend = GridLegend()
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(self.fontMetrics().height() // 4)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._legend)
        state.selection_changed.connect(self._select)
        self.set_body(body)

    def has_content(self, snapshot: Snapshot) -> bool:
        """The windows come at the third stage."""
        return snapshot.windows is not None and len(snapshot.windows) > 0

    def draw(self, snapshot: Snapshot) -> None:
        """The windows as far as they were run."""
        self._view.cells = cells = _cells(snapshot, self.state.selection)
        self._view.tip = partial(_described, snapshot)
        self._view.selected = self.state.selection.window
        self._tell(snapshot, cells)
        self._view.update()

    def dim(self, dimmed: bool) -> None:
        """Fade the cells."""
        self._view.dimmed = dimmed
        self._view.update()

    def restyle(self) -> None:
        """The palette is read when the grid is painted."""
        self._view.update()
        self._legend.update()

    def _tell(self, snapshot: Snapshot, cells: GridCells) -> None:
        done, differing, firing = (int(array.sum()) for array in (cells.done, cells.differs, cells.fires))
        base = snapshot.base.name if snapshot.base is not None else "the base prediction"
        text = f"{differing} of {done} windows differ from {base}"
        if snapshot.verdict is not None:
            text += f", {firing} fire the rule"
        chosen = self._view.selected
        if chosen is not None and chosen < len(cells.done):
            text += f"  ·  {_described(snapshot, chosen)}"
        self.caption.setText(text)
        self._view.setAccessibleDescription(text)

    @Slot(int)
    def _choose(self, window: int) -> None:
        self.state.select(window=window)

    @Slot(object)
    def _select(self, _: Selection) -> None:
        self.refresh()

    @Slot(int)
    def _recolour(self, index: int) -> None:
        self._view.by_confidence = self._legend.by_confidence = index == 1
        self.restyle()


def _cells(snapshot: Snapshot, selection: Selection) -> GridCells:
    windows, labels = snapshot.windows, snapshot.model.labels
    assert windows is not None
    base = snapshot.base.label if snapshot.base is not None else -1
    count = len(windows)
    hides = np.zeros(count, dtype=bool)
    if selection.place is not None:
        (top, left), (height, width) = selection.place, snapshot.threat_px
        box = windows.boxes_px
        hides = (box[:, 0] <= top) & (top + height <= box[:, 2]) & (box[:, 1] <= left) & (left + width <= box[:, 3])
    return GridCells(
        windows.grid,
        windows.done,
        windows.skipped,
        windows.done & (windows.label != base),
        windows.firing if snapshot.verdict is not None else np.zeros(count, dtype=bool),
        hides,
        windows.confidence,
        tuple(labels[label] if 0 <= label < len(labels) else "" for label in windows.label)
        if count <= DETAILED
        else (),
    )


def _described(snapshot: Snapshot, index: int) -> str:
    """What is known of one window."""
    windows = snapshot.windows
    assert windows is not None
    row, column = divmod(index, windows.grid[1])
    where = f"window {index} (row {row + 1}, column {column + 1})"
    if not windows.done[index]:
        return f"{where}: not run yet"
    label = int(windows.label[index])
    if label < 0:
        return f"{where}: no finite logits"
    facts = [
        f"{snapshot.model.labels[label]} {words.percent(windows.confidence[index])}",
        f"margin {words.margin(windows.margin[index])}",
    ]
    if windows.skipped[index]:
        facts.append("holds no SIN, so it shows the base prediction")
    else:
        facts.append(f"hides {words.percent(windows.sin_share[index])} of the SINs")
    if snapshot.base is not None and label != snapshot.base.label:
        facts.append(f"differs from {snapshot.base.name}")
    return f"{where}: {', '.join(facts)}"
