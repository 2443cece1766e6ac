"""The tables of the page of evidence, as Markdown."""

from collections.abc import Iterable, Sequence

import numpy as np

from engine.analysis.deep_importance import COPIES, MAPS, DeepAgainstSuperficial
from engine.analysis.detection import DENSITY_RATES, Detection
from engine.analysis.importance_curve import ImportanceCurve
from engine.analysis.prediction_stability import MODELS, PredictionStability
from engine.analysis.sin_distribution import MEASURES, SinDistribution
from engine.evaluation.metrics import Share

__all__ = ["curve_table", "deep_table", "detection_table", "distribution_table", "stability_table", "told"]

_UNITS = {"clusters": "clusters", "mean_std_px": "s_c, px", "spread_px": "spread, px"}


def curve_table(curves: Iterable[ImportanceCurve]) -> str:
    """Patched over benign importance, above and below the cut."""
    rows = [
        (
            curve.look.name,
            f"{curve.cut:.0%}",
            f"{curve.kept_ratio:.3f}",
            f"{curve.pruned_ratio:.3f}" if np.isfinite(curve.pruned_ratio) else "none pruned",
            told(Share(curve.higher, curve.images)),
        )
        for curve in curves
    ]
    return _table(("", "SINs", "SINs, patched / benign", "pruned, patched / benign", "copies with more"), rows)


def distribution_table(distributions: Iterable[SinDistribution]) -> str:
    """Clusters, s_c and spread, benign and patched."""
    rows = []
    for found in distributions:
        for measure in MEASURES:
            one = found.difference(measure)
            low, high = one.interval
            between = f"{one.mean:+.2f} ({low:+.2f} to {high:+.2f})"
            separation = f"{100 * found.separation(measure):.1f}"
            means = f"{one.benign:.2f}", f"{one.patched:.2f}"
            shares = told(one.less), told(one.more)
            rows.append((found.look.name, _UNITS[measure], *means, between, one.verdict, *shares, separation))
    heads = ("", "measure", "benign", "patched", "difference", "patched is", "less, %", "more, %", "separation, %")
    return _table(heads, rows)


def stability_table(stabilities: Iterable[PredictionStability]) -> str:
    """Predictions that stay without the densest window."""
    rows = [
        (
            found.look.name,
            model,
            *(
                told(share)
                for share in (
                    found.benign_stays(index),
                    found.patched_stays(index),
                    found.patched_stays(index, fooled=True),
                    found.recovers(index),
                    found.found,
                )
            ),
        )
        for found in stabilities
        for index, model in enumerate(MODELS)
    ]
    return _table(("", "model", "benign, right", "patched", "patched, fooled", "comes back", "found"), rows)


def detection_table(found: Detection) -> str:
    """Alerts of both detectors and success of the attack, a row for each patch."""
    rows = []
    for copy, name in enumerate(("no patch", *found.patches)):
        densities = [f"{100 * found.by_density(copy, rate).value:.1f}" for rate in range(len(DENSITY_RATES))]
        attack = (told(found.success(copy - 1)), told(found.unseen(copy - 1))) if copy else ("", "")
        alpha = f"{found.alphas[copy - 1]:g}" if copy else ""
        rows.append((name, alpha, *densities, told(found.by_occlusion(copy)), *attack))
    rates = (f"density, top {rate:.1%}" for rate in DENSITY_RATES)
    return _table(("patch", "alpha", *rates, "occlusion rule", "success", "unseen"), rows)


def deep_table(deep: Sequence[DeepAgainstSuperficial], has_deep: bool) -> str:
    """Where each map puts the patch, and its milliseconds; a row for each superficial map and one for the deep."""
    shown = [(found, 0, f"superficial, {found.look.name}") for found in deep]
    if has_deep:
        shown.append((deep[0], MAPS.index("deep"), "class activation map"))
    copies = range(len(COPIES))
    rows = [
        (
            name,
            *(f"{found.gain(which, copy):.2f}" for copy in copies),
            *(told(found.peaks(which, copy)) for copy in copies),
            *(f"{found.localised[:, which, copy].mean():.3f}" for copy in copies),
            f"{100 * found.separation(which):.1f}",
            f"{np.median(found.milliseconds[:, which]):.1f}",
        )
        for found, which, name in shown
    ]
    heads = [f"{measure}, {copy}" for measure in ("gain", "peak", "localised") for copy in COPIES]
    return _table(("map", *heads, "separation, %", "ms"), rows)


def told(share: Share) -> str:
    """A share in percent with its interval and how many photos it is of."""
    return f"{share} of {share.images}" if share.images else "of none"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
