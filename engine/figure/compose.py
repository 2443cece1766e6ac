"""The whole picture: verdict on top, six panels, the settings at the foot."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib import style
from matplotlib.figure import Figure

from engine.figure.agreement import read_agreement
from engine.figure.captions import DOT, Header, settings_line
from engine.figure.labels_panel import label_numbers, labels_panel
from engine.figure.lettering import Lettering
from engine.figure.location_panel import locations_panel
from engine.figure.photo_panels import importance_panel, photo_panel, sins_panel
from engine.figure.sheet import DPI, LEFT, MUTED, RIGHT, WIDTH, Sheet, Slot
from engine.figure.window_panel import windows_panel
from engine.pipeline import Inspection
from engine.placement import PlacedPatch
from engine.verdict import Verdict

__all__ = ["build_figure", "figure_png"]

# All in inches.
_PANEL, _PITCH = 3.4, 3.85
_ABOVE, _BELOW = 0.55, 0.8  # a panel's heading; its ticks, colour bar and legend
_LOWEST, _HIGHEST = 1.9, 4.6  # room for the list of labels; a tall photo's panel
_FOOT = 7.5  # points

_STYLE = {"text.parse_math": False, "hatch.linewidth": 0.7}


def figure_png(inspection: Inspection, *, title: str, placed: PlacedPatch | None = None) -> bytes:
    """One picture of an inspection as a PNG, 1800 px wide at 150 dpi.

    Parameters
    ----------
    inspection : Inspection
        The last one of an inspection, with its verdict.
    title : str
        The photo's name.
    placed : PlacedPatch, optional
        The patch in the photo, to be outlined.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the inspection has not come to its verdict.
    """
    with _own_style():
        figure = build_figure(inspection, title=title, placed=placed)
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=DPI, metadata={"Software": "SINscope"})
    return content.getvalue()


def build_figure(inspection: Inspection, *, title: str, placed: PlacedPatch | None = None) -> Figure:
    """The picture that :func:`figure_png` draws; parameters and errors as there."""
    if inspection.verdict is None:
        raise ValueError(f"The inspection is at its stage {inspection.stage!r}; a figure shows the verdict.")
    with _own_style():
        return _compose(inspection, inspection.verdict, title, placed)


@contextmanager
def _own_style() -> Iterator[None]:
    """The same look whatever the user's matplotlibrc says; ``$`` in names is a dollar."""
    with style.context(["default", _STYLE]):
        yield


def _compose(inspection: Inspection, verdict: Verdict, title: str, placed: PlacedPatch | None) -> Figure:
    classifier = inspection.classifier
    lettering = Lettering("".join((title, classifier.name, inspection.cut.layer, *classifier.labels)), DPI)
    header = Header(inspection, verdict, title, placed is not None, lettering)
    footer = lettering.wrap(settings_line(inspection, verdict), RIGHT - LEFT, _FOOT, lines=3, joint=DOT)
    height, width = inspection.view.shape[:2]
    scale = min(_PANEL / width, _HIGHEST / height)
    upper, lower = header.height + _ABOVE, header.height + 2 * _ABOVE + scale * height + _BELOW
    foot = lower + max(scale * height, _LOWEST) + _BELOW
    sheet = Sheet(WIDTH, foot + 0.15 * len(footer) + 0.3, lettering)

    def slot(top: float, column: int) -> Slot:
        return Slot(LEFT + column * _PITCH, top, scale * width, scale * height, _PANEL)

    header.draw(sheet)
    photo_panel(sheet, slot(upper, 0), inspection.view, placed)
    importance_panel(sheet, slot(upper, 1), inspection, placed)
    sins_panel(sheet, slot(upper, 2), inspection, placed)
    agreement = read_agreement(inspection, verdict)
    listing = Slot(LEFT + _PITCH, lower, _PANEL, foot - lower - 0.15, _PANEL)
    numbers = label_numbers(agreement, listing)
    windows_panel(sheet, slot(lower, 0), inspection, agreement, numbers)
    labels_panel(sheet, listing, inspection, verdict, agreement, numbers)
    locations_panel(sheet, slot(lower, 2), inspection, verdict)
    for index, line in enumerate(footer):
        sheet.text(LEFT, foot + 0.1 + 0.15 * index, line, _FOOT, color=MUTED)
    return sheet.figure
