"""The page on what the verdict means, in a window of its own beside the main one."""

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from gui.panels.explain import ExplainPanel
from gui.state import State

__all__ = ["Explanation"]


class Explanation(QDialog):
    """Stays open while one goes on working; the page follows the verdict."""

    def __init__(self, state: State, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("explanation")
        self.panel = ExplainPanel(state)
        self.setWindowTitle(self.panel.windowTitle())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.panel, 1)
        layout.addWidget(buttons)
        self.resize(self.sizeHint().boundedTo(parent.size()))
