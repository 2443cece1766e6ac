"""Icons drawn by hand: the four verdicts, what a window says, and the program's own."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

from gui.theme import AGREE, DIFFER, VERDICTS, VerdictStyle

__all__ = ["app_icon", "outcome_icon", "paint_icon", "verdict_icon", "window_icon"]

_SIZES = (16, 24, 32, 48, 64, 128, 256)
_WRONG = VerdictStyle("Wrong", "#1A1D21", "#FFFFFF", "cross", "solid")


def paint_icon(painter: QPainter, rect: QRectF, name: str, colour: QColor) -> None:
    """Draw an icon in one colour.

    Parameters
    ----------
    painter : QPainter
    rect : QRectF
        Where; the icon is as large as fits into it as a square, in its middle.
    name : str
        ``shield``, ``tilde``, ``triangle``, ``question`` (the verdicts'), ``hourglass``, ``stop``,
        ``photo`` or ``cross``.
    colour : QColor
    """
    side = min(rect.width(), rect.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.center() - QPointF(side / 2, side / 2))
    painter.scale(side / 24, side / 24)
    pen = QPen(colour, 1.9)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _DRAWINGS[name](painter, colour)
    painter.restore()


def verdict_icon(word: str) -> QIcon:
    """A verdict's icon on its colour, for lists and logs."""
    return _plate(VERDICTS[word])


def outcome_icon(outcome: str) -> QIcon:
    """The icon of a verdict, or of ``wrong``: silent, and not the label."""
    return _plate(VERDICTS.get(outcome, _WRONG))


def _plate(style: VerdictStyle) -> QIcon:
    def draw(painter: QPainter, side: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(style.colour))
        painter.drawRoundedRect(QRectF(0, 0, side, side), side / 5, side / 5)
        margin = side / 8
        area = QRectF(margin, margin, side - 2 * margin, side - 2 * margin)
        paint_icon(painter, area, style.icon, QColor(style.text))

    return _icon(draw)


def window_icon(state: str) -> QIcon:
    """What a window says: ``agrees`` a disc, ``differs`` a triangle, ``no SIN`` a ring, ``not yet`` dots."""

    def draw(painter: QPainter, side: float) -> None:
        area = QRectF(side * 0.2, side * 0.2, side * 0.6, side * 0.6)
        if state == "differs":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(DIFFER))
            painter.drawPolygon([QPointF(side / 2, side * 0.14), area.bottomRight(), area.bottomLeft()])
            return
        pen = QPen(QColor(AGREE if state != "not yet" else "#7F7F7F"), side / 9)
        if state == "not yet":
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(QColor(AGREE) if state == "agrees" else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(area)

    def draw_selected(painter: QPainter, side: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawEllipse(QRectF(0, 0, side, side))
        draw(painter, side)

    sizes = (16, 32, 48)
    return _icon(draw_selected, sizes, QIcon.Mode.Selected, _icon(draw, sizes))


def app_icon() -> QIcon:
    """The program's icon: a photo's important neurons seen through an occluding window."""

    def draw(painter: QPainter, side: float) -> None:
        painter.scale(side / 64, side / 64)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#12324F"))
        painter.drawRoundedRect(QRectF(2, 2, 60, 60), 13, 13)
        # The neurons, brighter towards the cluster's centre, as cividis has them.
        ramp = ("#31446B", "#575C6D", "#868776", "#BDAF6F", "#FEE838")
        for row in range(5):
            for column in range(5):
                nearness = max(0, 4 - abs(row - 1) - abs(column - 3))
                painter.setBrush(QColor(ramp[nearness]))
                painter.drawEllipse(QPointF(12 + 10 * column, 12 + 10 * row), 3.6, 3.6)
        painter.setBrush(QColor("#E9EEF3"))
        painter.drawRoundedRect(QRectF(8, 28, 28, 28), 4, 4)
        paint_icon(painter, QRectF(9, 29, 26, 26), "shield", QColor(AGREE))

    return _icon(draw)


def _icon(
    draw: Callable[[QPainter, float], None],
    sizes: tuple[int, ...] = _SIZES,
    mode: QIcon.Mode = QIcon.Mode.Normal,
    icon: QIcon | None = None,
) -> QIcon:
    icon = icon or QIcon()
    for side in sizes:
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, float(side))
        painter.end()
        icon.addPixmap(pixmap, mode)
    return icon


def _shield(painter: QPainter, _: QColor) -> None:
    outline = QPainterPath(QPointF(12, 2))
    outline.cubicTo(14.5, 4, 17.5, 5, 20.5, 5)
    outline.cubicTo(21, 12.5, 18.5, 18.5, 12, 22)
    outline.cubicTo(5.5, 18.5, 3, 12.5, 3.5, 5)
    outline.cubicTo(6.5, 5, 9.5, 4, 12, 2)
    painter.drawPath(outline)
    _thicken(painter, 2.4)
    painter.drawPolyline([QPointF(7.8, 12), QPointF(11, 15.2), QPointF(16.4, 8.8)])


def _tilde(painter: QPainter, _: QColor) -> None:
    painter.drawEllipse(QPointF(12, 12), 9.8, 9.8)
    _thicken(painter, 2.4)
    wave = QPainterPath(QPointF(6.6, 13.6))
    wave.cubicTo(8.2, 9, 10.6, 9.6, 12, 12)
    wave.cubicTo(13.4, 14.4, 15.8, 15, 17.4, 10.4)
    painter.drawPath(wave)


def _triangle(painter: QPainter, colour: QColor) -> None:
    painter.drawPolygon([QPointF(12, 2.4), QPointF(22.4, 21), QPointF(1.6, 21)])
    _thicken(painter, 2.4)
    painter.drawLine(QPointF(12, 9.2), QPointF(12, 14.2))
    _dot(painter, QPointF(12, 17.8), colour)


def _question(painter: QPainter, colour: QColor) -> None:
    painter.drawEllipse(QPointF(12, 12), 9.8, 9.8)
    _thicken(painter, 2.3)
    hook = QPainterPath(QPointF(8.8, 9.4))
    hook.cubicTo(8.8, 5.4, 15.4, 5.4, 15.2, 9.4)
    hook.cubicTo(15.1, 11.8, 12, 11.6, 12, 14.2)
    painter.drawPath(hook)
    _dot(painter, QPointF(12, 17.6), colour)


def _hourglass(painter: QPainter, colour: QColor) -> None:
    painter.drawLine(QPointF(6, 3), QPointF(18, 3))
    painter.drawLine(QPointF(6, 21), QPointF(18, 21))
    glass = QPainterPath(QPointF(7.5, 3))
    glass.cubicTo(7.5, 9, 11, 10, 11, 12)
    glass.cubicTo(11, 14, 7.5, 15, 7.5, 21)
    glass.moveTo(16.5, 3)
    glass.cubicTo(16.5, 9, 13, 10, 13, 12)
    glass.cubicTo(13, 14, 16.5, 15, 16.5, 21)
    painter.drawPath(glass)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon([QPointF(12, 15), QPointF(15, 20.4), QPointF(9, 20.4)])


def _stop(painter: QPainter, colour: QColor) -> None:
    painter.drawEllipse(QPointF(12, 12), 9.8, 9.8)
    painter.setBrush(colour)
    painter.drawRect(QRectF(8.8, 8.8, 6.4, 6.4))


def _photo(painter: QPainter, colour: QColor) -> None:
    painter.drawRoundedRect(QRectF(2.5, 4, 19, 16), 2, 2)
    painter.drawPolyline(
        [QPointF(3.5, 17.5), QPointF(9, 11.5), QPointF(13, 16), QPointF(16, 13), QPointF(20.5, 17.5)]
    )
    _dot(painter, QPointF(15.8, 8.6), colour)


def _cross(painter: QPainter, _: QColor) -> None:
    painter.drawEllipse(QPointF(12, 12), 9.8, 9.8)
    _thicken(painter, 2.4)
    painter.drawLine(QPointF(8.4, 8.4), QPointF(15.6, 15.6))
    painter.drawLine(QPointF(15.6, 8.4), QPointF(8.4, 15.6))


def _dot(painter: QPainter, centre: QPointF, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(centre, 1.5, 1.5)


def _thicken(painter: QPainter, width: float) -> None:
    pen = painter.pen()
    pen.setWidthF(width)
    painter.setPen(pen)


_DRAWINGS = {
    "shield": _shield,
    "tilde": _tilde,
    "triangle": _triangle,
    "question": _question,
    "hourglass": _hourglass,
    "stop": _stop,
    "photo": _photo,
    "cross": _cross,
}
