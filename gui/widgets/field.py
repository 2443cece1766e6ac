"""A control under its caption, with notes around it; for columns too narrow for forms."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

__all__ = ["Field", "Note", "dress_number"]


class Note(QLabel):
    """Quiet, wrapped text."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)


class Field(QWidget):
    """A control with its caption above it.

    Parameters
    ----------
    caption : str
        With ``&`` before the key that moves the focus here.
    control : QWidget
    aside : QWidget, optional
        Stands at the right of the caption.
    note : Note, optional
        Stands below the control.
    """

    def __init__(
        self,
        caption: str,
        control: QWidget,
        aside: QWidget | None = None,
        note: Note | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        label = QLabel(caption)
        label.setBuddy(control.focusProxy() or control)
        head = QHBoxLayout()
        head.addWidget(label, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(control)
        if aside is not None:
            head.addWidget(aside)
        if note is not None:
            layout.addWidget(note)


def dress_number(field: QAbstractSpinBox, name: str, tip: str) -> None:
    """Give a field for a number its name and tip; it tells of a number once it is whole."""
    field.setKeyboardTracking(False)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setAccessibleName(name)
    field.setToolTip(tip)
