"""The message bar inside the window: one message at a time, repeats counted, nothing piles up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFontDatabase, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from gui.glyphs import glyph
from gui.theme import DIFFER

__all__ = ["Message", "MessageBar"]

_SECONDS = 6
Kind = Literal["note", "error"]


@dataclass(frozen=True)
class Message:
    """One thing to tell the user.

    Parameters
    ----------
    sentence : str
        What is the matter, with which input, and what to do.
    kind : str
        ``note`` goes by itself, ``error`` stays until it is closed or mended.
    details : str
        What a developer would ask for; folded at first.
    retry : callable, optional
        What the Retry button does.
    """

    sentence: str
    kind: Kind = "note"
    details: str = ""
    retry: Callable[[], None] | None = None


class MessageBar(QFrame):
    """Shows the newest message; an error is not pushed out by a note, and the same one again is counted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.message: Message | None = None
        self.times = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)

        self._icon = QLabel()
        self._sentence = QLabel()
        self._sentence.setObjectName("messageSentence")
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._retry = self._button("messageRetry", "Retry", "Try again")
        self._retry.clicked.connect(self._try_again)
        self._more = self._button("messageDetails", "Details", "Show what a developer would ask for")
        self._more.setCheckable(True)
        self._close = self._button("messageClose", "", "Close this message")
        self._close.clicked.connect(self.clear)
        row = QHBoxLayout()
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._sentence, 1)
        for button in (self._retry, self._more, self._close):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._details = QPlainTextEdit()
        self._details.setObjectName("messageText")
        self._details.setReadOnly(True)
        self._details.setAccessibleName("Details of the message")
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._more.toggled.connect(self._details.setVisible)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self._details)
        self._restyle()
        self.hide()

    def show_message(self, message: Message) -> None:
        """Show a message in place of the one that is there; a note waits behind no error, it is only logged."""
        if self.message is not None and self.message.kind == "error" and message.kind == "note":
            return
        same = self.message is not None and (self.message.sentence, self.message.kind) == (
            message.sentence,
            message.kind,
        )
        self.times = self.times + 1 if same else 1
        self.message = message
        repeated = f"  (×{self.times})" if self.times > 1 else ""
        self._sentence.setText(message.sentence + repeated)
        self.setAccessibleName(f"{message.kind.capitalize()}: {message.sentence}")
        self._retry.setVisible(message.retry is not None)
        self._more.setVisible(bool(message.details))
        self._details.setPlainText(message.details)
        if not same:
            self._more.setChecked(False)
            self._details.hide()
        self._restyle()
        self.show()
        self._timer.stop()
        if message.kind == "note":
            self._timer.start(_SECONDS * 1000)

    @Slot()
    def clear(self) -> None:
        """Take the message away."""
        self._timer.stop()
        self.message, self.times = None, 0
        self.hide()

    @Slot()
    def _try_again(self) -> None:
        message = self.message
        self.clear()
        if message is not None and message.retry is not None:
            message.retry()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_details"):
            self._restyle()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A stripe at the left: broad for an error, thin for a note."""
        super().paintEvent(event)
        painter = QPainter(self)
        error = self.message is not None and self.message.kind == "error"
        colour = QColor(DIFFER) if error else self.palette().color(QPalette.ColorRole.Accent)
        painter.fillRect(0, 0, 6 if error else 3, self.height(), colour)
        painter.fillRect(0, self.height() - 1, self.width(), 1, self.palette().color(QPalette.ColorRole.Mid))

    def _restyle(self) -> None:
        error = self.message is not None and self.message.kind == "error"
        side = self.fontMetrics().height()
        self._icon.setPixmap(glyph("warning" if error else "note").pixmap(side, side))
        self._close.setIcon(glyph("close"))
        self._details.setMaximumHeight(self.fontMetrics().lineSpacing() * 9)
        margin = self.fontMetrics().height() // 2
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(margin + 6, margin // 2, margin, margin // 2)

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text or tip)
        button.setAutoRaise(not text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
