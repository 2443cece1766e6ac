"""The first-run guide: three hints beside what they are about, while the window stays usable."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

__all__ = ["HINTS", "Guide", "Hint"]


@dataclass(frozen=True)
class Hint:
    """A hint and the ``objectName`` of the widget it is about."""

    target: str
    title: str
    text: str


HINTS = (
    Hint(
        "imageCanvas",
        "The photo as the model sees it",
        "Drop a photo here, or open one with Ctrl+O. P puts a patch on it; drag it anywhere. The colours show "
        "which places decide the label.",
    ),
    Hint(
        "controlsDock",
        "What is asked",
        "Move the top-ranking rate or the window size: everything follows while you drag. Every change can be "
        "undone with Ctrl+Z.",
    ),
    Hint(
        "verdictDock",
        "The answer",
        "Certified means proved: no patch of that size, anywhere, changes this label without an alert. "
        "Ctrl+I says what was proved and what was assumed.",
    ),
)


class Guide(QFrame):
    """A bubble that goes from hint to hint.

    Signals
    -------
    finished
        The last hint was read, or the guide was closed.
    """

    finished = Signal()

    def __init__(self, window: QWidget, hints: Sequence[Hint] = HINTS) -> None:
        super().__init__(window)
        self.setObjectName("guide")
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self._hints, self.step = tuple(hints), 0
        self._ring = _Ring(window)
        self._title, self._text, self._count = QLabel(), QLabel(), QLabel()
        font = self._title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self._title.setFont(font)
        self._title.setWordWrap(True)
        self._text.setWordWrap(True)
        self._count.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._skip = QPushButton("Close")
        self._skip.setObjectName("guideClose")
        self._skip.clicked.connect(self.end)
        self._next = QPushButton()
        self._next.setObjectName("guideNext")
        self._next.setDefault(True)
        self._next.clicked.connect(self.advance)
        foot = QHBoxLayout()
        foot.addWidget(self._count)
        foot.addStretch(1)
        foot.addWidget(self._skip)
        foot.addWidget(self._next)
        column = QVBoxLayout(self)
        margin = self.fontMetrics().height()
        column.setContentsMargins(margin, margin, margin, margin * 3 // 4)
        column.setSpacing(margin // 2)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addLayout(foot)
        window.installEventFilter(self)
        self.hide()

    def start(self) -> None:
        """Show the first hint."""
        self.step = 0
        self._show_hint()
        self._next.setFocus()

    @Slot()
    def advance(self) -> None:
        """Show the next hint, or end after the last one."""
        self.step += 1
        if self.step >= len(self._hints):
            self.end()
        else:
            self._show_hint()

    @Slot()
    def end(self) -> None:
        """Put the guide away."""
        self.hide()
        self._ring.hide()
        self.finished.emit()

    def event(self, event: QEvent) -> bool:
        """Escape puts the guide away while it has the focus, and stops no engine."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self.end()
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay beside the target when the window changes."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A border in the colour of the ring."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), 2))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _show_hint(self) -> None:
        hint, last = self._hints[self.step], self.step == len(self._hints) - 1
        self._title.setText(hint.title)
        self._text.setText(hint.text)
        self._count.setText(f"{self.step + 1} of {len(self._hints)}")
        self._next.setText("Done" if last else "Next")
        self._skip.setVisible(not last)
        self.setAccessibleName(f"{hint.title}. {hint.text}")
        self.show()
        self._place()
        self._ring.raise_()
        self.raise_()

    def _place(self) -> None:
        window = self.parentWidget()
        if window is None:
            return
        target = window.findChild(QWidget, self._hints[self.step].target)
        if target is None or not target.isVisible():
            area = QRect(window.rect().center(), window.rect().center())
            self._ring.hide()
        else:
            area = QRect(target.mapTo(window, QPoint(0, 0)), target.size())
            self._ring.setGeometry(window.rect())
            self._ring.show_round(area)
        width = min(self.fontMetrics().averageCharWidth() * 52, window.width() - 40)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move(_beside(area, self.width(), self.height(), window.rect(), self.fontMetrics().height()))


def _beside(target: QRect, width: int, height: int, window: QRect, gap: int) -> QPoint:
    """In a large target at its foot; else right of it, left of it, or over its middle: the first that fits."""
    if target.width() > 1.4 * width:
        return QPoint(target.center().x() - width // 2, target.bottom() - height - 2 * gap)
    y = min(max(target.center().y() - height // 2, gap), window.height() - height - gap)
    if target.right() + gap + width < window.right():
        return QPoint(target.right() + gap, y)
    if target.left() - gap - width > window.left():
        return QPoint(target.left() - gap - width, y)
    return QPoint(target.center().x() - width // 2, y)


class _Ring(QWidget):
    """A thick line round the target; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._area = QRect()
        self.hide()

    def show_round(self, area: QRect) -> None:
        self._area = area
        self.show()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), 3))
        painter.drawRoundedRect(self._area.adjusted(1, 1, -2, -2), 6, 6)
