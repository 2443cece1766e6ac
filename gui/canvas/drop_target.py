"""Photos, patches and folders let go over the canvas."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from gui.drop import dropped_files

__all__ = ["DropTarget"]


class DropTarget(QObject):
    """Takes the drags over a scroll area before the area does, and marks it while one hovers.

    Signals
    -------
    dropped : list of str
        Local paths of image files and folders.
    """

    dropped = Signal(list)

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(area)
        self._veil = _Veil(area)
        for widget in (area, area.viewport()):
            widget.setAcceptDrops(True)
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept what the program can open; everything else goes its way."""
        kind = event.type()
        if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove) and isinstance(
            event, QDragEnterEvent | QDragMoveEvent
        ):
            wanted = bool(dropped_files(event.mimeData()))
            self._mark(wanted)
            event.setDropAction(Qt.DropAction.CopyAction)
            event.setAccepted(wanted)
            return True
        if kind == QEvent.Type.DragLeave:
            self._mark(False)
            return True
        if kind == QEvent.Type.Drop and isinstance(event, QDropEvent):
            self._mark(False)
            paths = [str(path) for path in dropped_files(event.mimeData())]
            event.setDropAction(Qt.DropAction.CopyAction)
            event.setAccepted(bool(paths))
            if paths:
                self.dropped.emit(paths)
            return True
        return super().eventFilter(watched, event)

    def _mark(self, shown: bool) -> None:
        if shown != self._veil.isVisible():
            parent = self._veil.parentWidget()
            assert parent is not None
            self._veil.setGeometry(parent.rect())
            self._veil.setVisible(shown)
            self._veil.raise_()


class _Veil(QWidget):
    """A border and words over everything while something is dragged."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dropVeil")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        veil = QColor(palette.color(QPalette.ColorRole.Window))
        veil.setAlpha(220)
        painter.fillRect(self.rect(), veil)
        gap = self.fontMetrics().height()
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 3))
        painter.drawRoundedRect(self.rect().adjusted(gap, gap, -gap, -gap), gap, gap)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Let go to open")
