"""The legend under the photo: what the marks of the shown layers mean, in as many lines as it takes."""

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import QGraphicsSceneResizeEvent, QSizePolicy, QStyleOptionGraphicsItem, QWidget

from gui.canvas.guarded import guarded
from gui.canvas.overlay import Key

__all__ = ["Legend"]


class Legend(pg.GraphicsWidget):
    """Entries side by side, wrapped into lines; its height follows its width.

    Signals
    -------
    rewrapped
        It needs another height.
    """

    rewrapped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[Key, ...] = ()
        self.setFlag(self.GraphicsItemFlag.ItemClipsToShape)  # or an SVG clips it as it did the photo
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(0)
        self._fit()

    @property
    def words(self) -> tuple[str, ...]:
        """Its entries."""
        return tuple(key.text for key in self._keys)

    @property
    def widest(self) -> float:
        """The width that its longest entry needs."""
        return max((self._wide(key) for key in self._keys), default=0.0)

    def set_keys(self, keys: Sequence[Key]) -> None:
        """Show other entries."""
        changed = [key.text for key in keys] != [key.text for key in self._keys]
        self._keys = tuple(keys)
        if changed:
            self._fit()
        self.update()

    def restyle(self) -> None:
        """Take over font and palette."""
        self._fit()
        self.update()

    def resizeEvent(self, event: QGraphicsSceneResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        self._fit()

    @guarded
    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Swatches and words."""
        metrics = QFontMetricsF(self.font())
        text = QGuiApplication.palette().color(QPalette.ColorRole.WindowText)
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = metrics.ascent() * 1.05
        for key, corner in zip(self._keys, self._corners()[0], strict=True):
            middle = corner.y() + self._line() / 2
            painter.save()
            key.draw(painter, QRectF(corner.x(), middle - side / 2, side, side))
            painter.restore()
            painter.setPen(text)
            room = QRectF(corner.x() + side * 1.45, corner.y(), metrics.horizontalAdvance(key.text) + 2, self._line())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, key.text)

    def _line(self) -> float:
        return QFontMetricsF(self.font()).height() * 1.3

    def _wide(self, key: Key) -> float:
        metrics = QFontMetricsF(self.font())
        return metrics.ascent() * 1.05 * 1.45 + metrics.horizontalAdvance(key.text)

    def _corners(self) -> tuple[list[QPointF], float]:
        """Where each entry begins, and the height of all."""
        gap, room = QFontMetricsF(self.font()).averageCharWidth() * 2.5, self.size().width()
        x = y = 0.0
        corners = []
        for key in self._keys:
            wide = self._wide(key)
            if x > 0 and x + wide > room:
                x, y = 0.0, y + self._line()
            corners.append(QPointF(x, y))
            x += wide + gap
        return corners, y + self._line() if self._keys else 0.0

    def _fit(self) -> None:
        height = self._corners()[1]
        if height != self.preferredHeight():
            self.setMinimumHeight(height)
            self.setPreferredSize(QSizeF(-1, height))
            self.setMaximumHeight(height)
            self.rewrapped.emit()
