"""What the analyses' figures share: style, colours, and a grid with a panel for each look."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from engine.analysis.look import Look
from engine.figure.sheet import AGREES, DIFFERS, DPI, EDGE, INK, MUTED, PAPER, SMALL, TINY

__all__ = ["BENIGN", "PATCHED", "look_grid", "new_figure", "own_style", "panel", "png", "title"]

BENIGN, PATCHED = AGREES, DIFFERS
_STYLE = {"text.parse_math": False, "axes.spines.top": False, "axes.spines.right": False, "font.size": SMALL}


@contextmanager
def own_style() -> Iterator[None]:
    """The same look whatever the user's matplotlibrc says."""
    with style.context(["default", _STYLE]):
        yield


def png(build: Callable[[], Figure]) -> bytes:
    """A figure as the bytes of a PNG file."""
    with own_style():
        content = io.BytesIO()
        build().savefig(content, format="png", dpi=DPI, metadata={"Software": "SINscope"})
    return content.getvalue()


def new_figure(width: float, height: float) -> Figure:
    """A figure of a size in inches that lays out its panels itself."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def look_grid(looks: Sequence[Look], text: str, side: tuple[float, float] = (3.4, 2.4)) -> tuple[Figure, list[Axes]]:
    """A titled figure with a panel for each look: a row for each definition, a column for each layer."""
    layers = list(dict.fromkeys(look.layer for look in looks))
    definitions = list(dict.fromkeys(look.importance for look in looks))
    rows, columns = len(definitions), len(layers)
    figure = new_figure(max(6.5, side[0] * columns), 0.6 + side[1] * rows)
    title(figure, text)
    axes = figure.subplots(rows, columns, squeeze=False)
    placed = [axes[definitions.index(look.importance)][layers.index(look.layer)] for look in looks]
    for look, each in zip(looks, placed, strict=True):
        panel(each, look.name)
    return figure, placed


def panel(axes: Axes, heading: str) -> None:
    """A panel's heading, and ticks that stay in the background."""
    axes.set_title(heading, fontsize=SMALL + 0.5, color=INK, loc="left")
    axes.tick_params(labelsize=TINY, length=2.5, width=0.6, color=EDGE, labelcolor=MUTED)
    for spine in axes.spines.values():
        spine.set(color=EDGE, linewidth=0.6)


def title(figure: Figure, text: str) -> None:
    """The figure's title."""
    figure.suptitle(text, fontsize=SMALL + 2, color=INK, x=0.01, ha="left")
