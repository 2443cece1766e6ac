"""Words beside a mark on the photo, on a dark plate that stays in sight."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from gui.canvas.overlay import INK, PAPER, pen

__all__ = ["draw_plate", "place_plate"]


def place_plate(
    size: tuple[float, float], box: QRectF, room: QRectF, gaps: tuple[float, float], below: bool
) -> QRectF:
    """Where a plate of (width, height) goes: above or below a box if there is room, else inside it, in sight.

    Parameters
    ----------
    size : (float, float)
    box, room : QRectF
        The mark, and what is in sight.
    gaps : (float, float)
        Kept free above and below the box.
    below : bool
        Whether below is tried before above.
    """
    width, height = size
    above, under = box.top() - gaps[0] - height, box.bottom() + gaps[1]
    tops = (*((under, above) if below else (above, under)), max(room.top(), box.top()) + 4)
    top = next((top for top in tops if room.top() <= top and top + height <= room.bottom()), room.top())
    left = max(room.left(), min(box.left(), room.right() - width))
    return QRectF(left, top, width, height)


def draw_plate(
    painter: QPainter, font: QFont, text: str, box: QRectF, room: QRectF, gaps: tuple[float, float], below: bool
) -> None:
    """Draw words beside a box, see :func:`place_plate`."""
    metrics = QFontMetricsF(font)
    pad = metrics.height() / 4
    size = metrics.horizontalAdvance(text) + 4 * pad, metrics.height() + pad
    plate = place_plate(size, box, room, gaps, below)
    painter.setPen(pen(PAPER, 1))
    painter.setBrush(INK)
    painter.drawRoundedRect(plate, pad, pad)
    painter.setFont(font)
    painter.setPen(PAPER)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
