"""The activity log: what happened in this window, line by line with its time."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from gui.panels.plots.frame import ElidedLabel
from gui.state import State
from gui.widgets import Ringed

__all__ = ["ActivityPanel"]

_LINES_KEPT = 2000
_LETTERS_KEPT = 2000  # of one line


class _Log(Ringed, QPlainTextEdit):
    """A log that shows the keyboard's focus."""


class ActivityPanel(QWidget):
    """Lists ``state.logged``.

    Parameters
    ----------
    state : State
    report : callable, optional
        Makes the text that goes to the clipboard; the lines themselves if ``None``.
    """

    def __init__(self, state: State, report: Callable[[], str] | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activityPanel")
        self.setAccessibleName("Activity")
        self._report = report
        self._count = 0
        self._caption = ElidedLabel()
        self._copy = QPushButton("Copy report" if report else "Copy log")
        self._copy.setObjectName("copyReport")
        self._copy.setToolTip(
            "Copy versions, settings and the log, to send with a report of a fault" if report else "Copy all lines"
        )
        self._copy.clicked.connect(self.copy)
        self._lines = _Log()
        self._lines.setObjectName("activityLog")
        self._lines.setAccessibleName("Activity log")
        self._lines.setReadOnly(True)
        self._lines.setUndoRedoEnabled(False)
        self._lines.setMaximumBlockCount(_LINES_KEPT)
        self._lines.setTabChangesFocus(True)
        self._lines.setPlaceholderText("Verdicts, messages and what was opened will be listed here.")
        self._lines.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        header = QHBoxLayout()
        header.addWidget(self._caption, 1)
        header.addWidget(self._copy)
        layout = QVBoxLayout(self)
        gap = self.fontMetrics().height() // 2
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(gap // 2)
        layout.addLayout(header)
        layout.addWidget(self._lines, 1)
        self._tell()
        state.logged.connect(self.add)

    def lines(self) -> list[str]:
        """What is listed, the oldest first."""
        text = self._lines.toPlainText()
        return text.split("\n") if text else []

    @Slot(str)
    def add(self, line: str) -> None:
        """List a line with the time it is now."""
        self._lines.appendPlainText(f"{datetime.now():%H:%M:%S}  {' '.join(line.split())[:_LETTERS_KEPT]}")
        self._count += 1
        self._tell()

    @Slot()
    def copy(self) -> None:
        """Put the report, or the lines, on the clipboard."""
        text = self._report() if self._report is not None else "\n".join([*self.lines(), ""])
        QGuiApplication.clipboard().setText(text)
        self._caption.setText("Copied to the clipboard")

    def _tell(self) -> None:
        count = "1 line" if self._count == 1 else f"{self._count} lines" if self._count else "Nothing yet"
        last = f", the last {_LINES_KEPT} are kept" if self._count > _LINES_KEPT else ""
        self._caption.setText(f"{count}{last}")
