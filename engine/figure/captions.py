"""The words around the panels: the verdict and its scope above, the settings below."""

from matplotlib.patches import FancyBboxPatch

from engine.figure.lettering import Lettering
from engine.figure.marks import label_name, percent, plural
from engine.figure.sheet import INK, LEFT, MUTED, RIGHT, Sheet
from engine.pipeline import Inspection
from engine.verdict import Verdict

__all__ = ["DOT", "WORDS", "Header", "settings_line"]

DOT = " · "
# What the word is drawn with: ground, text, sign, edge.
WORDS = {
    "certified": ("Certified", "#0072B2", "white", "\u2714", "solid"),
    "consistent": ("Consistent, not certified", "#56B4E9", "black", "\u2248", (0, (5, 2))),
    "alert": ("Alert", "#D55E00", "black", "\u26a0", "solid"),
    "undecided": ("Undecided", "#7F7F7F", "black", "?", (0, (1, 1.5))),
}


class Header:
    """Title, verdict, base prediction and scope.

    Parameters
    ----------
    inspection : Inspection
    verdict : Verdict
    title : str
    pasted : bool
        Whether a patch was pasted into the photo.
    lettering : Lettering

    Attributes
    ----------
    height : float
        In inches, known before it is drawn.
    """

    def __init__(
        self, inspection: Inspection, verdict: Verdict, title: str, pasted: bool, lettering: Lettering
    ) -> None:
        room = RIGHT - LEFT
        self.word, self.ground, self.ink, sign, self.edge = WORDS[verdict.word]
        self.is_double = verdict.word == "alert"
        self.badge = f"{sign}  {self.word}"
        self.badge_width = lettering.width(self.badge, 14, "bold") + 0.36
        # The system's fonts for other scripts have no bold as a rule, and half a title in bold is none.
        self.weight = "bold" if len(lettering.families(lettering.clean(title))) == 1 else "normal"
        self.title = lettering.elide(title, room, 12, self.weight, middle=True)
        self.reason = lettering.wrap(verdict.reason, room - self.badge_width - 0.25, 12)
        self.base = lettering.wrap(_base_line(inspection, verdict), room, 9.5, lines=3, joint=DOT)
        self.scope = lettering.wrap(_scope_line(inspection, pasted), room, 9.5)
        self.height = 1.2 + 0.2 * len(self.base + self.scope)

    def draw(self, sheet: Sheet) -> None:
        """Put it at the top of a sheet."""
        sheet.text(LEFT, 0.28, self.title, 12, weight=self.weight)
        top, tall = 0.6, 0.42
        for inset in (0.0, 0.05) if self.is_double else (0.0,):
            sheet.figure.add_artist(
                FancyBboxPatch(
                    (LEFT + inset, sheet.height - top - tall + inset),
                    self.badge_width - 2 * inset,
                    tall - 2 * inset,
                    boxstyle=f"round,pad=0,rounding_size={0.09 - inset}",
                    transform=sheet.figure.dpi_scale_trans,
                    facecolor=self.ground,
                    edgecolor=INK,
                    linewidth=1.2,
                    linestyle=self.edge,
                )
            )
        middle = top + tall / 2
        sheet.text(
            LEFT + self.badge_width / 2,
            middle,
            self.badge,
            14,
            weight="bold",
            ha="center",
            va="center",
            color=self.ink,
            gid="verdict",
        )
        for index, line in enumerate(self.reason):
            offset = 0.21 * (index - (len(self.reason) - 1) / 2)
            sheet.text(LEFT + self.badge_width + 0.2, middle + offset, line, 12, va="center")
        for index, line in enumerate(self.base + self.scope):
            ink = INK if index < len(self.base) else MUTED
            sheet.text(LEFT, 1.18 + 0.2 * index, line, 9.5, color=ink)


def _base_line(inspection: Inspection, verdict: Verdict) -> str:
    sweep = inspection.sweep
    parts = []
    for who, row, predictions in (
        ("Base prediction", sweep and sweep.base, verdict.base),
        ("unpruned model", sweep and sweep.full, verdict.full),
    ):
        said = "not computed"
        if row is not None:
            name = label_name(inspection, int(predictions.label[0]))
            said = f"{name}, {percent(float(predictions.confidence[0]), 1)}"
        parts.append(f"{who}: {said}")
    if verdict.certificate.label_given:
        parts.append(f"certificate asked for: {label_name(inspection, verdict.certificate.label)}")
    return DOT.join(parts)


def _scope_line(inspection: Inspection, pasted: bool) -> str:
    threat = inspection.threat
    return (
        f"For one patch of {threat.height} × {threat.width} px ({percent(threat.share, 2)}) anywhere, "
        f"on {inspection.classifier.title}, layer {inspection.cut.layer}, if this image was clean"
        + ("; here a patch was pasted into it." if pasted else ".")
    )


def settings_line(inspection: Inspection, verdict: Verdict) -> str:
    """Settings, backend and weights, for the foot."""
    settings, family = inspection.settings, inspection.family
    rule = verdict.rule if verdict.rule == "consistency" else f"{verdict.rule} (tau {verdict.tau:.4g})"
    stride = f", stride {settings.stride}" if settings.stride else ""
    parts = (
        f"rate {100 * (settings.top or 0):.4g} %",
        f"k = {inspection.count:,} of {inspection.superficial.neurons:,}",
        f"{plural(len(family), 'window')} of {family.side} × {family.side} cells{stride}",
        f"selection {verdict.selection}",
        f"importance {settings.importance}",
        f"fill {settings.fill}",
        f"rule {rule}",
        f"backend {inspection.backend_name} {inspection.computation.precision}",
        f"weights sha256 {inspection.classifier.weights_sha256[:8]}",
    )
    return DOT.join(parts)
