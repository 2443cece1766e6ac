"""Files dragged over the window: two places to let them go, as the photo or as the patch."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QGraphicsView, QWidget

from engine.images import EXTENSIONS
from gui.glyphs import glyph

__all__ = ["DropSheet", "dropped_files", "leave_drops_to_window"]


def dropped_files(data: QMimeData, known: Callable[[Path], bool] | None = None) -> list[Path]:
    """Folders and files of a drag that the window can open, judged by their names alone."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() in EXTENSIONS or path.is_dir() or (known and known(path))]


def leave_drops_to_window(window: QWidget) -> None:
    """Graphics views take every drag for themselves; let the window have them."""
    for view in window.findChildren(QGraphicsView):
        view.setAcceptDrops(False)
        view.viewport().setAcceptDrops(False)


class DropSheet(QWidget):
    """Lies over the window while something is dragged; the right third stands for the patch."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dropSheet")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._files: Sequence[Path] = ()
        self._on_patch = False
        self.hide()

    def offer(self, files: Sequence[Path], x: int) -> None:
        """Show what letting go at ``x`` would do."""
        parent = self.parentWidget()
        assert parent is not None
        self._files, self._on_patch = files, self.takes_patch(files, x)
        self.setGeometry(parent.rect())
        self.raise_()
        self.show()
        self.update()

    def takes_patch(self, files: Sequence[Path], x: int) -> bool:
        """Whether files let go at ``x`` are meant as the patch."""
        parent = self.parentWidget()
        assert parent is not None
        return self._divided(files) and x >= parent.width() * 2 // 3

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw one or two sheets with their words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(self.palette().color(QPalette.ColorRole.Window))
        veil.setAlpha(225)
        painter.fillRect(self.rect(), veil)
        margin = self.fontMetrics().height()
        area = self.rect().adjusted(margin, margin, -margin, -margin)
        if not self._divided(self._files):
            self._sheet(painter, area, self._what(), True)
            return
        cut = self.width() * 2 // 3
        photo = QRect(area.left(), area.top(), cut - area.left() - margin // 2, area.height())
        patch = QRect(cut + margin // 2, area.top(), area.right() - cut - margin // 2, area.height())
        self._sheet(painter, photo, self._what(), not self._on_patch)
        self._sheet(painter, patch, "Use as the patch", self._on_patch)

    def _what(self) -> str:
        if len(self._files) == 1 and self._files[0].is_dir():
            return "Walk through this folder"
        if self._files and self._files[0].suffix.lower() not in EXTENSIONS:
            return "Open the session"
        return "Open as the photo"

    @staticmethod
    def _divided(files: Sequence[Path]) -> bool:
        return len(files) == 1 and files[0].suffix.lower() in EXTENSIONS and not files[0].is_dir()

    def _sheet(self, painter: QPainter, area: QRect, words: str, chosen: bool) -> None:
        palette = self.palette()
        painter.save()
        pen = painter.pen()
        pen.setColor(palette.color(QPalette.ColorRole.Highlight if chosen else QPalette.ColorRole.Mid))
        pen.setWidthF(3 if chosen else 1.5)
        pen.setStyle(Qt.PenStyle.SolidLine if chosen else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        fill = QColor(palette.color(QPalette.ColorRole.Highlight))
        fill.setAlpha(30 if chosen else 0)
        painter.setBrush(fill)
        painter.drawRoundedRect(area, 10, 10)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(chosen)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        side = painter.fontMetrics().height() * 2
        centre = area.center()
        glyph("drop").paint(painter, centre.x() - side // 2, centre.y() - side, side, side)
        below = QRect(area.left(), centre.y() + side // 4, area.width(), side)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)
        painter.restore()
