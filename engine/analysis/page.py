"""The page of evidence: every number with the photos it comes from, as Markdown and as HTML."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from engine.analysis.copies import Choice
from engine.analysis.detection import ALERT_SHARE, Detection
from engine.analysis.gather import Evidence
from engine.analysis.page_tables import (
    curve_table,
    deep_table,
    detection_table,
    distribution_table,
    stability_table,
)
from engine.analysis.study import Study
from engine.clusters import CLUSTERED_SINS

__all__ = ["Run", "as_html", "as_markdown"]

_CURVE = """\
Mean superficial importance of the patched copies over that of the benign photos: of the SINs, and of the
neurons below the top-k cut. *Copies with more*: % of photos whose patched copy has SINs of higher mean
importance."""

_DISTRIBUTION = """\
Of the top {sins} SINs of each photo: the number of MeanShift clusters, s_c (Eq. 5) averaged over their SINs,
and the spread (Eq. 5) of all of them however they cluster. The difference is patched minus benign, photo by
photo, with its 95 % interval; *separation* is how often a patched copy has less than a benign photo (50 % is a
coin)."""

_STABILITY = """\
Photos whose prediction stays when the window with the most SINs is moved out, in % with 95 % Wilson intervals:
of the benign photos predicted correctly, of all patched copies, and of those that the patch fooled. *Comes
back*: fooled copies that then get their photo's class. *Found*: copies whose window hides at least half of the
patch. The pruned model loses the window as in the sweep, the full model loses the window alone."""

_DETECTION = """\
{swept} photos, each without a patch and with each of the patches, in %. *Density*: alert where, in some window
as large as the patch fills, more than {share:.0%} of the positions hold one of the top SINs, by top-ranking
rate (of SINs that tie for the last places, those in the most important cells). *Occlusion rule*: alert, or
undecided. Without a patch both are false alerts. *Success*: the patch does what it is for to the undefended
model, on photos that are not of its target anyway; *unseen*: to the pruned model, with the occlusion rule
silent."""

_DEEP = """\
*Gain*: the share of a map's importance that lies in the patch's box, over the box's {area:.2%} of the photo; on
benign photos, the box where the patch will be. *Peak*: % of photos whose most important cell touches the box.
*Localised*: the largest share of the importance in any box of that size; *separation*: how often it is larger
in a patched copy than in a benign photo (50 % is a coin). The time is the median of one map, in this run; the
class activation map takes a pass through the whole network, the superficial map one through its head."""

_STYLE = """\
body { font: 15px/1.5 sans-serif; color: #1A1A1A; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto }
th, td { border-bottom: 1px solid #D9D9D9; padding: .25rem .6rem; text-align: left }
img { max-width: 100% }
"""


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
        f"    {run.command}",
        "\n".join(f"- {fact}" for fact in _facts(study, run)),
        "## Importance curve",
        _CURVE,
        curve_table(evidence.curves),
        "![Sorted superficial importance](importance-curve.png)",
        "## SIN distribution",
        _DISTRIBUTION.format(sins=CLUSTERED_SINS),
        distribution_table(evidence.distributions),
        "![Clusters of the top SINs](sin-distribution.png)",
        "## Prediction stability",
        _STABILITY,
        stability_table(evidence.stabilities),
        "![Predictions that stay](prediction-stability.png)",
        "## Detection under adaptive attack",
        *_detections(evidence.detections, run),
        "## Deep against superficial importance",
        _DEEP.format(area=study.threat.share),
        *([study.no_deep] if study.deep is None else []),
        deep_table(evidence.deep, study.deep is not None),
        "![Maps of one photo](deep-importance.png)",
    ]
    if run.choice.left_out:
        names = ", ".join(photo.path.name for photo in run.choice.left_out)
        parts += ["## Photos left out", f"A patch was trained on these {len(run.choice.left_out)}: {names}."]
    return "\n\n".join(parts) + "\n"


def as_html(markdown: str) -> str:
    """The page as one HTML document; its figures are the files beside it."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    title = html.escape(markdown.partition("\n")[0].lstrip("# "))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _facts(study: Study, run: Run) -> list[str]:
    classifier, settings, threat = study.inspector.classifier, study.settings, study.threat
    choice, patch = run.choice, study.patch
    target = "any wrong label" if patch.target is None else f"label {patch.target}, {classifier.labels[patch.target]}"
    if patch.trained_on is None:
        known = "No file beside the patch says which photos it was trained on."
    else:
        known = f"{len(choice.left_out)} photos were left out, on which a patch was trained (by sha256)."
    named = all(photo.label is not None for photo in choice.photos)
    tau = "" if settings.rule == "consistency" else f" (tau {settings.tau:g})"
    facts = [
        f"{run.measured} photos and a patched copy of each, {run.swept} of them for detection; {choice.found} images "
        f"in the folder. {known}",
        f"The class of a photo is what its name says{'' if named else ', or else what the full model says'}.",
        f"{classifier.name}, weights {classifier.weights_sha256[:12]}, input {threat.input_height} x "
        f"{threat.input_width} px.",
        f"Patch {patch.patch.name}, {threat.height} x {threat.width} px ({threat.share:.2%} of the input), meant for "
        f"{target}, at a place drawn at random (seed {settings.seed}), borders included.",
        f"Selection {settings.selection}, alert rule {settings.rule}{tau}; contrast with neutral fill, activation "
        f"with zero fill.",
    ]
    for layer, ready in study.prepared.items():
        shape = " x ".join(map(str, ready.cut.shapes[0]))
        facts.append(
            f"Layer {layer}: {ready.cut.layer}, {shape} neurons, {ready.share:.0%} of them SINs, {len(ready.family)} "
            f"windows of {ready.family.side} cells; moved out: {ready.side} cells; on {ready.backend.name}."
        )
    if run.unreadable:
        facts.append(f"Not readable: {', '.join(run.unreadable)}.")
    return facts


def _detections(detections: Sequence[Detection], run: Run) -> list[str]:
    if not detections:
        return ["Not measured: no photo was put before the detectors."]
    parts = [_DETECTION.format(swept=run.swept, share=ALERT_SHARE)]
    for found in detections:
        parts += [f"**{found.look.name}**", detection_table(found)]
    return [*parts, "![Alerts against alpha](detection.png)"]
