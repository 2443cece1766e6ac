"""The activity log: what happened, line by line with its time, in the window and in the log file."""

import logging
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from gui.logfile import last_lines, report_text
from gui.panels.plots.frame import Caption
from gui.state import State

__all__ = ["ActivityPanel"]

_LINES_KEPT = 2000
_LETTERS_KEPT = 2000  # of one line

log = logging.getLogger(__name__)


class ActivityPanel(QWidget):
    """Lists ``state.logged`` and hands them on to the log file.

    Signals
    -------
    copied : str
        The report that was put on the clipboard.

    Parameters
    ----------
    state : State
    log_path : Path, optional
        Where the log file lies, if there is one.
    """

    copied = Signal(str)

    def __init__(self, state: State, log_path: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activityPanel")
        self.setAccessibleName("Activity")
        self._state, self._log_path = state, log_path
        self._lines = QPlainTextEdit()
        self._lines.setObjectName("activityLog")
        self._lines.setAccessibleName("Activity log")
        self._lines.setReadOnly(True)
        self._lines.setMaximumBlockCount(_LINES_KEPT)
        self._lines.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self._lines.setTabChangesFocus(True)
        self._lines.setPlaceholderText("Verdicts, messages and what was opened will be listed here.")
        self._lines.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self._where = Caption()
        self._where.setText(f"Log file: {log_path}" if log_path else "No log file: its folder cannot be written to")
        self._copy = QPushButton("Copy report")
        self._copy.setObjectName("copyReport")
        self._copy.setToolTip(
            "Copy versions, settings and the last lines of the log, to send with a report of a fault"
        )
        self._copy.clicked.connect(self.copy_report)
        header = QHBoxLayout()
        header.addWidget(self._where, 1)
        header.addWidget(self._copy)
        layout = QVBoxLayout(self)
        gap = self.fontMetrics().height() // 2
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(gap // 2)
        layout.addLayout(header)
        layout.addWidget(self._lines, 1)
        state.logged.connect(self.add)

    def lines(self) -> list[str]:
        """What is listed, the oldest first."""
        text = self._lines.toPlainText()
        return text.split("\n") if text else []

    @Slot(str)
    def add(self, line: str) -> None:
        """List a line with the time it is now."""
        line = " ".join(line.split())[:_LETTERS_KEPT]
        self._lines.appendPlainText(f"{datetime.now():%H:%M:%S}  {line}")
        log.info("%s", line)

    @Slot()
    def copy_report(self) -> None:
        """Put versions, settings and the last lines on the clipboard."""
        report = report_text(self._state, last_lines(self._log_path) or self.lines()[-200:])
        QGuiApplication.clipboard().setText(report)
        self.copied.emit(report)
