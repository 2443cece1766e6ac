"""A wheel that scrolls the panel instead of changing the control that happens to lie under it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QScrollBar, QWidget

__all__ = ["tame_wheels"]


class _Tamer(QObject):
    """Lets a control have the wheel only while it has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def tame_wheels(panel: QWidget) -> None:
    """Make every slider, number field and list inside a panel leave the wheel to the panel until it is focused."""
    tamer = _Tamer(panel)
    for kind in (QAbstractSlider, QAbstractSpinBox, QComboBox):
        for control in panel.findChildren(kind):
            if not isinstance(control, QScrollBar):
                control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the default takes focus from the wheel
                control.installEventFilter(tamer)
