"""The location map over the photo: certified or not, for each place of the patch, drawn at the patch's middle."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QTransform
from PySide6.QtWidgets import QGraphicsItem

from gui.canvas.hatch import hatch_lines, mask_image, outline_lines
from gui.canvas.overlay import INK, PAPER, Key, Overlay, lines, pen, with_alpha
from gui.comparing import ShownPlaces
from gui.snapshot import Snapshot
from gui.theme import AGREE

__all__ = ["LocationsItem", "place_at"]

_HATCH = 8.0  # px between lines
_MEANING = "Location map: each place of the patch is drawn at the patch's middle."


def place_at(x: float, y: float, threat_px: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int] | None:
    """The place (row, column) of the patch that is drawn at a point, if there is one.

    Parameters
    ----------
    x, y : float
        In pixels of the model's input.
    threat_px : (int, int)
        Height and width of the patch.
    shape : (int, int)
        Of the location map.
    """
    row, column = np.floor(y - (threat_px[0] - 1) / 2), np.floor(x - (threat_px[1] - 1) / 2)
    return (int(row), int(column)) if 0 <= row < shape[0] and 0 <= column < shape[1] else None


class LocationsItem(Overlay):
    """Certified places in a light tint, the others dark and hatched; nothing before there is a full verdict."""

    def __init__(self, parent: QGraphicsItem | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(_MEANING)
        self._map: NDArray[np.integer] | None = None
        self._is_computed = True
        self._of_verdict: tuple[NDArray[np.integer] | None, bool] = None, True
        self._other: ShownPlaces | None = None
        self._threat = 1, 1
        self._place: tuple[int, int] | None = None
        self._weak: NDArray[np.bool_] = np.zeros((0, 0), dtype=np.bool_)
        self._pictures: tuple[QImage, ...] = ()
        self._drawn: tuple[QTransform, list[QLineF], list[QLineF]] | None = None

    @property
    def places(self) -> NDArray[np.integer] | None:
        """The map that is shown, if there is one."""
        return self._map

    def set_snapshot(self, snapshot: Snapshot | None) -> None:
        """Take over the location map of a full verdict; a preview has none."""
        self._of_verdict = None, True
        if snapshot is not None:
            self._threat = snapshot.threat_px
            if snapshot.verdict is not None and not snapshot.request.preview:
                self._of_verdict = snapshot.verdict.locations, snapshot.verdict.computed
        self._choose()

    def set_other(self, places: ShownPlaces | None) -> None:
        """Show another location map in the place of the verdict's, or that again."""
        self._other = places
        self._choose()

    def _choose(self) -> None:
        shown, self._is_computed = self._of_verdict
        if self._other is not None:
            shown, self._is_computed = self._other.locations, self._other.computed
        if shown is not self._map:
            self._map = shown
            self._weak = shown == 0 if shown is not None else np.zeros((0, 0), dtype=np.bool_)
            tints = (~self._weak, with_alpha(AGREE, 0.32)), (self._weak, with_alpha(INK, 0.6))
            self._pictures = tuple(mask_image(chosen, tint) for chosen, tint in tints)
            self._drawn = None
        self.update()

    def select(self, place: tuple[int, int] | None) -> None:
        """Show a place: the patch's true size there, and its middle."""
        if place != self._place:
            self._place = place
            self.update()

    def place_at(self, x: float, y: float) -> tuple[int, int] | None:
        """The place that is drawn at a point."""
        return None if self._map is None else place_at(x, y, self._threat, self._map.shape)

    def legend(self) -> tuple[Key, ...]:
        """Certified and not certified, if they occur."""
        if self._map is None:
            return ()
        by = f"{self._other.title}: " if self._other is not None else ""
        if not self._is_computed:
            return (Key(f"{by}location map not computed", _draw_weak),)
        kinds = (
            (~self._weak, Key(f"{by}place certified", _draw_certified)),
            (self._weak, Key(f"{by}not certified", _draw_weak)),
        )
        return tuple(key for there, key in kinds if there.any())

    def shape(self) -> QPainterPath:
        """The map, for its tooltip."""
        path = QPainterPath()
        if self._map is not None:
            height, width = self._map.shape
            path.addRect(QRectF((self._threat[1] - 1) / 2, (self._threat[0] - 1) / 2, width, height))
        return path

    def draw(self, painter: QPainter, to_scene: QTransform) -> None:
        """Tints, hatching and borders of the map, then the chosen place."""
        if self._map is not None:
            self._draw_map(painter, to_scene)
        if self._place is not None:
            self._draw_place(painter, to_scene, *self._place)

    def _draw_map(self, painter: QPainter, to_scene: QTransform) -> None:
        shift = QPointF((self._threat[1] - 1) / 2, (self._threat[0] - 1) / 2)
        height, width = self._weak.shape
        area = to_scene.mapRect(QRectF(shift.x(), shift.y(), width, height))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for picture in self._pictures:
            painter.drawImage(area, picture)
        hatch, border = self._lines(to_scene, shift)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(with_alpha(PAPER, 0.55), 1))
        painter.drawLines(hatch)
        for colour, wide in ((with_alpha(INK, 0.8), 3.0), (PAPER, 1.4)):
            painter.setPen(pen(colour, wide))
            painter.drawLines(border)
        painter.setPen(pen(PAPER, 1, Qt.PenStyle.DotLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)

    def _lines(self, to_scene: QTransform, shift: QPointF) -> tuple[list[QLineF], list[QLineF]]:
        """Hatching and border in the scene; the same as before until map or zoom are others."""
        if self._drawn is None or self._drawn[0] != to_scene:
            step = max(1, round(_HATCH / max(1e-6, to_scene.m11())))
            hatch = lines(hatch_lines(self._weak, step), to_scene, shift)
            self._drawn = QTransform(to_scene), hatch, lines(outline_lines(self._weak), to_scene, shift)
        return self._drawn[1:]

    def _draw_place(self, painter: QPainter, to_scene: QTransform, row: int, column: int) -> None:
        box = to_scene.mapRect(QRectF(column, row, self._threat[1], self._threat[0]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width, style in ((INK, 3.4, Qt.PenStyle.SolidLine), (PAPER, 1.6, Qt.PenStyle.DashLine)):
            painter.setPen(pen(colour, width, style))
            painter.drawRect(box)
            painter.drawLine(box.center() - QPointF(6, 0), box.center() + QPointF(6, 0))
            painter.drawLine(box.center() - QPointF(0, 6), box.center() + QPointF(0, 6))


def _draw_certified(painter: QPainter, box: QRectF) -> None:
    painter.setPen(pen(AGREE, 1))
    painter.setBrush(with_alpha(AGREE, 0.32))
    painter.drawRect(box.adjusted(1, 1, -1, -1))


def _draw_weak(painter: QPainter, box: QRectF) -> None:
    inner = box.adjusted(1, 1, -1, -1)
    painter.setPen(pen(PAPER, 1))
    painter.setBrush(with_alpha(INK, 0.75))
    painter.drawRect(inner)
    painter.drawLine(inner.bottomLeft(), inner.topRight())
    painter.drawLine(
        inner.bottomLeft() - QPointF(0, inner.height() / 2), inner.topRight() - QPointF(inner.width() / 2, 0)
    )
    painter.drawLine(
        inner.bottomLeft() + QPointF(inner.width() / 2, 0), inner.topRight() + QPointF(0, inner.height() / 2)
    )
