"""One picture of an inspection, for a paper or a mail."""

from engine.figure.compose import build_figure, figure_png

__all__ = ["build_figure", "figure_png"]
