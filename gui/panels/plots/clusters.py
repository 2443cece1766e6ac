"""The clusters of SINs: how many, how large, how far each spreads."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.panels import words
from gui.panels.plots.frame import DIMMED, PlotFrame, make_plot
from gui.snapshot import ClusterShape, Snapshot
from gui.state import Selection, State
from gui.theme import AGREE, is_dark

__all__ = ["ClusterPlot"]

_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
_NUMBERED = 12  # clusters that have their numbers written


class ClusterPlot(PlotFrame):
    """Bars: SINs in each cluster, the largest first. Points: its s_c.

    A click on a cluster, or walking with left and right, selects the window over it.
    """

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(
            state, "Clusters", "Clusters of the superficial important neurons and how far they spread.", parent
        )
        self.setObjectName("clusterPlot")
        self._sizes = _Panel(self, "SINs in each cluster", "SINs", bars=True)
        self._spreads = _Panel(self, "Spread of each cluster", "s<sub>c</sub> (px)", bars=False)
        self._walked: int | None = None  # the cluster that keys have come to
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        for panel in (self._sizes, self._spreads):
            layout.addWidget(panel.plot, 1)
            panel.plot.scene().sigMouseClicked.connect(self._click)
            panel.plot.setToolTip("Click a cluster, or walk with left and right, to select the window over it")
            panel.plot.installEventFilter(self)
        state.selection_changed.connect(self._mark)
        self.set_body(body)

    def has_content(self, snapshot: Snapshot) -> bool:
        """The clusters come at the second stage."""
        return len(snapshot.clusters) > 0

    def draw(self, snapshot: Snapshot) -> None:
        """One bar and one point a cluster."""
        clusters = snapshot.clusters
        inside = _inside(snapshot, self.state.selection)
        self._sizes.draw([float(cluster.size) for cluster in clusters], inside, "{:.0f}")
        self._spreads.draw([cluster.std_px for cluster in clusters], inside, "{:.1f}")
        total = sum(cluster.size for cluster in clusters)
        count = "1 cluster" if len(clusters) == 1 else f"{len(clusters)} clusters"
        largest, held = clusters[0], words.share(clusters[0].size, total)
        text = (
            f"{count} of the top {total} SINs; the largest holds {largest.size} ({held}), "
            f"s_c {largest.std_px:.1f} px around row {largest.y:.0f}, column {largest.x:.0f}"
        )
        self.caption.setText(text)
        for panel in (self._sizes, self._spreads):
            panel.plot.setAccessibleDescription(text)

    def dim(self, dimmed: bool) -> None:
        """Fade bars and points."""
        for panel in (self._sizes, self._spreads):
            panel.dim(dimmed)

    def restyle(self) -> None:
        """Colours for a light or a dark ground."""
        for panel in (self._sizes, self._spreads):
            panel.restyle()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for the numbers."""
        super().resizeEvent(event)
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Left and right on a focused plot walk the clusters, whatever they mean elsewhere."""
        if isinstance(event, QKeyEvent) and event.key() in _STEPS and event.modifiers() in _PLAIN:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                count = len(self.shown.clusters) if self.shown is not None else 0
                step = _STEPS[event.key()]
                at = self._walked if self._walked is not None else -1 if step > 0 else count
                self._choose(min(max(at + step, 0), count - 1))
                return True
        return super().eventFilter(watched, event)

    @Slot(object)
    def _mark(self, _: Selection) -> None:
        self.refresh()

    @Slot(object)
    def _click(self, event: object) -> None:
        panel = self._sizes if self._sizes.plot.scene() is self.sender() else self._spreads
        index = panel.cluster_at(event.scenePos())  # type: ignore[attr-defined]
        if index is not None:
            self._choose(index)

    def _choose(self, index: int) -> None:
        """Select the window whose middle is nearest to a cluster."""
        snapshot = self.shown
        if snapshot is None or snapshot.windows is None or not len(snapshot.windows):
            return
        if 0 <= index < len(snapshot.clusters):
            self._walked = index
            self.state.select(window=_nearest(snapshot, snapshot.clusters[index]))


class _Panel:
    """One of the two plots; its items are made once."""

    def __init__(self, frame: PlotFrame, name: str, left: str, bars: bool) -> None:
        self.plot = make_plot(name, left, "Cluster, largest first")
        item = self.plot.getPlotItem()
        self._frame, self._bars, self._count = frame, bars, 0
        self._stems = pg.BarGraphItem(x=[], height=[], width=0.62 if bars else 0.02)
        self._points = pg.ScatterPlotItem(size=11, symbol="o", pxMode=True, useCache=False)
        item.addItem(self._stems)
        item.addItem(self._points)
        self._points.setVisible(not bars)
        self._numbers = [pg.TextItem(anchor=(0.5, 1.0 if bars else 1.25)) for _ in range(_NUMBERED)]
        for number in self._numbers:
            number.setVisible(False)
            item.addItem(number, ignoreBounds=True)

    def draw(self, values: list[float], marked: list[bool], form: str) -> None:
        """Bars or points of these values; the marked ones are outlined."""
        self._count = len(values)
        x = np.arange(1, len(values) + 1)
        colour = QColor("#56B4E9" if is_dark() else AGREE)
        text = self._frame.palette().text().color()
        pens = [self._frame.pen(text, 3) if mark else self._frame.pen(colour, 1) for mark in marked]
        self._stems.setOpts(x=x, height=np.array(values), brush=colour, pens=pens)
        if not self._bars:
            self._points.setData(x=x, y=np.array(values), brush=colour, pen=pens)
        high = max(values, default=0.0) or 1.0
        self.plot.setXRange(0.4, max(len(values), 4) + 0.6, padding=0)
        # Room above the highest for its number.
        room = 2.2 * self.plot.fontMetrics().height() / max(1.0, self.plot.getPlotItem().getViewBox().height())
        self.plot.setYRange(0, high / (1 - min(0.5, room)), padding=0)
        for index, number in enumerate(self._numbers):
            number.setVisible(len(values) <= _NUMBERED and index < len(values))
            if number.isVisible():
                number.setText(form.format(values[index]), color=text)
                number.setPos(index + 1, values[index])
        step = max(1, len(values) // _NUMBERED)
        self.plot.getPlotItem().getAxis("bottom").setTicks(
            [[(at, str(at)) for at in range(1, len(values) + 1, step)]]
        )

    def dim(self, dimmed: bool) -> None:
        """Fade what belongs to an earlier request."""
        for item in (self._stems, self._points, *self._numbers):
            item.setOpacity(DIMMED if dimmed else 1.0)

    def restyle(self) -> None:
        """Ground and axes from the palette; the rest when it is drawn."""
        self._frame.dress(self.plot)

    def cluster_at(self, position: object) -> int | None:
        """The cluster whose column holds a position of the scene."""
        box = self.plot.getPlotItem().getViewBox()
        if not box.sceneBoundingRect().contains(position):
            return None
        index = round(box.mapSceneToView(position).x()) - 1
        return index if 0 <= index < self._count else None


def _inside(snapshot: Snapshot, selection: Selection) -> list[bool]:
    """Which clusters have their centre in the selected window."""
    windows, chosen = snapshot.windows, selection.window
    if windows is None or chosen is None or chosen >= len(windows):
        return [False] * len(snapshot.clusters)
    top, left, bottom, right = (int(side) for side in windows.boxes_px[chosen])
    return [top <= cluster.y < bottom and left <= cluster.x < right for cluster in snapshot.clusters]


def _nearest(snapshot: Snapshot, cluster: ClusterShape) -> int:
    assert snapshot.windows is not None
    box = snapshot.windows.boxes_px
    middle = (box[:, :2] + box[:, 2:]) / 2
    return int(((middle - (cluster.y, cluster.x)) ** 2).sum(axis=1).argmin())
