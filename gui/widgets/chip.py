"""A small button that stays down: filled while it is, an outline while it is not."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

__all__ = ["Chip"]


class Chip(QAbstractButton):
    """A checkable button; Space and a click toggle it.

    Parameters
    ----------
    text, name, tip : str
        Caption, accessible name and tooltip.
    """

    def __init__(self, text: str, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Its caption in bold, and some room."""
        font = self.font()
        font.setBold(True)
        metrics = QFontMetrics(font)
        width = metrics.horizontalAdvance(self.text()) + metrics.averageCharWidth() * 2
        return QSize(round(width), round(metrics.height() * 1.45))

    def minimumSizeHint(self) -> QSize:
        """As large as it wants to be."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, edge and caption."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        text = palette.color(group, QPalette.ColorRole.ButtonText)
        ground, edge = palette.color(QPalette.ColorRole.Button), palette.color(QPalette.ColorRole.Mid)
        if self.isChecked() and self.isEnabled():
            ground = edge = palette.color(QPalette.ColorRole.Highlight)
            text = palette.color(QPalette.ColorRole.HighlightedText)
        elif self.underMouse() and self.isEnabled():
            edge = palette.color(QPalette.ColorRole.Highlight)
        area = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setBrush(ground)
        painter.setPen(QPen(edge, 1.2))
        painter.drawRoundedRect(area, 4, 4)
        font = self.font()
        font.setBold(self.isChecked())
        painter.setFont(font)
        painter.setPen(text)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.WindowText), 1.2, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(area.adjusted(2, 2, -2, -2), 2, 2)

    def event(self, event: QEvent) -> bool:
        """Show whether the mouse is over it."""
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave, QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)
