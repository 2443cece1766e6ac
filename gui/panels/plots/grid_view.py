"""The windows of a family as a grid of cells, drawn by hand: sharp at any size and in any export."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui.panels import words
from gui.theme import AGREE, DIFFER

__all__ = ["DETAILED", "GridCells", "GridView", "hatch"]

DETAILED = 400  # cells that are drawn one by one; above, as one picture
_FADED = 0.4
_MOVES = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}


@dataclass(frozen=True, eq=False)
class GridCells:
    """What a grid shows, one element a window, row by row.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    done, skipped, differs, fires, hides : bool array (n,)
        Run; without a SIN; of another label than the base prediction; contradicting by the rule; hiding the
        selected place of the patch.
    confidence : float array (n,)
    names : tuple of str
        The label under each window, empty where it is not known; nothing for more than ``DETAILED`` windows.
    """

    shape: tuple[int, int]
    done: NDArray[np.bool_]
    skipped: NDArray[np.bool_]
    differs: NDArray[np.bool_]
    fires: NDArray[np.bool_]
    hides: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    names: tuple[str, ...]


class GridView(QWidget):
    """Draws cells, and tells which one was asked for by mouse or arrow keys.

    Signals
    -------
    chosen : int
        Index of a window.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells: GridCells | None = None
        self.by_confidence = False
        self.selected: int | None = None
        self.dimmed = False
        self.tip: Callable[[int], str] = _no_tip
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(self.fontMetrics().height() * 6, self.fontMetrics().height() * 4)

    def sizeHint(self) -> QSize:
        """Room for six lines of windows with a line of text in each."""
        return QSize(self.fontMetrics().averageCharWidth() * 60, self.fontMetrics().height() * 9)

    def cell_rect(self, index: int) -> QRectF:
        """Where a window's cell lies in the widget, on whole pixels."""
        assert self.cells is not None
        rows, columns = self.cells.shape
        row, column = divmod(index, columns)
        area = self._area()
        left, right = (round(area.left() + area.width() * side / columns) for side in (column, column + 1))
        top, bottom = (round(area.top() + area.height() * side / rows) for side in (row, row + 1))
        return QRectF(left, top, right - left, bottom - top)

    def cell_at(self, position: QPointF) -> int | None:
        """The window whose cell lies at a position of the widget."""
        area = self._area()
        if self.cells is None or not area.contains(position):
            return None
        rows, columns = self.cells.shape
        row = min(rows - 1, int((position.y() - area.top()) / area.height() * rows))
        column = min(columns - 1, int((position.x() - area.left()) / area.width() * columns))
        return row * columns + column

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses."""
        found = self.cell_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self.chosen.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys walk over the grid."""
        if not self._walk(event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Claim the arrow keys before any shortcut of the window, and show a cell's tip."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_move(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.cell_at(QPointF(event.pos()))
            if found is not None:
                QToolTip.showText(event.globalPos(), self.tip(found), self, self.cell_rect(found).toRect())
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the focus is gone."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """All cells, then the marks on them."""
        if self.cells is None:
            return
        painter = QPainter(self)
        painter.setOpacity(_FADED if self.dimmed else 1.0)
        if len(self.cells.done) <= DETAILED:
            self._paint_cells(painter, self.cells)
        else:
            self._paint_picture(painter, self.cells)
        painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.selected is not None and self.selected < len(self.cells.done):
            self._paint_ring(painter, self.cell_rect(self.selected))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75))

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(4, 4, -4, -4)

    def _walk(self, event: QKeyEvent) -> bool:
        if self.cells is None or not _is_move(event):
            return False
        rows, columns = self.cells.shape
        down, right = _MOVES[Qt.Key(event.key())]
        if self.selected is None:
            self.chosen.emit(0)
            return True
        row, column = divmod(self.selected, columns)
        row, column = min(rows - 1, max(0, row + down)), min(columns - 1, max(0, column + right))
        self.chosen.emit(row * columns + column)
        return True

    def _paint_cells(self, painter: QPainter, cells: GridCells) -> None:
        colours = self._colours(cells)
        for index in range(len(cells.done)):
            rect = self.cell_rect(index).adjusted(1, 1, -1, -1)
            colour = QColor(*(int(part) for part in colours[index]))
            if not cells.done[index]:
                painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Mid), 1, Qt.PenStyle.DotLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
                continue
            ink = QColor("#000000" if _luminance(colour) > 0.18 else "#FFFFFF")
            painter.fillRect(rect, colour)
            if cells.differs[index]:
                self._paint_hatch(painter, rect, ink)
            if cells.fires[index]:
                painter.setPen(QPen(ink, 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                inset = 3 if rect.height() > 1.6 * self.fontMetrics().height() else 1
                painter.drawRect(rect.adjusted(inset, inset, -inset, -inset))
            self._paint_words(painter, rect, colour, ink, cells, index)
            if cells.hides[index] and min(rect.width(), rect.height()) > 12:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink)
                painter.drawRect(QRectF(rect.right() - 10, rect.top() + 5, 5, 5))

    def _paint_words(
        self, painter: QPainter, rect: QRectF, colour: QColor, ink: QColor, cells: GridCells, index: int
    ) -> None:
        """The label and its confidence, as far as there is room for them."""
        metrics, room = self.fontMetrics(), rect.adjusted(6, 0, -6, 0)
        percent = words.percent(cells.confidence[index]) if cells.names[index] else "?"
        if room.width() < metrics.horizontalAdvance("100%") or room.height() < metrics.ascent():
            return
        two_lines = room.height() >= 2 * metrics.height() + 12  # and the frame
        if room.width() < metrics.averageCharWidth() * (6 if two_lines else 13):
            text = percent
        else:
            taken = 0 if two_lines else metrics.horizontalAdvance(f" {percent}")
            name = metrics.elidedText(cells.names[index], Qt.TextElideMode.ElideRight, int(room.width()) - taken)
            text = f"{name}\n{percent}" if two_lines else f"{name} {percent}"
        centred = Qt.AlignmentFlag.AlignCenter
        if cells.differs[index]:  # no hatch behind letters
            plate = painter.boundingRect(room, centred, text).adjusted(-2, 0, 2, 0)
            painter.fillRect(plate.intersected(rect.adjusted(3, 2, -3, -2)), colour)
        painter.setPen(ink)
        painter.drawText(room, centred, text)

    def _paint_hatch(self, painter: QPainter, rect: QRectF, ink: QColor) -> None:
        faint = QColor(ink)
        faint.setAlpha(64)
        painter.setPen(QPen(faint, 1))
        painter.drawLines(hatch(rect, 7.0))

    def _paint_picture(self, painter: QPainter, cells: GridCells) -> None:
        """Thousands of cells as one picture; those that differ have a dark core, three pixels to a cell."""
        rows, columns = cells.shape
        colours = self._colours(cells).reshape(rows, columns, 3).repeat(3, axis=0).repeat(3, axis=1)
        colours[1::3, 1::3][cells.differs.reshape(rows, columns)] = 0
        picture = np.ascontiguousarray(colours)
        image = QImage(picture.data, columns * 3, rows * 3, columns * 9, QImage.Format.Format_RGB888)
        painter.drawImage(self._area(), image)

    def _paint_ring(self, painter: QPainter, rect: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        palette = self.palette()
        for colour, width in (
            (palette.color(QPalette.ColorRole.Base), 5),
            (palette.color(QPalette.ColorRole.Text), 3),
        ):
            painter.setPen(
                QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap, Qt.PenJoinStyle.MiterJoin)
            )
            painter.drawRect(rect)

    def _colours(self, cells: GridCells) -> NDArray[np.uint8]:
        """Fill colour of each cell, shape ``(n, 3)``."""
        ground = _rgb(self.palette().color(QPalette.ColorRole.Base))
        if self.by_confidence:
            table = pg.colormap.get("cividis").getLookupTable(nPts=256)[:, :3]
            colours = table[(np.nan_to_num(cells.confidence).clip(0, 1) * 255).astype(np.int64)]
        else:
            agree, differ = (_rgb(QColor(name)) for name in (AGREE, DIFFER))
            colours = np.where(cells.differs[:, None], differ, agree)
            colours = np.where(cells.skipped[:, None] & ~cells.differs[:, None], (colours + ground) // 2, colours)
        return np.where(cells.done[:, None], colours, ground).astype(np.uint8)


def hatch(rect: QRectF, step: float) -> list[QLineF]:
    """Diagonal lines through a rectangle, cut at its sides by arithmetic: SVG files know no clipping."""
    width, height = rect.width(), rect.height()
    lines = []
    for offset in np.arange(step / 2, width + height, step):
        low, high = min(offset, height), min(offset, width)
        lines.append(
            QLineF(rect.left() + offset - low, rect.top() + low, rect.left() + high, rect.top() + offset - high)
        )
    return lines


def _no_tip(_index: int) -> str:
    return ""


def _is_move(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain and any(event.key() == key for key in _MOVES)


def _rgb(colour: QColor) -> NDArray[np.int64]:
    return np.array([colour.red(), colour.green(), colour.blue()])


def _luminance(colour: QColor) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
