"""Buttons that say what they do, or why they cannot."""

from PySide6.QtWidgets import QPushButton

__all__ = ["enable_button", "named_button"]


def named_button(text: str, handle: str) -> QPushButton:
    """A button with a handle for tests and a name without its dots."""
    button = QPushButton(text)
    button.setObjectName(handle)
    button.setAccessibleName(text.rstrip("…"))
    return button


def enable_button(button: QPushButton, obstacle: str, tip: str) -> None:
    """Enable a button, with a tip on what it does; or disable it where there is an obstacle, and say which."""
    button.setEnabled(not obstacle)
    button.setToolTip(obstacle or tip)
