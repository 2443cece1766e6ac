"""A view of one photo: as the model sees it or as it was read, with the heatmap over it."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem

from gui.canvas.chip import Chip
from gui.canvas.overlay import INK, PAPER, Overlay, pen, with_alpha
from gui.canvas.tables import to_indices, veil_table

__all__ = ["PhotoBox"]

_MARGIN = 0.02
_CLOSEST = 8  # px of the input that fill the view at the least


class PhotoBox(pg.ViewBox):
    """Pixels of the model's input, x to the right and y down; the wheel zooms, a drag pans, a double click fits.

    Signals
    -------
    clicked : float, float
        x and y in pixels of the model's input.
    """

    clicked = Signal(float, float)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False, defaultPadding=0.0)
        self.setDefaultPadding(0.0)
        self.picture, self.original, self.heat = _image(), _SmoothImage(axisOrder="row-major"), _image()
        self.frame = _SeenFrame()
        self.caption = Chip(self, 0.0)
        self.badge = Chip(self, 0.5, strong=True)
        for level, item in enumerate((self.picture, self.original, self.frame, self.heat)):
            self.add_overlay(item, level)
        self._size = 1.0, 1.0
        self._around = QRectF(0, 0, 1, 1)
        self._shown: dict[str, object] = {}
        self._has_heat = self._shows_original = False
        self.show_original(False)

    def add_overlay(self, item: QGraphicsItem, level: float) -> None:
        """Put something over the photo; it has no say in what the view shows."""
        item.setZValue(level)
        self.addItem(item, ignoreBounds=True)
        if isinstance(item, Overlay):
            item.set_view(self)

    def set_picture(self, view: NDArray[np.uint8]) -> None:
        """Show a photo as the model sees it, shape (H, W, 3)."""
        if self._is_new("picture", view):
            self.picture.setImage(view, autoLevels=False)
            height, width = view.shape[:2]
            self._size = height, width
            self.frame.set_size(height, width)

    def set_original(self, original: NDArray[np.uint8], seen: tuple[float, float, float, float]) -> None:
        """Take over the photo as it was read, and the part of it that the model sees.

        Parameters
        ----------
        original : uint8 array (h, w, 3)
        seen : (float, float, float, float)
            Top, left, bottom, right as shares of its sides.
        """
        top, left, bottom, right = seen
        down, across = self._size[0] / (bottom - top), self._size[1] / (right - left)
        around = QRectF(-left * across, -top * down, across, down)
        if self._is_new("original", original) or around != self._around:
            self._around = around
            self.original.setImage(original, autoLevels=False)
            self.original.setRect(around)
            self.frame.set_around(around)

    def set_heat(self, heatmap: NDArray[np.float32] | None, levels: tuple[float, float]) -> None:
        """Show importance, shape (h, w) in cells, over the whole input; ``None`` shows none."""
        self._has_heat = heatmap is not None
        if heatmap is not None and self._is_new("heat", heatmap, levels, self._size):
            self.heat.setImage(to_indices(heatmap, levels), autoLevels=False)
            self.heat.setRect(self.input_rect)

    def set_table(self, name: str) -> None:
        """Choose the heatmap's colours."""
        if self._shown.get("table") != name:
            self._shown["table"] = name
            self.heat.setLookupTable(veil_table(name))

    def show_original(self, shown: bool) -> None:
        """Switch between the photo as the model sees it and as it was read."""
        self._shows_original = shown
        self.frame.setVisible(shown)
        self._limit()

    def fade(self, photo: float, heat: float) -> None:
        """Draw photo and heatmap this strongly, in [0, 1]; at 0 not at all."""
        for item, strength in (
            (self.picture, 0.0 if self._shows_original else photo),
            (self.original, photo if self._shows_original else 0.0),
            (self.heat, heat if self._has_heat else 0.0),
        ):
            item.setVisible(strength > 0)
            item.setOpacity(strength)

    @property
    def input_rect(self) -> QRectF:
        """The model's input."""
        return QRectF(0, 0, self._size[1], self._size[0])

    @property
    def whole(self) -> QRectF:
        """All of what is shown."""
        return self._around.united(self.input_rect) if self._shows_original else self.input_rect

    def fit(self) -> None:
        """Show all of the photo."""
        self._limit()
        self.setRange(self.whole, padding=_MARGIN)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Pan with the left or middle button; the right one does nothing."""
        if ev.button() == Qt.MouseButton.RightButton:
            ev.ignore()
        else:
            super().mouseDragEvent(ev, axis)

    def mouseClickEvent(self, ev: Any) -> None:
        """A click selects; the second of a double click does not."""
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()
            return
        ev.accept()
        if not ev.double():
            point = self.mapSceneToView(ev.scenePos())
            self.clicked.emit(point.x(), point.y())

    def _limit(self) -> None:
        whole = self.whole
        wide, high = whole.width(), whole.height()
        self.setLimits(
            xMin=whole.left() - 2 * wide,
            xMax=whole.right() + 2 * wide,
            yMin=whole.top() - 2 * high,
            yMax=whole.bottom() + 2 * high,
            minXRange=_CLOSEST,
            minYRange=_CLOSEST,
            maxXRange=5 * wide,
            maxYRange=5 * high,
        )

    def _is_new(self, what: str, *content: object) -> bool:
        """Whether other arrays are to be shown than before; the very same ones cost nothing."""
        before = self._shown.get(what)
        self._shown[what] = content
        return not (
            isinstance(before, tuple)
            and all(
                one is other or (not isinstance(one, np.ndarray) and one == other)
                for one, other in zip(before, content, strict=True)
            )
        )


class _SmoothImage(pg.ImageItem):
    """A photo in its own resolution: smoothed where it is scaled."""

    def paint(self, painter: QPainter, *args: Any) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class _SeenFrame(Overlay):
    """Marks the part of the original that the model sees, and veils the rest."""

    def __init__(self) -> None:
        super().__init__()
        self._around = QRectF()

    def set_around(self, around: QRectF) -> None:
        self.prepareGeometryChange()
        self._around = around

    def boundingRect(self) -> QRectF:
        return super().boundingRect().united(self._around)

    def draw(self, painter: QPainter, to_scene: QTransform) -> None:
        height, width = self._size
        inner, outer = to_scene.mapRect(QRectF(0, 0, width, height)), to_scene.mapRect(self._around)
        veil = with_alpha(INK, 0.55)
        painter.fillRect(QRectF(outer.left(), outer.top(), outer.width(), inner.top() - outer.top()), veil)
        painter.fillRect(QRectF(outer.left(), inner.bottom(), outer.width(), outer.bottom() - inner.bottom()), veil)
        painter.fillRect(QRectF(outer.left(), inner.top(), inner.left() - outer.left(), inner.height()), veil)
        painter.fillRect(QRectF(inner.right(), inner.top(), outer.right() - inner.right(), inner.height()), veil)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, style in ((INK, Qt.PenStyle.SolidLine), (PAPER, Qt.PenStyle.DashLine)):
            painter.setPen(pen(colour, 1.4, style))
            painter.drawRect(inner)


def _image() -> pg.ImageItem:
    return pg.ImageItem(axisOrder="row-major")
