"""A message beside the control it is about: an icon, a sentence, nothing to click away."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from gui.icons import paint_icon

__all__ = ["InlineMessage"]


class _Mark(QWidget):
    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        side = round(self.fontMetrics().height() * 1.1)
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        colour = self.palette().color(QPalette.ColorRole.WindowText)
        paint_icon(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), self._icon, colour)


class InlineMessage(QWidget):
    """Hidden while there is nothing to say; the newest sentence replaces the one before."""

    def __init__(self, icon: str = "triangle", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.addWidget(_Mark(icon), 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)
        self.hide()

    def text(self) -> str:
        """The sentence; empty if none."""
        return self._text.text()

    def say(self, sentence: str) -> None:
        """Show a sentence, or hide if it is empty."""
        if sentence == self._text.text():
            return
        self._text.setText(sentence)
        self.setAccessibleName(sentence)
        self.setVisible(bool(sentence))
