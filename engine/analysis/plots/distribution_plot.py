"""Figure 1b: cluster counts, s_c and spread of the top SINs, benign and patched."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from engine.analysis.plots.frame import BENIGN, PATCHED, new_figure, panel, png, title
from engine.analysis.sin_distribution import SinDistribution
from engine.figure.sheet import MUTED, SMALL, TINY

__all__ = ["distribution_figure"]

_BINS = 24

Values = NDArray[np.float64]


def distribution_figure(distributions: Sequence[SinDistribution]) -> bytes:
    """A row of three histograms for each look; a PNG."""

    def build() -> Figure:
        figure = new_figure(10.0, 0.5 + 1.75 * len(distributions))
        title(figure, f"Clusters of the top SINs of {distributions[0].images} photos and their patched copies")
        grid = figure.subplots(len(distributions), 3, squeeze=False)
        for found, (counts, stds, spreads) in zip(distributions, grid, strict=True):
            panel(counts, f"{found.look.name}: clusters a photo")
            _counts(counts, *found.values("clusters"))
            panel(stds, "s_c of each cluster, px")
            _histogram(stds, *(np.concatenate([i.std_px for i in side]) for side in (found.benign, found.patched)))
            panel(spreads, "spread of all top SINs of a photo, px")
            _histogram(spreads, *found.values("spread_px"))
        return figure

    return png(build)


def _counts(axes: Axes, benign: Values, patched: Values) -> None:
    most = int(max(benign.max(), patched.max()))
    at = np.arange(1, most + 1)
    for values, name, colour, shift in ((benign, "benign", BENIGN, -0.2), (patched, "patched", PATCHED, 0.2)):
        share = np.bincount(values.astype(np.int64), minlength=most + 1)[1:] / len(values)
        axes.bar(
            at + shift,
            100 * share,
            width=0.38,
            color=colour,
            label=name,
            hatch="" if shift < 0 else "///",
            edgecolor="white",
            linewidth=0,
        )
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    _finish(axes)


def _histogram(axes: Axes, benign: Values, patched: Values) -> None:
    edges = np.linspace(0, max(float(benign.max()), float(patched.max()), 1.0), _BINS + 1)
    for values, name, colour, line in ((benign, "benign", BENIGN, "-"), (patched, "patched", PATCHED, "--")):
        share = np.histogram(values, edges)[0] / len(values)
        axes.stairs(100 * share, edges, color=colour, label=name, linewidth=1.3, linestyle=line)
        axes.axvline(float(np.median(values)), color=colour, linewidth=0.8, linestyle=":")
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.set_ylabel("%", fontsize=TINY, color=MUTED)
    axes.legend(fontsize=SMALL - 1, frameon=False)
