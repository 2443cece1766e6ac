"""The patch as it forms."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.canvas.guarded import guarded

__all__ = ["PatchPreview"]


class PatchPreview(QWidget):
    """A patch as large as there is room, each of its pixels a square; an empty frame while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attackPreview")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._shown: NDArray[np.uint8] | None = None
        self._picture = QPixmap()
        self.show_patch(None, "")

    def show_patch(self, patch: NDArray[np.uint8] | None, what: str) -> None:
        """Show a patch ``(h, w, 3)`` under a name, or an empty frame."""
        if patch is None:
            self._picture = QPixmap()
        elif patch is not self._shown:
            height, width = patch.shape[:2]
            image = QImage(np.ascontiguousarray(patch).data, width, height, 3 * width, QImage.Format.Format_RGB888)
            self._picture = QPixmap.fromImage(image)
        self._shown = patch
        self.setAccessibleName(what or "No patch yet")
        self.setToolTip(what or "The patch will form here")
        self.update()

    def sizeHint(self) -> QSize:
        """A square of some lines of text."""
        side = self.fontMetrics().height() * 7
        return QSize(side, side)

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        """The patch, or a frame where it will be."""
        painter = QPainter(self)
        size = self._picture.size() if not self._picture.isNull() else QSize(1, 1)
        place = QRect()
        place.setSize(size.scaled(self.size() - QSize(2, 2), Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(self.rect().center())
        if not self._picture.isNull():
            painter.drawPixmap(place, self._picture)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(place.adjusted(0, 0, -1, -1) if self._picture.isNull() else place.adjusted(-1, -1, 0, 0))
