"""Figure 1d: how many predictions stay when the densest window is moved out."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from engine.analysis.plots.frame import BENIGN, PATCHED, new_figure, panel, png, title
from engine.analysis.prediction_stability import MODELS, PredictionStability
from engine.figure.sheet import INK, MUTED, SMALL, TINY

__all__ = ["stability_figure"]


def stability_figure(stabilities: Sequence[PredictionStability]) -> bytes:
    """Bars with 95 % Wilson intervals, the pruned and the full model side by side; a PNG."""

    def build() -> Figure:
        figure = new_figure(max(6.5, 1.9 * len(stabilities)), 3.4)
        title(figure, "Predictions that stay when the window with the most SINs is moved out, % with 95 % intervals")
        names = [found.look.name.replace(", ", "\n") for found in stabilities]
        for index, axes in enumerate(figure.subplots(1, 2, sharey=True)):
            panel(axes, f"{MODELS[index]} model")
            groups = (
                ("benign, predicted correctly", [s.benign_stays(index) for s in stabilities], BENIGN, ""),
                ("patched", [s.patched_stays(index) for s in stabilities], PATCHED, "///"),
                ("patched, and fooled", [s.patched_stays(index, fooled=True) for s in stabilities], INK, "..."),
            )
            at = np.arange(len(stabilities))
            for number, (name, shares, colour, hatch) in enumerate(groups):
                values = np.array([share.value for share in shares])
                errors = np.array([[s.value - s.interval[0], s.interval[1] - s.value] for s in shares]).T.clip(min=0)
                axes.bar(
                    *(at + 0.27 * (number - 1), 100 * values, 0.25),
                    yerr=100 * errors,
                    error_kw={"elinewidth": 0.8, "ecolor": MUTED},
                    label=name,
                    facecolor=colour,
                    edgecolor="white",
                    linewidth=0,
                    hatch=hatch,
                )
            axes.set_xticks(at, names, fontsize=TINY - 1)
            axes.set_ylim(0, 100)
        figure.legend(
            *figure.axes[0].get_legend_handles_labels(),
            loc="outside lower left",
            ncols=3,
            frameon=False,
            fontsize=SMALL,
        )
        return figure

    return png(build)
