"""The upper panels: the photo, its superficial importance, its SINs."""

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from numpy.typing import NDArray

from engine.clusters import SinClusters
from engine.figure.marks import HALO, colour_bar, legend, outline, paled, plural
from engine.figure.sheet import INK, PAPER, Sheet, Slot
from engine.pipeline import Inspection
from engine.placement import PlacedPatch

__all__ = ["importance_panel", "photo_panel", "sins_panel"]

CLUSTERS_NAMED = 5

# Okabe and Ito's colours without the green, each with a shape of its own.
_CLUSTER_STYLES = (
    ("#0072B2", "o"),
    ("#E69F00", "s"),
    ("#CC79A7", "^"),
    ("#56B4E9", "D"),
    ("#D55E00", "v"),
)
_OTHER_CLUSTERS = ("#4D4D4D", "X")


def photo_panel(sheet: Sheet, slot: Slot, view: NDArray[np.uint8], placed: PlacedPatch | None) -> None:
    """The photo as the model sees it, with the patch outlined."""
    height, width = view.shape[:2]
    said = "no patch pasted"
    if placed is not None:
        top, left, bottom, right = placed.box
        said = f"patch of {bottom - top} × {right - left} px at X,Y = {left},{top}"
    sheet.heading(slot, "a", "Photo as the model sees it", f"{height} × {width} px; {said}")
    axes = sheet.photo_axes(slot, "photo", view)
    outline(axes, placed)


def importance_panel(sheet: Sheet, slot: Slot, inspection: Inspection, placed: PlacedPatch | None) -> None:
    """The superficial importance map with its colour bar."""
    channels, rows, columns = inspection.superficial.rank.shape
    sheet.heading(
        slot,
        "b",
        "Superficial importance",
        f"{inspection.settings.importance}, summed over {channels} channels of {rows} × {columns} cells",
    )
    heatmap = np.ma.masked_invalid(inspection.superficial.heatmap)
    most = float(heatmap.max()) if heatmap.count() else 0.0
    shades, norm = colormaps["cividis"], Normalize(0, most or 1.0)
    axes = sheet.photo_axes(slot, "importance", inspection.view)
    height, width = inspection.view.shape[:2]
    axes.imshow(
        heatmap,
        extent=(0, width, height, 0),
        interpolation="nearest",
        aspect="auto",
        cmap=shades,
        norm=norm,
    )
    outline(axes, placed)
    colour_bar(sheet, slot, shades, norm)


def sins_panel(sheet: Sheet, slot: Slot, inspection: Inspection, placed: PlacedPatch | None) -> None:
    """The top SINs by cluster, with a circle of radius s_c around each cluster's centre."""
    found = inspection.clusters
    assert found is not None
    height, width = inspection.view.shape[:2]
    axes = sheet.photo_axes(slot, "sins", paled(inspection.view))
    outline(axes, placed)
    handles: list[Artist] = []
    for number, cluster in reversed(list(enumerate(found.clusters))):
        colour, marker = _CLUSTER_STYLES[number] if number < len(_CLUSTER_STYLES) else _OTHER_CLUSTERS
        places, counts = np.unique(found.positions_px[found.labels == number], axis=0, return_counts=True)
        axes.scatter(
            places[:, 1] + 0.5,
            places[:, 0] + 0.5,
            s=7 + 5 * (counts - 1),
            c=colour,
            marker=marker,
            edgecolors=INK,
            linewidths=0.3,
        )
        row, column = cluster.center_px[0] + 0.5, cluster.center_px[1] + 0.5
        if cluster.std_px > 0:  # else all its SINs are at the centre, and their mark is enough
            for line, shade in ((2.6, PAPER), (1.3, colour)):
                axes.add_patch(Circle((column, row), cluster.std_px, fill=False, edgecolor=shade, linewidth=line))
            axes.plot([column], [row], "+", color=INK, markersize=9, markeredgewidth=1.4, path_effects=HALO)
        if number < CLUSTERS_NAMED:
            # The number stands towards the inside where the centre is near the upper or the right edge.
            is_left = (width - column) * slot.width / width > 0.2
            is_low = row * slot.height / height > 0.25
            axes.annotate(
                str(number + 1),
                (column, row),
                (4 if is_left else -4, 4 if is_low else -4),
                textcoords="offset points",
                ha="left" if is_left else "right",
                va="bottom" if is_low else "top",
                fontsize=9,
                weight="bold",
                color=INK,
                path_effects=HALO,
                annotation_clip=True,
            )
            named = f"{number + 1}: {plural(cluster.size, 'SIN')}, s_c = {cluster.std_px:.1f} px"
            handles.insert(0, mark(marker, colour, named))
    more = len(found.clusters) - CLUSTERS_NAMED
    if more > 0:
        handles.append(mark(_OTHER_CLUSTERS[1], _OTHER_CLUSTERS[0], f"and {plural(more, 'more cluster')}"))
    legend(sheet, slot, axes, handles)
    sheet.heading(slot, "c", _sins_title(found), "+ centre, circle of radius s_c; larger mark: more SINs")


def _sins_title(found: SinClusters) -> str:
    return f"Top {plural(len(found.positions), 'SIN')} in {plural(len(found.clusters), 'cluster')}"


def mark(marker: str, colour: str, label: str) -> Line2D:
    """A cluster's mark, for a legend."""
    return Line2D(
        [], [], linestyle="", marker=marker, color=colour, markeredgecolor=INK, markeredgewidth=0.4, label=label
    )
