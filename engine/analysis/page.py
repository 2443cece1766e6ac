"""The page of evidence: every number with the photos it comes from, as Markdown and as HTML."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.analysis.copies import Choice
from engine.analysis.deep_importance import COPIES, MAPS, DeepAgainstSuperficial
from engine.analysis.detection import ALERT_SHARE, DENSITY_RATES, Detection
from engine.analysis.gather import Evidence
from engine.analysis.importance_curve import ImportanceCurve
from engine.analysis.prediction_stability import MODELS, PredictionStability
from engine.analysis.sin_distribution import MEASURES, SinDistribution
from engine.analysis.study import Study
from engine.evaluation.metrics import Share

__all__ = ["Run", "as_html", "as_markdown"]

_UNITS = {"clusters": "clusters", "mean_std_px": "s_c, px", "spread_px": "spread, px"}


@dataclass(frozen=True)
class Run:
    """How the evidence was come by.

    Parameters
    ----------
    command : str
        The command line that prints it.
    choice : Choice
        The photos.
    measured, swept : int
        Photos that were compared, and photos that were put before the detectors.
    unreadable : tuple of str
        Names of photos that could not be read.
    """

    command: str
    choice: Choice
    measured: int
    swept: int
    unreadable: tuple[str, ...] = ()


def as_markdown(study: Study, evidence: Evidence, run: Run) -> str:
    """The page.

    Parameters
    ----------
    study : Study
    evidence : Evidence
    run : Run
    """
    parts = [
        "# Evidence",
        *_setting(study, run),
        "## Importance curve",
        "Mean superficial importance of the patched copies over that of the benign photos: of the SINs, and of the "
        "neurons below the top-k cut.",
        _table(
            ("", "SINs", "SINs, patched / benign", "pruned, patched / benign", "photos with more"),
            _curves(evidence.curves),
        ),
        "![Sorted superficial importance](importance-curve.png)",
        "## SIN distribution",
        "Of the top SINs of each photo: the number of MeanShift clusters, s_c (Eq. 5) averaged over their SINs, and the "
        "spread of all of them however they cluster. The difference is patched minus benign, photo by photo, with its "
        "95 % interval; *separation* is how often a patched copy has less than a benign photo (50 % is a coin).",
        _table(
            (
                "",
                "measure",
                "benign",
                "patched",
                "difference",
                "patched has",
                "less, % of pairs",
                "more, % of pairs",
                "separation",
            ),
            _distributions(evidence.distributions),
        ),
        "![Clusters of the top SINs](sin-distribution.png)",
        "## Prediction stability",
        "Photos whose prediction stays when the window with the most SINs is moved out, % with 95 % Wilson intervals: of "
        "the benign photos predicted correctly, of all patched copies, and of those that the patch fooled. *Comes back*: "
        "fooled copies that then get their photo's class. *Found*: copies whose window hides at least half of the patch.",
        _table(
            ("", "model", "benign, right", "patched", "patched, fooled", "comes back", "found"),
            _stabilities(evidence.stabilities),
        ),
        "![Predictions that stay](prediction-stability.png)",
        "## Detection under adaptive attack",
        *_detections(evidence.detections, run),
        "## Deep against superficial importance",
        *_deep(study, evidence.deep),
    ]
    if run.choice.left_out:
        names = ", ".join(photo.path.name for photo in run.choice.left_out)
        parts += ["## Photos left out", f"A patch was trained on these {len(run.choice.left_out)}: {names}."]
    return "\n\n".join(parts) + "\n"


def as_html(markdown: str) -> str:
    """The page as one HTML document; its figures are the files beside it."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    name = html.escape(markdown.partition("\n")[0].lstrip("# "))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{name}</title>\n<style>\n'
        "body { font: 15px/1.5 sans-serif; color: #1A1A1A; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }\n"
        "table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }\n"
        "th, td { border-bottom: 1px solid #D9D9D9; padding: .25rem .6rem; text-align: left }\n"
        "img { max-width: 100% }\n"
        f"</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _setting(study: Study, run: Run) -> list[str]:
    classifier, settings, threat = study.inspector.classifier, study.settings, study.threat
    choice, patch = run.choice, study.patch
    named = all(photo.label is not None for photo in choice.photos)
    target = "any wrong label" if patch.target is None else f"label {patch.target}, {classifier.labels[patch.target]}"
    known = (
        "The file beside the patch does not say which photos it was trained on."
        if patch.trained_on is None
        else f"{len(choice.left_out)} photos that a patch was trained on were left out (by sha256; listed at the end)."
    )
    facts = [
        f"{run.measured} photos and a patched copy of each; {run.swept} of them for detection. {choice.found} images in "
        f"the folder. {known}",
        f"The class of a photo is {'what its name says' if named else 'what its name says, or else the full model'}.",
        f"{classifier.name}, weights {classifier.weights_sha256[:12]}, input {threat.input_height} x {threat.input_width} px.",
        f"Patch {patch.patch.name}, {threat.height} x {threat.width} px ({threat.share:.2%} of the input), meant for {target}; "
        f"put at a place drawn at random (seed {settings.seed}), borders included.",
        f"Selection {settings.selection}, alert rule {settings.rule}"
        + ("" if settings.rule == "consistency" else f" (tau {settings.tau:g})")
        + "; contrast with neutral fill, activation with zero fill.",
        *(
            f"Layer {layer}: {ready.cut.layer}, {' x '.join(map(str, ready.cut.shapes[0]))} neurons, {ready.share:.0%} kept, "
            f"{len(ready.family)} windows of {ready.family.side} cells, densest window of {ready.side}, on {ready.backend.name}."
            for layer, ready in study.prepared.items()
        ),
    ]
    if run.unreadable:
        facts.append(f"Not readable: {', '.join(run.unreadable)}.")
    return [f"    {run.command}", "\n".join(f"- {fact}" for fact in facts)]


