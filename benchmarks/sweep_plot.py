"""The plot of a benchmark of the sweep, as the bytes of a PNG file."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["sweep_plot"]

_FLOOR = "floor"
_COLOURS = {"(a)": "#9a9a9a", "(b)": "#e07b00", "(c)": "#1f5f99", _FLOOR: "#2a9d5c"}


def sweep_plot(rows: Sequence[Mapping[str, Any]], floors: Sequence[Mapping[str, Any]]) -> bytes:
    """Milliseconds a photo against the windows, a panel a model, and against input size and photos for the first."""
    ways = [row for row in rows if row["way"].startswith("(")]
    ways += [{**floor, "way": _FLOOR, "ms": floor["floor_ms"]} for floor in floors]
    models = list(dict.fromkeys(row["model"] for row in ways))
    own = {model: next(row["size"] for row in ways if row["model"] == model) for model in models}
    first = models[0]
    usual = [row["windows"] for row in ways if row["size"] != own[first] or row["photos"] > 1]
    panels = [
        (
            f"{model}, {own[model]} px",
            "windows",
            [row for row in ways if row["model"] == model and row["size"] == own[model] and row["photos"] == 1],
        )
        for model in models
    ]
    if usual:
        alike = [row for row in ways if row["model"] == first and row["windows"] == usual[0]]
        panels.append((f"{first}, {usual[0]} windows", "size", [row for row in alike if row["photos"] == 1]))
        panels.append((f"{first}, {usual[0]} windows", "photos", [row for row in alike if row["size"] == own[first]]))
    figure = Figure(figsize=(4.2 * len(panels), 4.2), layout="constrained")
    for index, (title, along, points) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), index + 1)
        _lines(axes, along, points)
        axes.set_title(title, fontsize=9)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return out.getvalue()


def _lines(axes: Axes, along: str, points: Sequence[Mapping[str, Any]]) -> None:
    for way in dict.fromkeys(point["way"] for point in points):
        own = sorted((point[along], point["ms"]) for point in points if point["way"] == way)
        dashes = "--" if way in (_FLOOR, "(c) torch") else "-"
        colour = _COLOURS[_FLOOR if way == _FLOOR else way[:3]]
        axes.plot(*zip(*own, strict=True), dashes, marker="o", color=colour, label=way)
    if along != "photos":
        axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel({"windows": "windows", "size": "input size, px", "photos": "photos"}[along])
    axes.set_ylabel("ms a photo")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
