"""The patch on the canvas: dragged by the mouse, resized at its corners, turned at its handle."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath, QPolygonF, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent

from engine.placement import Placement
from gui.canvas.overlay import INK, PAPER, Key, Overlay, pen
from gui.canvas.patch_drag import DragKind, PatchDrag
from gui.canvas.patch_geometry import PatchRoom
from gui.canvas.plate import draw_plate

__all__ = ["PatchItem"]

_REACH = 9.0  # px around a handle that take hold of it
_HANDLE = 4.5  # px, half a handle's side
_STALK = 22.0  # px from the patch to the handle that turns it
_CURSORS = {
    "move": Qt.CursorShape.SizeAllCursor,
    "turn": Qt.CursorShape.PointingHandCursor,
    "fall": Qt.CursorShape.SizeFDiagCursor,
    "rise": Qt.CursorShape.SizeBDiagCursor,
}


class PatchItem(Overlay):
    """Shows where the patch lies and lets it be moved; it asks, and is told where the patch then is.

    Signals
    -------
    grabbed
        A gesture has begun.
    dragged : Placement
        Where the gesture wants the patch.
    dropped
        The gesture is over.
    """

    grabbed = Signal()
    dragged = Signal(object)
    dropped = Signal()

    def __init__(self, font: QFont, parent: QGraphicsItem | None = None) -> None:
        super().__init__(parent)
        self.setAcceptedMouseButtons(Qt.MouseButton.LeftButton)
        self.setAcceptHoverEvents(True)
        self._font = font
        self._room: PatchRoom | None = None
        self._placement = Placement(0, 0)
        self._picture: QImage | None = None
        self._is_adrift = False
        self._is_near = False
        self._drag: PatchDrag | None = None

    @property
    def room(self) -> PatchRoom | None:
        """The patch's own size and the input's; ``None`` without a patch."""
        return self._room

    @property
    def is_dragged(self) -> bool:
        """Whether a gesture is going on."""
        return self._drag is not None

    def show_patch(self, room: PatchRoom | None, placement: Placement, picture: QImage | None, adrift: bool) -> None:
        """Take over what there is to show.

        Parameters
        ----------
        room, placement, picture
        adrift : bool
            The photo does not show the patch here yet, so that its picture is drawn.
        """
        self.prepareGeometryChange()
        self._room, self._placement, self._picture, self._is_adrift = room, placement, picture, adrift
        if room is None:
            self._end()
        self.update()

    def set_near(self, near: bool) -> None:
        """Show the handles: the mouse or the keyboard is on the canvas."""
        if near != self._is_near:
            self._is_near = near
            self.update()

    def cancel(self) -> bool:
        """Undo the gesture that is going on; False if there is none."""
        drag, self._drag = self._drag, None
        if drag is not None and drag.has_moved:
            self.dragged.emit(drag.start)
            self.dropped.emit()
        return drag is not None

    def legend(self) -> tuple[Key, ...]:
        """The frame."""
        return (Key("patch", _draw_frame),) if self._room else ()

    def shape(self) -> QPainterPath:
        """The patch itself and what reaches out for its handles."""
        path = QPainterPath()
        if self._room is None:
            return path
        to_scene = self.sceneTransform()
        path.setFillRule(Qt.FillRule.WindingFill)
        corners = self._corners(to_scene)
        path.addPolygon(QPolygonF([*corners, corners[0]]))
        for handle in (*corners, self._knob(corners)):
            path.addEllipse(handle, _REACH, _REACH)
        return to_scene.inverted()[0].map(path)

    def draw(self, painter: QPainter, to_scene: QTransform) -> None:
        """The picture where the photo lacks it, the frame, and while it is held its size in words."""
        if self._room is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corners = self._corners(to_scene)
        if self._is_adrift and self._picture is not None:
            self._draw_picture(painter, to_scene)
        outline = QPolygonF(corners)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width, style in ((INK, 3.0, Qt.PenStyle.SolidLine), (PAPER, 1.6, Qt.PenStyle.DashLine)):
            painter.setPen(pen(colour, width, style))
            painter.drawPolygon(outline)
        if self._is_near or self._drag:
            self._draw_handles(painter, corners)
        if self._drag and self._drag.has_moved:
            gaps = _STALK + 2 * _HANDLE, 3 * _HANDLE
            draw_plate(
                painter, self._font, self.size_text(), outline.boundingRect(), self.in_sight(), gaps, below=True
            )

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Show what a press would do."""
        if self._room is not None:
            self.setCursor(_CURSORS[self._grip(event.scenePos())[0]])

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Take hold."""
        if self._room is None or event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.cancel()
        cursor, anchor = self._grip(event.scenePos())
        kind: DragKind = "move" if cursor == "move" else "turn" if cursor == "turn" else "resize"
        self._drag = PatchDrag(kind, self._room, self._placement, event.pos(), anchor)
        self.update()

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Follow the mouse."""
        if self._drag is None:
            return
        was_moved = self._drag.has_moved
        wanted = self._drag.to(event.pos(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        if wanted is None:
            return
        if not was_moved:
            self.grabbed.emit()
        self.dragged.emit(wanted)

    def mouseReleaseEvent(self, _event: QGraphicsSceneMouseEvent) -> None:
        """Let go."""
        self._end()

    def sceneEvent(self, event: QEvent) -> bool:
        """The mouse may be taken away in the middle of a gesture, when the layer is hidden."""
        if event.type() == QEvent.Type.UngrabMouse:
            self._end()
        return super().sceneEvent(event)

    def _end(self) -> None:
        drag, self._drag = self._drag, None
        self.update()
        if drag is not None and drag.has_moved:
            self.dropped.emit()

    def _corners(self, to_scene: QTransform) -> list[QPointF]:
        """The turned patch's corners in the scene, clockwise from its own top left."""
        assert self._room is not None
        size, middle = self._room.upright(self._placement), self._room.middle(self._placement)
        turn = QTransform().translate(middle.x(), middle.y()).rotate(-self._placement.rotation)
        half = QPointF(size.width() / 2, size.height() / 2)
        ends = (QPointF(-half.x(), -half.y()), QPointF(half.x(), -half.y()), half, QPointF(-half.x(), half.y()))
        return [to_scene.map(turn.map(end)) for end in ends]

    def _knob(self, corners: Sequence[QPointF]) -> QPointF:
        """The handle that turns: beyond the patch's own top edge, or its bottom edge where that is out of sight."""
        middle = (corners[0] + corners[2]) / 2
        room, knob = self.in_sight(), middle
        for first, second in ((0, 1), (2, 3), (1, 2), (3, 0)):
            edge = (corners[first] + corners[second]) / 2
            away = edge - middle
            length = math.hypot(away.x(), away.y()) or 1.0
            knob = edge + away * (_STALK / length)
            if room.contains(knob):
                break
        return knob

    def _grip(self, point: QPointF) -> tuple[str, QPointF]:
        """What lies at a point of the scene: a cursor's name, and the corner that a resize leaves where it is."""
        to_scene = self.sceneTransform()
        corners = self._corners(to_scene)
        if _distance(point, self._knob(corners)) <= _REACH:
            return "turn", QPointF()
        middle = (corners[0] + corners[2]) / 2
        # In a patch that is small on the screen, its middle is for moving.
        nearest = min(range(4), key=lambda corner: _distance(point, corners[corner]))
        apart = _distance(point, corners[nearest])
        if apart > _REACH or apart > _distance(point, middle):
            return "move", QPointF()
        away = corners[nearest] - middle
        anchor = to_scene.inverted()[0].map(corners[(nearest + 2) % 4])
        return ("fall" if away.x() * away.y() > 0 else "rise"), anchor

    def _draw_picture(self, painter: QPainter, to_scene: QTransform) -> None:
        assert self._room is not None
        assert self._picture is not None
        size, middle = self._room.upright(self._placement), self._room.middle(self._placement)
        painter.save()
        painter.setTransform(to_scene * painter.transform())
        painter.translate(middle)
        painter.rotate(-self._placement.rotation)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(-size.width() / 2, -size.height() / 2, size.width(), size.height()), self._picture)
        painter.restore()

    def _draw_handles(self, painter: QPainter, corners: Sequence[QPointF]) -> None:
        knob = self._knob(corners)
        edge = min(
            ((corners[side] + corners[(side + 1) % 4]) / 2 for side in range(4)), key=lambda end: _distance(end, knob)
        )
        for colour, width in ((INK, 3.0), (PAPER, 1.4)):
            painter.setPen(pen(colour, width))
            painter.drawLine(edge, knob)
        painter.setPen(pen(INK, 1.4))
        painter.setBrush(PAPER)
        painter.drawEllipse(knob, _HANDLE + 1, _HANDLE + 1)
        for corner in corners:
            painter.drawRect(QRectF(corner.x() - _HANDLE, corner.y() - _HANDLE, 2 * _HANDLE, 2 * _HANDLE))

    def size_text(self) -> str:
        """Width and height in pixels of the model's input, share of it, and degrees if it is turned."""
        if self._room is None:
            return ""
        height, width = self._room.box(self._placement)
        turned = f", {self._placement.rotation:.4g}°" if self._placement.rotation else ""
        return f"{width} × {height} px, {self._room.share(self._placement):.1%}{turned}"


def _distance(first: QPointF, second: QPointF) -> float:
    return math.hypot(first.x() - second.x(), first.y() - second.y())


def _draw_frame(painter: QPainter, box: QRectF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width, style in ((INK, 3.0, Qt.PenStyle.SolidLine), (PAPER, 1.4, Qt.PenStyle.DashLine)):
        painter.setPen(pen(colour, width, style))
        painter.drawRect(box.adjusted(2, 2, -2, -2))
