"""The tab that trains patches: what is wanted, how it goes, and what came of it."""

from gui.panels.attack.panel import AttackPanel

__all__ = ["AttackPanel"]
