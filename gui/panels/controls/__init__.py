"""The controls at the left of the window."""

from gui.panels.controls.panel import ControlsPanel

__all__ = ["ControlsPanel"]
