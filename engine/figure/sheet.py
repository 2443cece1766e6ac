"""The sheet the picture is drawn on: inches from its top left, text and axes put where they are told."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from engine.figure.lettering import Lettering

__all__ = [
    "AGREES",
    "DIFFERS",
    "DPI",
    "EDGE",
    "INK",
    "LEFT",
    "MUTED",
    "PAPER",
    "RIGHT",
    "SMALL",
    "TINY",
    "WIDTH",
    "Sheet",
    "Slot",
]

DPI = 150
WIDTH, LEFT, RIGHT = 12.0, 0.52, 11.62  # inches: of the sheet, and where its content begins and ends
INK, MUTED, EDGE, PAPER = "#1A1A1A", "#595959", "#8C8C8C", "#FFFFFF"
AGREES, DIFFERS = "#0072B2", "#D55E00"
TITLE, SMALL, TINY = 10.5, 8.0, 7.0  # points
COARSE = 6  # from so many pixels of the sheet a pixel of the photo on, it is drawn as a square


@dataclass(frozen=True)
class Slot:
    """Where a panel's content goes, in inches; its heading and legend may be as wide as ``room``."""

    left: float
    top: float
    width: float
    height: float
    room: float


class Sheet:
    """A figure addressed in inches from its top left corner.

    Parameters
    ----------
    width, height : float
        In inches.
    lettering : Lettering
    """

    def __init__(self, width: float, height: float, lettering: Lettering) -> None:
        # Whole pixels, so that the size of the picture is no matter of rounding.
        self.width, self.height = round(width * DPI) / DPI, round(height * DPI) / DPI
        self.figure = Figure(figsize=(self.width, self.height), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(self.figure)
        self.lettering = lettering

    def text(self, left: float, top: float, text: str, size: float, **style: Any) -> Text:
        """Text whose top left corner is there (or what ``ha`` and ``va`` say)."""
        style = {"va": "top", "color": INK} | style
        return self.figure.text(
            left,
            self.height - top,
            text,
            fontsize=size,
            family=self.lettering.families(text),
            transform=self.figure.dpi_scale_trans,
            **style,
        )

    def axes(self, slot: Slot, name: str) -> Axes:
        """Axes that fill a slot; ``name`` is their label, never shown."""
        return self.figure.add_axes(
            (
                slot.left / self.width,
                1 - (slot.top + slot.height) / self.height,
                slot.width / self.width,
                slot.height / self.height,
            ),
            label=name,
        )

    def heading(self, slot: Slot, letter: str, title: str, subtitle: str) -> None:
        """A panel's letter, title and a line under it, above its slot."""
        room, fit = slot.room, self.lettering.elide
        self.text(slot.left, slot.top - 0.47, letter, TITLE, weight="bold")
        self.text(slot.left + 0.18, slot.top - 0.47, fit(title, room - 0.18, TITLE, "bold"), TITLE, weight="bold")
        self.text(slot.left, slot.top - 0.25, fit(subtitle, room, SMALL), SMALL, color=MUTED)

    def photo_axes(self, slot: Slot, name: str, photo: NDArray[np.uint8]) -> Axes:
        """Axes in pixels of the model's input, with a photo ``(H, W, 3)`` in them."""
        height, width = photo.shape[:2]
        axes = self.axes(slot, name)
        smooth = "bicubic" if slot.width * DPI < COARSE * width else "nearest"
        axes.imshow(photo, extent=(0, width, height, 0), interpolation=smooth, aspect="auto", zorder=0)
        axes.set(xlim=(0, width), ylim=(height, 0))
        for axis, inches in ((axes.xaxis, slot.width), (axes.yaxis, slot.height)):
            axis.set_major_locator(MaxNLocator(nbins=max(1, min(5, int(inches / 0.5))), integer=True))
        axes.tick_params(labelsize=TINY, length=2.5, width=0.6, pad=2, color=EDGE, labelcolor=MUTED)
        for spine in axes.spines.values():
            spine.set(color=EDGE, linewidth=0.6)
        return axes
