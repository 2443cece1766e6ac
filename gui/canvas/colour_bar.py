"""The heatmap's colours with numbers."""

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QImage, QPainter, QPalette
from PySide6.QtWidgets import QSizePolicy, QStyleOptionGraphicsItem, QWidget

from gui.canvas.guarded import guarded
from gui.canvas.tables import colour_table

__all__ = ["ColourBar", "nice_ticks"]

_TITLE = "superficial importance"


def nice_ticks(least: float, most: float, count: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) in a range, at most ``count`` of them."""
    if not most > least or count < 1:
        return [least]
    raw = (most - least) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first, last = math.ceil(least / step - 1e-9), math.floor(most / step + 1e-9)
    return [float(f"{index * step:.6g}") for index in range(first, last + 1)]


class ColourBar(pg.GraphicsWidget):
    """A lying bar with a few round numbers below and its name above; as wide as some words."""

    def __init__(self) -> None:
        super().__init__()
        self._levels = 0.0, 1.0
        self._table = "cividis"
        self.full_size = QSizeF()
        self.setFlag(self.GraphicsItemFlag.ItemClipsToShape)  # or an SVG clips it as it did the photo
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip("The heatmap's colours: importance of a cell of the superficial layer, summed over channels")
        self.restyle()

    def set_scale(self, levels: tuple[float, float], table: str) -> None:
        """Take over what the ends stand for, and the colour table."""
        if (levels, table) != (self._levels, self._table):
            self._levels, self._table = levels, table
            self.update()

    def restyle(self) -> None:
        """Take over font and palette."""
        metrics = self._metrics()
        self.full_size = QSizeF(metrics.horizontalAdvance(_TITLE) * 1.15, metrics.height() * 2.8)
        self.update()

    @guarded
    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Title, colours, ticks with numbers."""
        palette, metrics = QGuiApplication.palette(), self._metrics()
        painter.setFont(self.font())
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        line, width = metrics.height(), self.size().width()
        painter.drawText(
            QRectF(0, 0, width, line), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, _TITLE
        )
        bar = QRectF(0, line * 1.1, width - 1, line * 0.65)
        colours = np.ascontiguousarray(colour_table(self._table)[None])
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, QImage(colours.data, 256, 1, 768, QImage.Format.Format_RGB888).copy())
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawRect(bar)
        self._paint_ticks(painter, bar, metrics)

    def _paint_ticks(self, painter: QPainter, bar: QRectF, metrics: QFontMetricsF) -> None:
        least, most = self._levels
        painter.setPen(QGuiApplication.palette().color(QPalette.ColorRole.WindowText))
        for value in nice_ticks(least, most, 5):
            share = (value - least) / (most - least) if most > least else 0.0
            x = bar.left() + share * bar.width()
            painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + 3))
            text = f"{value:.4g}"
            wide = metrics.horizontalAdvance(text)
            left = max(bar.left(), min(x - wide / 2, bar.right() - wide))
            painter.drawText(QPointF(left, bar.bottom() + 3 + metrics.ascent()), text)

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self.font())
