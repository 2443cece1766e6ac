"""What every mark over the photo shares: placed in pixels of the model's input, drawn in pixels of the screen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QGraphicsWidget, QStyleOptionGraphicsItem, QWidget

from gui.canvas.guarded import guarded

__all__ = ["INK", "PAPER", "Key", "Overlay", "lines", "mapped_boxes", "pen", "rects", "with_alpha"]

# A photo has any colours: marks on it are edged in both.
INK, PAPER = QColor("#101214"), QColor("#FFFFFF")


@dataclass(frozen=True)
class Key:
    """An entry of the legend: what a mark means, and how to draw it into a small square."""

    text: str
    draw: Callable[[QPainter, QRectF], None]


class Overlay(QGraphicsObject):
    """A layer of marks. It takes no mouse events, and its lines and words keep their size when zoomed.

    Everything is drawn in the scene's pixels, through the painter's own transform, so that an export at any
    scale is the same picture.
    """

    def __init__(self, parent: QGraphicsItem | None = None) -> None:
        super().__init__(parent)
        self._size = 1.0, 1.0
        self._view: QGraphicsWidget | None = None
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_size(self, height: float, width: float) -> None:
        """Take over the size of the model's input in pixels."""
        if (height, width) != self._size:
            self.prepareGeometryChange()
            self._size = height, width

    def boundingRect(self) -> QRectF:
        """The input and as much again around it, for marks and words at its edge."""
        height, width = self._size
        return QRectF(-width, -height, 3 * width, 3 * height)

    def shape(self) -> QPainterPath:
        """What the mouse can meet: nothing."""
        return QPainterPath()

    def contains(self, point: QPointF | QPoint | QPainterPath.Element) -> bool:
        """Whether the mouse meets it; in a ViewBox, PySide forgets that ``shape`` is ours."""
        return self.shape().contains(point)

    def collidesWithPath(
        self, path: QPainterPath, _mode: Qt.ItemSelectionMode = Qt.ItemSelectionMode.IntersectsItemShape
    ) -> bool:
        """Whether the mouse, or a part of the screen, meets it."""
        return self.shape().intersects(path)

    @guarded
    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw in the scene's pixels."""
        to_scene = self.sceneTransform()
        back, sound = to_scene.inverted()
        if sound:
            painter.setTransform(back * painter.transform())
            self.draw(painter, to_scene)

    def set_view(self, view: QGraphicsWidget) -> None:
        """Remember in which view it lies; to walk up there through its parents brings PySide down."""
        self._view = view

    def in_sight(self) -> QRectF:
        """What can be seen of the view it lies in, in pixels of the scene."""
        return self._view.mapRectToScene(self._view.rect()) if self._view is not None else QRectF()

    def draw(self, painter: QPainter, to_scene: QTransform) -> None:
        """Draw; ``to_scene`` takes pixels of the model's input to pixels of the scene."""
        raise NotImplementedError

    def legend(self) -> tuple[Key, ...]:
        """What its marks mean; only those that are there."""
        return ()


def with_alpha(colour: QColor | str, alpha: float) -> QColor:
    """The colour, let through by ``1 - alpha``."""
    made = QColor(colour)
    made.setAlphaF(min(1.0, max(0.0, alpha)))
    return made


def pen(colour: QColor | str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen with square corners."""
    made = QPen(QColor(colour), width, style)
    made.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    return made


def mapped_boxes(boxes: NDArray[np.int64], to_scene: QTransform) -> NDArray[np.float64]:
    """Boxes (top, left, bottom, right) in the scene's pixels as (x, y, width, height), one row each."""
    top, left, bottom, right = boxes.T.astype(np.float64)
    x, y = left * to_scene.m11() + to_scene.dx(), top * to_scene.m22() + to_scene.dy()
    return np.stack([x, y, (right - left) * to_scene.m11(), (bottom - top) * to_scene.m22()], axis=1)


def rects(rows: Iterable[Iterable[float]]) -> list[QRectF]:
    """Rows of x, y, width, height as Qt takes them."""
    return [QRectF(*row) for row in rows]


def lines(ends: NDArray[np.int64] | NDArray[np.float64], to_scene: QTransform, shift: QPointF) -> list[QLineF]:
    """Lines (x, y, x, y) in pixels of the input, moved by a shift, in the scene's pixels."""
    moved = np.asarray(ends, dtype=np.float64) + np.array([shift.x(), shift.y(), shift.x(), shift.y()])
    moved[:, 0::2] = moved[:, 0::2] * to_scene.m11() + to_scene.dx()
    moved[:, 1::2] = moved[:, 1::2] * to_scene.m22() + to_scene.dy()
    return [QLineF(*row) for row in moved.tolist()]
