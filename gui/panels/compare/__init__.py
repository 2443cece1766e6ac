"""The tab Compare: every certified defense on the photo that is shown."""

from gui.panels.compare.panel import ComparePanel

__all__ = ["ComparePanel"]
