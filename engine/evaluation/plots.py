"""Plots of an evaluation, as the bytes of PNG files."""

import io
import itertools
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engine.evaluation.summary import Line

__all__ = ["accuracy_plot", "cost_plot"]

_CLEAN, _CERTIFIED, _INTERVAL = "#a9c0d4", "#1f5f99", "#e07b00"
_PUBLISHED = "#222222"
_DPI = 110


def accuracy_plot(
    lines: Sequence[Line],
    names: Sequence[str] | None = None,
    published: Sequence[tuple[float | None, float | None]] = (),
    measures: Mapping[str, str] | None = None,
) -> bytes:
    """Clean and certified accuracy of each defense, with 95 % Wilson intervals.

    Parameters
    ----------
    lines : sequence of Line
    names : sequence of str, optional
        Other names for them than the defenses'.
    published : sequence of (clean, certified)
        What was published for each, in %; ``None`` where nothing was.
    measures : mapping of str to str, optional
        What the measures are called, where not by their names.
    """
    names_of = measures or {}
    figure = Figure(figsize=(8, 1.6 + 0.55 * len(lines)), layout="constrained")
    axes = figure.add_subplot()
    for offset, metric, colour in ((-0.18, "clean", _CLEAN), (0.18, "certified", _CERTIFIED)):
        shares = [line.shares[metric] for line in lines]
        values = [100 * share.value for share in shares]
        low = [100 * (share.value - share.interval[0]) for share in shares]
        high = [100 * (share.interval[1] - share.value) for share in shares]
        places = [index + offset for index in range(len(lines))]
        spread = [[max(0.0, end) for end in ends] for ends in (low, high)]
        axes.barh(
            places,
            values,
            height=0.34,
            color=colour,
            label=names_of.get(metric, metric),
            xerr=spread,
            ecolor=_INTERVAL,
            capsize=2,
        )
    marks = [
        (value, index + offset)
        for index, pair in enumerate(published)
        for value, offset in zip(pair, (-0.18, 0.18), strict=True)
        if value is not None
    ]
    if marks:
        axes.plot(*zip(*marks, strict=True), "d", color=_PUBLISHED, markersize=6, label="published")
    axes.set_yticks(range(len(lines)), names or [line.defense for line in lines])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of photos, %")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    _plain(axes)
    return _png(figure)


def cost_plot(lines: Sequence[Line]) -> bytes:
    """Certified accuracy against the forward passes that answer and certificate take."""
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.add_subplot()
    markers = itertools.cycle("os^Dvp*X<>")
    for line in lines:
        x, y = max(1.0, line.passes), 100 * line.shares["certified"].value
        axes.plot(x, y, next(markers), label=line.defense, markersize=9, alpha=0.75)
    axes.set_xscale("log")
    axes.set_ylim(-3, 103)
    axes.set_xlabel("forward passes a photo")
    axes.set_ylabel("certified, % of photos")
    axes.margins(x=0.25)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    _plain(axes)
    return _png(figure)


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _png(figure: Figure) -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=_DPI)
    return content.getvalue()
