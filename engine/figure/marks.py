"""Marks that several panels share: outlines, colour bars, legends, and numbers in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from engine.figure.sheet import EDGE, INK, MUTED, PAPER, SMALL, TINY, Sheet, Slot
from engine.pipeline import Inspection
from engine.placement import PlacedPatch

__all__ = [
    "HALO",
    "cells_path",
    "colour_bar",
    "label_name",
    "legend",
    "outline",
    "paled",
    "percent",
    "plural",
    "true_size",
]

HALO = (patheffects.withStroke(linewidth=2.2, foreground=PAPER),)


def paled(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photo ``(H, W, 3)`` in light grey, for marks to stand out on."""
    grey = photo.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.repeat(np.clip(150 + grey * (105 / 255), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def cells_path(chosen: NDArray[np.bool_], across: NDArray[np.float64], down: NDArray[np.float64]) -> Path:
    """One path around the chosen cells of a grid, run by run: one artist however many cells there are.

    Parameters
    ----------
    chosen : bool array (rows, columns)
    across, down : float array (columns + 1,) and (rows + 1,)
        Edges of the cells.
    """
    steps = np.diff(np.pad(chosen.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(steps == 1)
    stops = np.nonzero(steps == -1)[1]
    left, right, top, bottom = across[starts], across[stops], down[rows], down[rows + 1]
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return Path.make_compound_path_from_polys(np.stack([np.stack(corner, axis=1) for corner in corners], axis=1))


def outline(axes: Axes, placed: PlacedPatch | None) -> None:
    """The visible pixels' outline, in black and white so that it shows on any photo."""
    if placed is None:
        return
    mask = np.pad(placed.mask, 1).astype(np.float64)
    across, down = np.arange(mask.shape[1]) - 0.5, np.arange(mask.shape[0]) - 0.5
    for line, colour, dashes in ((2.6, INK, "solid"), (1.3, PAPER, (0, (3, 1.5)))):
        drawn = axes.contour(across, down, mask, [0.5], colors=[colour], linewidths=line, linestyles=[dashes])
        drawn.set_gid("patch")


def colour_bar(sheet: Sheet, slot: Slot, shades: Colormap, norm: Normalize, *, whole: bool = False) -> None:
    """A colour bar with numbers, whole ones if so told, under a panel."""
    axes = sheet.axes(Slot(slot.left, slot.top + slot.height + 0.28, slot.width, 0.11, slot.width), "colour bar")
    bar = sheet.figure.colorbar(
        ScalarMappable(norm, shades), cax=axes, orientation="horizontal", ticks=MaxNLocator(6, integer=whole)
    )
    bar.outline.set(edgecolor=EDGE, linewidth=0.6)
    bar.ax.tick_params(labelsize=TINY, length=2.5, width=0.6, pad=2, color=EDGE, labelcolor=MUTED)
    bar.minorticks_off()


def true_size(axes: Axes, box: Sequence[float] | NDArray[np.int64], label: str) -> Rectangle:
    """A dashed box ``(top, left, bottom, right)`` of a window or patch at its true size; gives a legend's entry."""
    top, left, bottom, right = box
    style: dict[str, Any] = {"fill": False, "linewidth": 1.3, "linestyle": (0, (4, 2)), "edgecolor": INK}
    ground: dict[str, Any] = {"fill": False, "linewidth": 2.4, "edgecolor": PAPER}
    for each in (ground, style):
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, zorder=2, **each))
    return Rectangle((0, 0), 1, 1, label=label, **style)


def legend(sheet: Sheet, slot: Slot, axes: Axes, handles: Sequence[Artist], below: float = 0.0) -> None:
    """A legend in two columns under a panel, ``below`` inches further down than usual."""
    size = SMALL - 0.5
    for handle in handles:
        room = slot.room / 2 - 2.7 * size / 72
        handle.set_label(sheet.lettering.elide(str(handle.get_label()), room, size))
    axes.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(0.0, -(0.26 + below) / slot.height),
        ncols=2,
        frameon=False,
        borderaxespad=0,
        borderpad=0,
        labelspacing=0.35,
        handlelength=1.6,
        handleheight=0.9,
        handletextpad=0.5,
        columnspacing=1.0,
        prop={"size": size},
        labelcolor=INK,
    )


def label_name(inspection: Inspection, label: int) -> str:
    """A class's name; what stands for it where there is none."""
    return inspection.classifier.labels[label] if label >= 0 else "no finite answer"


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def percent(share: float, digits: int) -> str:
    """A share as a percentage."""
    return f"{100 * share:.{digits}f} %"
