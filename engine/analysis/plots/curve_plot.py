"""Figure 5a: sorted superficial importance, benign and patched, with the top-k cut."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from engine.analysis.importance_curve import ImportanceCurve
from engine.analysis.plots.frame import BENIGN, PATCHED, look_grid, png
from engine.figure.sheet import MUTED, SMALL, TINY

__all__ = ["curve_figure"]


def curve_figure(curves: Sequence[ImportanceCurve]) -> bytes:
    """Mean of each rank over the photos, with the 10th to 90th percentile; a PNG."""

    def build() -> Figure:
        images = curves[0].images
        figure, panels = look_grid(
            [curve.look for curve in curves],
            f"Sorted superficial importance, mean and 10th to 90th percentile of {images} photos",
        )
        for curve, axes in zip(curves, panels, strict=True):
            for name, values, colour in (("benign", curve.benign, BENIGN), ("patched", curve.patched, PATCHED)):
                low, high = curve.spread(values)
                axes.fill_between(100 * curve.share, low, high, color=colour, alpha=0.18, linewidth=0)
                axes.plot(
                    100 * curve.share,
                    values.mean(axis=0),
                    color=colour,
                    linewidth=1.4,
                    linestyle="-" if name == "benign" else "--",
                    label=name,
                )
            axes.axvline(
                100 * curve.cut, color=MUTED, linewidth=0.8, linestyle=":", label=f"top-k cut, {curve.cut:.0%}"
            )
            axes.set(xlim=(0, 100), ylim=(0, None))
            axes.set_xlabel("rank, % of neurons", fontsize=TINY, color=MUTED)
            axes.set_ylabel("importance", fontsize=TINY, color=MUTED)
            axes.legend(fontsize=SMALL - 1, frameon=False)
        return figure

    return png(build)
