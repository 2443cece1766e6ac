"""What the colours and patterns of the window grid mean."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.panels.plots.grid_view import hatch
from gui.theme import AGREE, DIFFER

__all__ = ["GridLegend"]

_ENTRIES = ("agrees", "differs", "fires the rule", "no SIN inside", "not run yet")


class GridLegend(QWidget):
    """One line of swatches; in the colours of confidence, a bar with numbers and the patterns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.by_confidence = False
        self.setAccessibleName("Legend of the window grid")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """One line of text, of any width."""
        return QSize(0, round(self.fontMetrics().height() * 1.3))

    def minimumSizeHint(self) -> QSize:
        """As its hint."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """As many entries as have room."""
        painter = QPainter(self)
        metrics = self.fontMetrics()
        side, middle = metrics.height() * 0.8, self.height() / 2
        x = 4.0
        if self.by_confidence:
            x = self._paint_bar(painter, x, middle, side)
        for entry in _ENTRIES[1:3] + _ENTRIES[4:] if self.by_confidence else _ENTRIES:
            width = side * 1.6 + metrics.averageCharWidth() + metrics.horizontalAdvance(entry)
            if x + width > self.width():
                break
            self._paint_swatch(painter, QRectF(x, middle - side / 2, side * 1.6, side), entry)
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            room = QRectF(x + side * 1.6 + metrics.averageCharWidth(), 0, width, self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, entry)
            x += width + metrics.averageCharWidth() * 2.5

    def _paint_bar(self, painter: QPainter, x: float, middle: float, side: float) -> float:
        metrics, text = self.fontMetrics(), self.palette().color(QPalette.ColorRole.WindowText)
        for word, after in (("confidence 0%", True), ("100%", False)):
            painter.setPen(text)
            width = metrics.horizontalAdvance(word)
            room = QRectF(x, 0, width + 2, self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, word)
            x += width + metrics.averageCharWidth()
            if after:
                table = np.ascontiguousarray(
                    pg.colormap.get("cividis").getLookupTable(nPts=256)[None, :, :3], np.uint8
                )
                length = metrics.averageCharWidth() * 14
                image = QImage(table.data, 256, 1, 768, QImage.Format.Format_RGB888)
                painter.drawImage(QRectF(x, middle - side / 2, length, side), image)
                x += length + metrics.averageCharWidth()
        return x + metrics.averageCharWidth() * 1.5

    def _paint_swatch(self, painter: QPainter, rect: QRectF, entry: str) -> None:
        ground = self.palette().color(QPalette.ColorRole.Base)
        if entry == "not run yet":
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
            return
        colour = QColor(AGREE if entry in ("agrees", "no SIN inside") else DIFFER)
        if entry == "no SIN inside":
            # Half way to the ground, as in the grid.
            sides = [one + other for one, other in zip(_rgb(colour), _rgb(ground), strict=True)]
            colour = QColor(*(side // 2 for side in sides))
        if self.by_confidence:
            colour = ground
        ink = self.palette().color(QPalette.ColorRole.Text) if self.by_confidence else QColor("#000000")
        painter.fillRect(rect, colour)
        if entry in ("differs", "fires the rule"):
            painter.setPen(QPen(ink, 1))
            painter.drawLines(hatch(rect, 5.0))
        if entry == "fires the rule":
            painter.setPen(QPen(ink, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))


def _rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()
