"""A part of a panel under a heading; it may fold away."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

__all__ = ["Fold", "Line", "Section"]


class Section(QWidget):
    """A heading in bold, a line of space, and what is added to ``body``."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel(title)
        font = heading.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.1)
        heading.setFont(font)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(self.fontMetrics().height() // 3)
        self.body.addWidget(heading)


class Fold(QWidget):
    """A button that shows or hides what is added to ``body``.

    Signals
    -------
    opened : bool
    """

    opened = Signal(bool)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setAccessibleName(f"{title}, show or hide")
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        indent = self.fontMetrics().height() // 2
        self.body.setContentsMargins(indent, 0, 0, indent)
        self.body.setSpacing(self.fontMetrics().height() // 3)
        self._content.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.button)
        layout.addWidget(self._content)
        self.button.clicked.connect(self._toggle)

    def is_open(self) -> bool:
        """Whether its content is shown."""
        return not self._content.isHidden()

    def open(self, shown: bool = True) -> None:
        """Show or hide its content."""
        if shown == self.is_open():
            return
        self.button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._content.setVisible(shown)
        self.opened.emit(shown)

    @Slot()
    def _toggle(self) -> None:
        self.open(not self.is_open())


class Line(QWidget):
    """A thin line between two parts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """One pixel in the palette's middle tone."""
        QPainter(self).fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Mid))
