"""A photo under an importance map, with its name above and its numbers below."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.canvas.guarded import guarded
from gui.canvas.overlay import INK
from gui.canvas.tables import levels_of, to_indices, veil_table
from gui.panels.plots.frame import DIMMED
from gui.theme import DIFFER

__all__ = ["MapTile"]

Box = tuple[int, int, int, int]


class MapTile(QWidget):
    """The photo in grey, the map in colours over it, and a frame where the patch lies."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._photo, self._heat = QImage(), QImage()
        self._box: Box | None = None
        self._lines = ("", "")
        self._dimmed = False

    def show_map(
        self,
        view: NDArray[np.uint8],
        values: NDArray[np.float32],
        box: Box | None,
        lines: tuple[str, str],
        tip: str,
    ) -> None:
        """Show a map ``(h, w)`` over a photo ``(H, W, 3)``.

        Parameters
        ----------
        view, values : array
        box : (top, left, bottom, right), optional
            Of the patch, in pixels of the photo.
        lines : (str, str)
            Above and below.
        tip : str
            All of it in a sentence.
        """
        grey = np.ascontiguousarray(view.mean(axis=2).astype(np.uint8))
        self._photo = _copied(grey, QImage.Format.Format_Grayscale8)
        colours = veil_table("cividis")[to_indices(values, levels_of(values))]
        self._heat = _copied(np.ascontiguousarray(colours), QImage.Format.Format_RGBA8888)
        self._box, self._lines = box, lines
        self.setAccessibleName(tip)
        self.setToolTip(tip)
        self.update()

    def dim(self, dimmed: bool) -> None:
        """Fade the picture, or show it in full."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.update()

    def sizeHint(self) -> QSize:
        """A square and two lines."""
        line = self.fontMetrics().height()
        return QSize(6 * line, 8 * line)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Name, picture, numbers."""
        painter = QPainter(self)
        line = self.fontMetrics().height()
        for text, top, role in (
            (self._lines[0], 0, QPalette.ColorRole.WindowText),
            (self._lines[1], self.height() - line, QPalette.ColorRole.PlaceholderText),
        ):
            painter.setPen(self.palette().color(role))
            shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(QRectF(0, top, self.width(), line), Qt.AlignmentFlag.AlignCenter, shown)
        if self._photo.isNull():
            return
        room = QRectF(0, line + 2, self.width(), self.height() - 2 * line - 4)
        size = self._photo.size().toSizeF().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(room.center().x() - size.width() / 2, room.top(), size.width(), size.height())
        # The pixels of tiny photos are shown as they are.
        is_tiny = size.width() > 2 * self._photo.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not is_tiny)
        painter.setOpacity(DIMMED if self._dimmed else 1.0)
        painter.drawImage(place, self._photo)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(place, self._heat)
        if self._box is not None:
            top, left, bottom, right = self._box
            across, down = place.width() / self._photo.width(), place.height() / self._photo.height()
            frame = QRectF(
                place.left() + left * across, place.top() + top * down, (right - left) * across, (bottom - top) * down
            )
            for colour, width in ((INK, 4.0), (QColor(DIFFER), 2.0)):
                painter.setPen(QPen(colour, width))
                painter.drawRect(frame)


def _copied(array: NDArray[np.uint8], form: QImage.Format) -> QImage:
    height, width = array.shape[:2]
    return QImage(array.data, width, height, array.strides[0], form).copy()
