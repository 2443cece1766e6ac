"""Words on a plate over the photo: captions and what the window is doing."""

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from gui.canvas.guarded import guarded

__all__ = ["Chip"]


class Chip(QGraphicsObject):
    """A plate at an edge of a view; hidden while it has nothing to say.

    Parameters
    ----------
    view : ViewBox
        It lies over it, at its top.
    align : float
        0 at the left, 0.5 in the middle.
    strong : bool
        In the colour of what asks for attention.
    """

    def __init__(self, view: pg.ViewBox, align: float, strong: bool = False) -> None:
        super().__init__(view)
        self._view, self._align, self._strong = view, align, strong
        self._text = ""
        self._font = QFont(QGuiApplication.font())
        self._font.setBold(strong)
        self.setZValue(1e6)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setVisible(False)
        view.sigResized.connect(self._place)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def say(self, text: str) -> None:
        """Show words, or nothing."""
        if text != self._text:
            self.prepareGeometryChange()
            self._text = text
            self.setVisible(bool(text))
            self._place()
            self.update()

    def boundingRect(self) -> QRectF:
        """The plate, with the place of its edge."""
        return self._plate().adjusted(-1, -1, 1, 1)

    @guarded
    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Plate, edge, words; long ones end in dots."""
        palette = QGuiApplication.palette()
        ground = QColor(palette.color(QPalette.ColorRole.Highlight if self._strong else QPalette.ColorRole.Base))
        edge = palette.color(QPalette.ColorRole.Base if self._strong else QPalette.ColorRole.Mid)
        text = palette.color(QPalette.ColorRole.HighlightedText if self._strong else QPalette.ColorRole.Text)
        plate = self._plate()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(edge)
        painter.setBrush(ground)
        painter.drawRoundedRect(plate, plate.height() / 4, plate.height() / 4)
        painter.setFont(self._font)
        painter.setPen(text)
        metrics = QFontMetricsF(self._font)
        shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, plate.width() - metrics.height() * 0.9)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, shown)

    def _plate(self) -> QRectF:
        metrics = QFontMetricsF(self._font)
        wide = metrics.horizontalAdvance(self._text) + metrics.height()
        return QRectF(0, 0, min(wide, max(40.0, self._view.width() - 16)), metrics.height() * 1.4)

    def _place(self, _view: QGraphicsItem | None = None) -> None:
        self.prepareGeometryChange()
        plate = self._plate()
        self.setPos(QPointF(8 + (self._view.width() - 16 - plate.width()) * self._align, 8))
