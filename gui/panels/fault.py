"""An error in plain words: what to try, a button that tries again, and the details for whoever wants them."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gui.snapshot import Problem
from gui.widgets import Fold

__all__ = ["Fault", "advice", "cause"]

_ANYWAY = "Take the last change back (Ctrl+Z), or choose another photo or model."


class Fault(QWidget):
    """What the verdict panel shows under the sentence of an error.

    Signals
    -------
    retry
    """

    retry = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Problem | None = None
        self.advice = QLabel()
        self.advice.setWordWrap(True)
        self.advice.setTextFormat(Qt.TextFormat.PlainText)
        self.advice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        heading = QLabel("What to try")
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        self.button = QPushButton("Retry")
        self.button.setObjectName("retryButton")
        self.button.setAccessibleName("Retry")
        self.button.setToolTip("Ask the engine again (F5)")
        self.fold = Fold("Details")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName("Details of the error")
        self.text.setMinimumHeight(self.fontMetrics().lineSpacing() * 9)
        self.fold.body.addWidget(self.text)
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(self.advice)
        layout.addLayout(row)
        layout.addWidget(self.fold)
        self.button.clicked.connect(self._pressed)
        self.hide()

    def show_problem(self, problem: Problem) -> None:
        """Show a problem; what was wrong stands above."""
        if problem == self._shown:
            return
        self._shown = problem
        self.advice.setText(advice(problem.sentence))
        self.fold.setVisible(bool(problem.details))
        self.fold.open(False)
        self.text.setPlainText(problem.details)

    @Slot()
    def _pressed(self) -> None:
        self.retry.emit()


def cause(sentence: str) -> str:
    """What was wrong, without the remedy behind the semicolon."""
    wrong, semicolon, _ = sentence.partition("; ")
    return f"{wrong}." if semicolon else sentence


def advice(sentence: str) -> str:
    """The remedy that a sentence names behind its semicolon, and what helps in any case."""
    _, _, remedy = sentence.partition("; ")
    return f"{remedy[0].upper()}{remedy[1:]} {_ANYWAY}" if remedy else _ANYWAY
