"""The canvas: the photo, what the engine found in it, and the patch to be moved about."""

from gui.canvas.layers import Layer, LayerModel
from gui.canvas.panel import CanvasPanel

__all__ = ["CanvasPanel", "Layer", "LayerModel"]
