"""The tour's caption: large words over the foot of the window."""

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

__all__ = ["Caption"]

_GROUND, _WORDS, _FAINT = QColor(16, 18, 20, 242), "#FFFFFF", "#C9CED6"


class Caption(QWidget):
    """Words over a widget's lower edge, in light on dark in either theme; it lets the mouse through."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("tourCaption")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        font = self._words.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        self._words.setFont(font)
        self._words.setStyleSheet(f"color: {_WORDS}")
        self._step = QLabel()
        self._step.setStyleSheet(f"color: {_FAINT}")
        hint = QLabel("Any key or click takes over")
        hint.setStyleSheet(f"color: {_FAINT}")
        foot = QHBoxLayout()
        foot.addWidget(self._step)
        foot.addStretch(1)
        foot.addWidget(hint)
        column = QVBoxLayout(self)
        margin = self.fontMetrics().height()
        column.setContentsMargins(margin, margin * 3 // 4, margin, margin // 2)
        column.addWidget(self._words)
        column.addLayout(foot)
        over.installEventFilter(self)
        self.hide()

    def say(self, words: str, step: int, steps: int) -> None:
        """Show the words of a step."""
        self._words.setText(words)
        self._step.setText(f"Tour  {step} of {steps}")
        self.setAccessibleName(words)
        self._place()
        self.show()
        self.raise_()

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower edge."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        over = self.parentWidget()
        if over is None:
            return
        margin = self.fontMetrics().height()
        width = min(over.width() - 2 * margin, self.fontMetrics().averageCharWidth() * 90)
        size = QSize(width, max(self.heightForWidth(width), self.sizeHint().height() if width > 0 else 0))
        self.resize(size)
        self.move((over.width() - width) // 2, over.height() - size.height() - margin)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The dark ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(_FAINT), 1.5))
        painter.setBrush(_GROUND)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)
