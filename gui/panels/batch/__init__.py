"""The tab that evaluates many photos: what is wanted, the photos as they are answered, measures and plots."""

from gui.panels.batch.panel import BatchPanel

__all__ = ["BatchPanel"]
