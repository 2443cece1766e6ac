"""The location map: for each place of the patch, how many windows prove it."""

import math
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap, Normalize
from matplotlib.patches import Patch, PathPatch, Rectangle
from numpy.typing import NDArray

from engine.figure.marks import HALO, cells_path, colour_bar, label_name, legend, paled, plural, true_size
from engine.figure.sheet import DIFFERS, EDGE, INK, PAPER, Sheet, Slot
from engine.pipeline import Inspection
from engine.verdict import Certificate, Verdict

__all__ = ["locations_panel"]

COUNTS_NAMED = 4  # above it, the map has a colour bar instead of a legend

_SHADES = (0.2, 0.5, 0.75, 1.0)  # of cividis, for 1 to COUNTS_NAMED windows
_OPEN: dict[str, Any] = {"facecolor": PAPER, "edgecolor": DIFFERS}
_UNKNOWN: dict[str, Any] = {"facecolor": "#BFBFBF", "edgecolor": EDGE, "hatch": "...."}


def locations_panel(sheet: Sheet, slot: Slot, inspection: Inspection, verdict: Verdict) -> None:
    """For each place of the patch, drawn at its middle, the number of windows that prove it."""
    certificate, threat = verdict.certificate, inspection.threat
    places = certificate.locations
    axes = sheet.photo_axes(slot, "locations", paled(inspection.view))
    down = (threat.height - 1) / 2 + np.arange(places.shape[0] + 1)
    across = (threat.width - 1) / 2 + np.arange(places.shape[1] + 1)
    sheet.heading(slot, "f", _title(certificate), _subtitle(inspection, certificate))
    if not certificate.computed:
        axes.add_patch(
            Rectangle((across[0], down[0]), across[-1] - across[0], down[-1] - down[0], linewidth=0, **_UNKNOWN)
        )
        legend(sheet, slot, axes, [Patch(linewidth=0.6, label="not computed", **_UNKNOWN)])
        return
    handles: list[Artist] = []
    if (places == 0).any():
        region = PathPatch(cells_path(places == 0, across, down), linewidth=0, hatch="////", **_OPEN)
        region.set_gid("not-certified")
        axes.add_patch(region)
        handles.append(Patch(linewidth=0.6, hatch="//////", label="0 windows: not certified", **_OPEN))
    has_bar = False
    if (most := int(places.max())) > 0:
        shades, norm = _scale(most)
        counts = np.ma.masked_equal(places, 0)
        extent = (across[0], across[-1], down[-1], down[0])
        axes.imshow(counts, extent=extent, interpolation="nearest", aspect="auto", cmap=shades, norm=norm, zorder=1.5)
        has_bar = most > COUNTS_NAMED
        if has_bar:
            colour_bar(sheet, slot, shades, norm, whole=True)
        else:
            named = [count for count in range(1, most + 1) if (places == count).any()]
            handles += [Patch(color=shades(count - 1), label=plural(count, "window")) for count in named]
    handles.append(_patch_size(axes, inspection, places))
    legend(sheet, slot, axes, handles, below=0.32 if has_bar else 0.0)


def _title(certificate: Certificate) -> str:
    if not certificate.computed:
        return "Location map: not computed"
    # Rounded down: 100 % is all of them.
    share = math.floor(1e4 * certificate.certified_places / certificate.locations.size) / 100
    said = "below 0.01" if share == 0 < certificate.certified_places else f"{share:.4g}"
    return f"Location map: {said} % certified"


def _subtitle(inspection: Inspection, certificate: Certificate) -> str:
    if not certificate.computed:
        return f"{certificate.locations.size:,} places of the patch, none certified"
    if certificate.label_given:
        return f"windows that prove “{label_name(inspection, certificate.label)}”, at the patch's centre"
    return "windows that prove each place, at the patch's centre"


def _scale(most: int) -> tuple[Colormap, Normalize]:
    shades: Colormap = colormaps["cividis"]
    if most <= COUNTS_NAMED:
        return ListedColormap(shades(_SHADES[:most])), BoundaryNorm(np.arange(most + 1) + 0.5, most)
    return shades, Normalize(1, most)


def _patch_size(axes: Axes, inspection: Inspection, places: NDArray[np.int64]) -> Rectangle:
    """The patch's true size at a weakest place: of all that are, the one nearest to their middle."""
    weakest = np.argwhere(places == places.min())
    top, left = weakest[((weakest - weakest.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    box = (top, left, top + inspection.threat.height, left + inspection.threat.width)
    centre = left + inspection.threat.width / 2, top + inspection.threat.height / 2
    axes.plot(*([each] for each in centre), "+", color=INK, markersize=6, path_effects=HALO)
    is_even = places.min() == places.max()
    return true_size(axes, box, "patch's true size" if is_even else f"weakest: X,Y = {left},{top}")