def _curves(curves: Iterable[ImportanceCurve]) -> list[tuple[str, ...]]:
    return [
        (
            curve.look.name,
            f"{curve.cut:.0%}",
            f"{curve.kept_ratio:.3f}",
            f"{curve.pruned_ratio:.3f}" if np.isfinite(curve.pruned_ratio) else "none pruned",
            _share(Share(curve.higher, curve.images)),
        )
        for curve in curves
    ]


def _distributions(distributions: Iterable[SinDistribution]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for found in distributions:
        for measure in MEASURES:
            one = found.difference(measure)
            rows.append(
                (
                    found.look.name,
                    _UNITS[measure],
                    f"{one.benign:.2f}",
                    f"{one.patched:.2f}",
                    f"{one.mean:+.2f} ({one.interval[0]:+.2f} to {one.interval[1]:+.2f})",
                    one.verdict,
                    _share(one.less),
                    _share(one.more),
                    f"{100 * found.separation(measure):.1f} %",
                )
            )
    return rows


def _stabilities(stabilities: Iterable[PredictionStability]) -> list[tuple[str, ...]]:
    return [
        (
            found.look.name,
            model,
            _share(found.benign_stays(index)),
            _share(found.patched_stays(index)),
            _share(found.patched_stays(index, fooled=True)),
            _share(found.recovers(index)),
            _share(found.found),
        )
        for found in stabilities
        for index, model in enumerate(MODELS)
    ]


def _detections(detections: Sequence[Detection], run: Run) -> list[str]:
    if not detections:
        return ["Not measured: no photo was put before the detectors."]
    parts = [
        f"{run.swept} photos, each without a patch and with each of them. *Density*: % of photos with a window, as large as "
        f"the patch fills, of whose positions more than {ALERT_SHARE:.0%} hold one of the top SINs, by top-ranking rate. "
        f"*Occlusion rule*: % of photos with an alert. On the photos without a patch both are false alerts. *Success*: % of "
        f"photos on which the patch does what it is for to the undefended model; *unseen*: to the pruned model, with the "
        f"occlusion rule silent."
    ]
    for found in detections:
        rates = tuple(f"density, top {rate:.0%}" for rate in DENSITY_RATES)
        rows = []
        for copy, name in enumerate(("no patch", *found.patches)):
            rows.append(
                (
                    name,
                    f"{found.alphas[copy - 1]:g}" if copy else "",
                    *(f"{100 * found.by_density(copy, rate).value:.1f}" for rate in range(len(DENSITY_RATES))),
                    _share(found.by_occlusion(copy)),
                    _share(found.success(copy - 1)) if copy else "",
                    _share(found.unseen(copy - 1)) if copy else "",
                )
            )
        parts += [
            f"**{found.look.name}**",
            _table(("patch", "alpha", *rates, "occlusion rule", "success", "unseen"), rows),
        ]
    return [*parts, "![Alerts against alpha](detection.png)"]


def _deep(study: Study, deep: Sequence[DeepAgainstSuperficial]) -> list[str]:
    intro = (
        f"*Gain*: the share of a map's importance that lies in the patch's box, over the box's {deep[0].area:.2%} of the "
        f"photo; on benign photos, the box where the patch will be. *Peak*: % of photos whose most important cell touches "
        f"the box. *Localised*: the largest share of the importance in any box of that size; *separation*: how often it is "
        f"larger in a patched copy than in a benign photo (50 % is a coin). Times are medians of one map each."
    )
    rows = []
    shown: list[tuple[DeepAgainstSuperficial, int, str]] = [
        (found, 0, f"superficial, {found.look.name}") for found in deep
    ]
    if study.deep is not None:
        shown.append((deep[0], MAPS.index("deep"), "class activation map"))
    for found, which, name in shown:
        benign, patched = range(len(COPIES))
        rows.append(
            (
                name,
                f"{found.gain(which, benign):.2f}",
                f"{found.gain(which, patched):.2f}",
                _share(found.peaks(which, benign)),
                _share(found.peaks(which, patched)),
                f"{found.localised[:, which, benign].mean():.3f}",
                f"{found.localised[:, which, patched].mean():.3f}",
                f"{100 * found.separation(which):.1f} %",
                f"{np.median(found.milliseconds[:, which]):.1f}",
            )
        )
    heads = ("map", "gain, benign", "gain, patched", "peak, benign", "peak, patched", "localised, benign")
    table = _table((*heads, "localised, patched", "separation", "ms"), rows)
    missing = [study.no_deep] if study.no_deep else []
    return [intro, *missing, table, "![Maps of one photo](deep-importance.png)"]


def _share(share: Share) -> str:
    return f"{share} of {share.images}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
