"""SINs and their clusters: a shape and colour for each cluster, its centre, and a circle of radius s_c."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem

from gui.canvas.guarded import guarded
from gui.canvas.overlay import INK, PAPER, Key, Overlay, pen
from gui.snapshot import ClusterShape, Snapshot
from gui.theme import SERIES

__all__ = ["ClustersItem", "SinsItem"]

_SYMBOLS = ("o", "s", "t", "d", "star", "h")
_SINS_ACROSS = 64  # symbols that would lie side by side over the photo
_EDGE = 0.14  # of a symbol's side


class SinsItem(pg.ScatterPlotItem):
    """The clustered SINs as points in pixels of the model's input; they grow with the zoom, as the photo does.

    It draws its symbols itself, as paths: pyqtgraph's own way misplaces them in an SVG.
    """

    def __init__(self) -> None:
        super().__init__(pxMode=False, pen=None)
        self._shown: object = None
        self._edge = QPen(INK)
        self._symbols: list[tuple[QColor, list[QPainterPath]]] = []
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Take over the SINs of a snapshot."""
        found = snapshot.sins_px if snapshot else None
        if found is self._shown and found is not None:
            return
        self._shown = found
        self._symbols = []
        if snapshot is None or found is None or snapshot.cluster_of is None:
            self.setData([], [])
            return
        side = max(snapshot.view.shape[:2]) / _SINS_ACROSS
        self._edge = QPen(INK, _EDGE * side)
        members = snapshot.cluster_of
        looks = [_look(cluster) for cluster in range(int(members.max(initial=-1)) + 1)]
        self._symbols = [
            (QColor(colour), _placed(symbol, side, found[members == cluster].tolist()))
            for cluster, (colour, symbol) in enumerate(looks)
        ]
        self.setData(
            x=found[:, 1],
            y=found[:, 0],
            symbol=[looks[cluster][1] for cluster in members.tolist()],
            brush=[pg.mkBrush(looks[cluster][0]) for cluster in members.tolist()],
            size=side,
        )

    @guarded
    def paint(self, painter: QPainter, *_args: Any) -> None:
        """The largest cluster on top. All symbols as one path would take four times as long."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._edge)
        for colour, symbols in reversed(self._symbols):
            painter.setBrush(colour)
            for symbol in symbols:
                painter.drawPath(symbol)

    def mouseClickEvent(self, event: object) -> None:
        """Points take no clicks: the window or place under them does."""
        event.ignore()  # type: ignore[attr-defined]


class ClustersItem(Overlay):
    """Centre and circle of each cluster."""

    def __init__(self, parent: QGraphicsItem | None = None) -> None:
        super().__init__(parent)
        self._clusters: tuple[ClusterShape, ...] = ()

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Take over the clusters of a snapshot."""
        self._clusters = snapshot.clusters if snapshot else ()
        self.update()

    def legend(self) -> tuple[Key, ...]:
        """How many there are, and what centre and circle are."""
        if not self._clusters:
            return ()
        sins, clusters = sum(cluster.size for cluster in self._clusters), len(self._clusters)
        counted = f"{sins} SIN{'' if sins == 1 else 's'} in {clusters} cluster{'' if clusters == 1 else 's'}"
        return Key(counted, _draw_sins), Key("centre, radius s_c", _draw_centre)

    def draw(self, painter: QPainter, to_scene: QTransform) -> None:
        """The largest cluster on top."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for index in reversed(range(len(self._clusters))):
            cluster, (colour, _) = self._clusters[index], _look(index)
            middle = to_scene.map(QPointF(cluster.x, cluster.y))
            across, down = cluster.std_px * abs(to_scene.m11()), cluster.std_px * abs(to_scene.m22())
            if across > 2:
                for hue, width in ((INK, 3.4), (QColor(colour), 1.8)):
                    painter.setPen(pen(hue, width))
                    painter.drawEllipse(middle, across, down)
            _draw_cross(painter, middle, 7.0, QColor(colour))


def _look(index: int) -> tuple[str, str]:
    """Colour and symbol of a cluster; neighbours in rank differ in both, whatever their number."""
    return SERIES[index % len(SERIES)], _SYMBOLS[(index + index // len(SERIES)) % len(_SYMBOLS)]


def _placed(symbol: str, side: float, positions: list[list[float]]) -> list[QPainterPath]:
    """A symbol at each position (y, x)."""
    one = QTransform().scale(side, side).map(pg.graphicsItems.ScatterPlotItem.Symbols[symbol])
    return [one.translated(x, y) for y, x in positions]


def _draw_cross(painter: QPainter, middle: QPointF, arm: float, colour: QColor) -> None:
    for hue, width in ((INK, 4.6), (PAPER, 3.0), (colour, 1.2)):
        painter.setPen(pen(hue, width))
        extra = 0.8 if hue is INK else 0.0
        painter.drawLine(middle - QPointF(arm + extra, 0), middle + QPointF(arm + extra, 0))
        painter.drawLine(middle - QPointF(0, arm + extra), middle + QPointF(0, arm + extra))


def _draw_sins(painter: QPainter, box: QRectF) -> None:
    """One SIN each of the two largest clusters."""
    side = 0.62 * box.width()
    for index, corner in (
        (1, box.topRight() + QPointF(-side, side) / 2),
        (0, box.bottomLeft() + QPointF(side, -side) / 2),
    ):
        colour, symbol = _look(index)
        painter.setPen(pen(INK, 1))
        painter.setBrush(QColor(colour))
        painter.drawPath(_placed(symbol, side, [[corner.y(), corner.x()]])[0])


def _draw_centre(painter: QPainter, box: QRectF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen(SERIES[0], 1.4))
    painter.drawEllipse(box.adjusted(1, 1, -1, -1))
    _draw_cross(painter, box.center(), box.width() / 4, QColor(SERIES[0]))
