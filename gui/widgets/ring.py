"""A ring round a scrolling area while it has the keyboard's focus: Qt draws none round those without a frame."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractScrollArea

__all__ = ["Ringed"]


class Ringed:
    """To be mixed in before a scrolling area; no widget itself, for a widget can be only one."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ring lies over what the area draws."""
        super().paintEvent(event)
        assert isinstance(self, QAbstractScrollArea)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
            painter.drawRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring, all of it."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away, all of it."""
        super().focusOutEvent(event)
        self.viewport().update()
