"""Figure 1e: alerts of both detectors against alpha, and what alpha costs the attack."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from engine.analysis.detection import DENSITY_RATES, Detection
from engine.analysis.plots.frame import BENIGN, PATCHED, look_grid, png
from engine.evaluation.metrics import Share
from engine.figure.sheet import INK, MUTED, SMALL, TINY

__all__ = ["detection_figure"]


def detection_figure(detections: Sequence[Detection]) -> bytes:
    """A panel for each look, a place on its axis for the benign photos and for each patch; a PNG."""

    def build() -> Figure:
        first = detections[0]
        figure, panels = look_grid(
            [found.look for found in detections],
            f"Alerts on {first.images} photos without a patch (false) and with patches trained with alpha; "
            f"attack success beside them",
            (3.6, 2.7),
        )
        copies = range(1 + len(first.patches))
        at = np.array(copies)
        names = ["no\npatch", *(f"{alpha:g}" for alpha in first.alphas)]
        shades = colormaps["cividis"](np.linspace(0.1, 0.9, len(DENSITY_RATES)))
        for found, axes in zip(detections, panels, strict=True):
            for rate, value in enumerate(DENSITY_RATES):
                shares = [found.by_density(copy, rate) for copy in copies]
                axes.plot(
                    at,
                    _percent(shares),
                    color=shades[rate],
                    marker=".",
                    linewidth=1,
                    label=f"density, top {value:.1%}",
                )
            occlusion = [found.by_occlusion(copy) for copy in copies]
            low, high = (np.array([100 * share.interval[end] for share in occlusion]) for end in (0, 1))
            axes.fill_between(at, low, high, color=BENIGN, alpha=0.15, linewidth=0)
            axes.plot(at, _percent(occlusion), color=BENIGN, marker="o", markersize=3.5, label="occlusion rule")
            patches = range(len(found.patches))
            success, unseen = ([getattr(found, what)(index) for index in patches] for what in ("success", "unseen"))
            axes.plot(
                at[1:],
                _percent(success),
                color=PATCHED,
                linestyle="--",
                marker="s",
                markersize=3.5,
                label="attack succeeds, no defense",
            )
            axes.plot(
                at[1:],
                _percent(unseen),
                color=INK,
                linestyle=":",
                marker="x",
                markersize=4,
                label="attack succeeds, unseen",
            )
            axes.set_xticks(at, names, fontsize=TINY)
            axes.set_ylim(-3, 103)
            axes.set_xlabel("alpha", fontsize=TINY, color=MUTED)
            axes.set_ylabel("% of photos", fontsize=TINY, color=MUTED)
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=SMALL - 0.5
        )
        return figure

    return png(build)


def _percent(shares: Sequence[Share]) -> list[float]:
    return [100 * share.value for share in shares]
