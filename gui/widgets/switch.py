"""A switch with its caption: a knob that slides, a tick that says "on" without colour."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

__all__ = ["Switch"]


class Switch(QAbstractButton):
    """A checkable button drawn as a switch; Space and a click toggle it.

    Parameters
    ----------
    text : str
        Caption, at its right.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        """Track, gap and caption, in the font's measure."""
        metrics = self.fontMetrics()
        return QSize(
            round(self._track().width()) + metrics.averageCharWidth() * 2 + metrics.horizontalAdvance(self.text()),
            round(metrics.height() * 1.5),
        )

    def minimumSizeHint(self) -> QSize:
        """As large as it wants to be."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track, the knob, the tick and the caption."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, track = self.palette(), self._track()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        text = palette.color(group, QPalette.ColorRole.WindowText)
        on = self.isChecked()
        accent = palette.color(QPalette.ColorRole.Highlight) if self.isEnabled() else text
        painter.setPen(QPen(accent if on else text, 1.4))
        painter.setBrush(accent if on else palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        radius = track.height() / 2 - 2.5
        centre = QPointF(
            track.right() - track.height() / 2 if on else track.left() + track.height() / 2, track.center().y()
        )
        painter.setPen(Qt.PenStyle.NoPen)
        knob = palette.color(QPalette.ColorRole.HighlightedText)
        painter.setBrush(knob if on else text)
        painter.drawEllipse(centre, radius, radius)
        if on:
            unit, left = track.height() / 10, track.left() + track.height() * 0.55
            painter.setPen(QPen(knob, 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(
                [
                    QPointF(left - unit * 1.6, centre.y()),
                    QPointF(left - unit * 0.4, centre.y() + unit * 1.3),
                    QPointF(left + unit * 1.8, centre.y() - unit * 1.6),
                ]
            )
        painter.setPen(text)
        caption = QRectF(self.rect()).adjusted(track.right() + self.fontMetrics().averageCharWidth(), 0, 0, 0)
        painter.drawText(caption, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    def changeEvent(self, event: QEvent) -> None:
        """Take over another font or palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self.updateGeometry()
            self.update()

    def _track(self) -> QRectF:
        height = self.fontMetrics().height() * 1.05
        return QRectF(4, (self.height() - height) / 2, height * 1.9, height)
