"""The layer list's icons: an open or closed eye, and one layer alone."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPainterPath, QPalette, QPen, QPixmap

__all__ = ["eye_icon", "solo_icon"]

_SIDES = (16, 24, 32, 48, 64)


def eye_icon() -> QIcon:
    """Open where it is on, struck out where it is off, in the palette's colours of now."""
    icon = QIcon()
    for is_open, state in ((True, QIcon.State.On), (False, QIcon.State.Off)):
        for side in _SIDES:
            icon.addPixmap(_drawn(side, _draw_eye, is_open), QIcon.Mode.Normal, state)
    return icon


def solo_icon() -> QIcon:
    """One full square before empty ones; hollow where it is off."""
    icon = QIcon()
    for is_on, state in ((True, QIcon.State.On), (False, QIcon.State.Off)):
        for side in _SIDES:
            icon.addPixmap(_drawn(side, _draw_solo, is_on), QIcon.Mode.Normal, state)
    return icon


def _drawn(side: int, draw: object, is_on: bool) -> QPixmap:
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(side / 24, side / 24)
    role = QPalette.ColorRole.ButtonText if is_on else QPalette.ColorRole.PlaceholderText
    draw(painter, QGuiApplication.palette().color(role), is_on)  # type: ignore[operator]
    painter.end()
    return pixmap


def _draw_eye(painter: QPainter, colour: QColor, is_open: bool) -> None:
    painter.setPen(QPen(colour, 1.9))
    lids = QPainterPath(QPointF(1.8, 12))
    lids.cubicTo(6, 4.6, 18, 4.6, 22.2, 12)
    lids.cubicTo(18, 19.4, 6, 19.4, 1.8, 12)
    painter.drawPath(lids)
    if is_open:
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(12, 12), 3.4, 3.4)
    else:
        painter.drawLine(QPointF(4, 21), QPointF(20, 3))


def _draw_solo(painter: QPainter, colour: QColor, is_on: bool) -> None:
    painter.setPen(QPen(colour, 1.9))
    painter.drawPolyline([QPointF(8.5, 7), QPointF(8.5, 3), QPointF(21, 3), QPointF(21, 15.5), QPointF(17, 15.5)])
    painter.setBrush(colour if is_on else Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(3, 8.5, 12.5, 12.5))
