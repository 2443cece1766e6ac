"""The window grid: which windows agree with the base prediction, and where."""

from collections.abc import Mapping

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from engine.figure.agreement import Agreement, State, tile_edges
from engine.figure.marks import HALO, cells_path, legend, paled, true_size
from engine.figure.sheet import AGREES, DIFFERS, EDGE, INK, PAPER, Sheet, Slot
from engine.pipeline import Inspection

__all__ = ["windows_panel"]

Array = NDArray[np.float64]

TILES_MARKED = 144  # above it, and below TILE_INCHES, tiles are too small for a mark each
TILE_INCHES = 0.13
POINTS_SHOWN = 200  # so few among many tiles would be overlooked without a point each

_STATE_COLOURS = {
    State.MISSING: "#BFBFBF",
    State.AGREES: AGREES,
    State.TIMID: AGREES,
    State.DIFFERS: DIFFERS,
    State.FIRES: DIFFERS,
}
_STATE_ALPHAS = {State.MISSING: 0.55, State.AGREES: 0.45, State.TIMID: 0.45, State.DIFFERS: 0.25, State.FIRES: 0.55}
_STATE_HATCHES = {
    State.MISSING: "",
    State.AGREES: "",
    State.TIMID: "xxxx",
    State.DIFFERS: "....",
    State.FIRES: "////",
}
_STATE_NAMES = {
    State.MISSING: "not computed",
    State.AGREES: "same label",
    State.TIMID: "same, but unsure: alert",
    State.DIFFERS: "another, below tau",
    State.FIRES: "another label",
}
_STATE_POINTS = {State.TIMID: "X", State.DIFFERS: "o", State.FIRES: "D"}
_OTHERS = (State.DIFFERS, State.FIRES)


def windows_panel(
    sheet: Sheet, slot: Slot, inspection: Inspection, agreement: Agreement, numbers: Mapping[int, int]
) -> None:
    """One tile a window; those that differ from the base label coloured, hatched and numbered as in the list.

    Families too dense for a mark on every tile are drawn as an image of tiles.
    """
    family, boxes = inspection.family, inspection.family.boxes_px
    high, wide = family.least_px
    sheet.heading(
        slot,
        "d",
        _title(agreement, len(family)),
        f"tiles at the windows' centres; each hides {high} × {wide} px or more",
    )
    axes = sheet.photo_axes(slot, "windows", paled(inspection.view))
    across, down = tile_edges(family.columns), tile_edges(family.rows)
    height, width = inspection.view.shape[:2]
    smallest = min(np.diff(across).min() * slot.width / width, np.diff(down).min() * slot.height / height)
    is_dense = len(family) > TILES_MARKED or smallest < TILE_INCHES
    table = np.array([to_rgba(_STATE_COLOURS[state], _STATE_ALPHAS[state]) for state in State])
    grid = {"edgecolors": "none"} if is_dense else {"edgecolors": PAPER, "linewidth": 0.8}
    axes.pcolormesh(across, down, table[agreement.state], **grid).set_gid("tiles")
    handles: list[Artist] = []
    for state in (State.AGREES, State.TIMID, State.DIFFERS, State.FIRES, State.MISSING):
        chosen = agreement.state == state
        if not chosen.any():
            continue
        label = f"{_STATE_NAMES[state]} ({int(chosen.sum()):,})"
        if _STATE_HATCHES[state]:
            _hatch(axes, cells_path(chosen, across, down), state)
        if is_dense and state in _STATE_POINTS and chosen.sum() <= POINTS_SHOWN:
            handles.append(_points(axes, chosen, across, down, _STATE_POINTS[state], label))
        else:
            handles.append(_swatch(state, label))
    if not is_dense:
        _mark_tiles(axes, across, down, agreement, numbers)
    handles.append(true_size(axes, boxes[_shown_window(agreement)], "one window's true size"))
    legend(sheet, slot, axes, handles)


def _title(agreement: Agreement, total: int) -> str:
    done = total - agreement.count(State.MISSING)
    if not done:
        return "Windows: none computed"
    return f"Windows: {agreement.count(*_OTHERS):,} of {done:,}{' computed' * (done < total)} differ"


def _hatch(axes: Axes, region: Path, state: State) -> None:
    patch = PathPatch(region, facecolor="none", edgecolor=DIFFERS, linewidth=0, hatch=_STATE_HATCHES[state])
    patch.set_gid(f"hatch-{state.name.lower()}")
    axes.add_patch(patch)


def _points(axes: Axes, chosen: NDArray[np.bool_], across: Array, down: Array, marker: str, label: str) -> Line2D:
    """A point on each chosen tile; gives a legend's entry."""
    rows, columns = np.nonzero(chosen)
    (points,) = axes.plot(
        _middles(across)[columns],
        _middles(down)[rows],
        marker,
        color=DIFFERS,
        markersize=4,
        markeredgecolor=PAPER,
        markeredgewidth=0.5,
        label=label,
    )
    return points


def _mark_tiles(axes: Axes, across: Array, down: Array, agreement: Agreement, numbers: Mapping[int, int]) -> None:
    """A dot where a window agrees, the number of its label in the list of labels where it does not."""
    middle_across, middle_down = _middles(across), _middles(down)
    rows, columns = np.nonzero(np.isin(agreement.state, (State.AGREES, State.TIMID)))
    axes.plot(
        middle_across[columns], middle_down[rows], "o", color=AGREES, markersize=3.5, markeredgecolor=PAPER, zorder=3
    )
    for row, column in np.argwhere(np.isin(agreement.state, (State.DIFFERS, State.FIRES))):
        axes.text(
            middle_across[column],
            middle_down[row],
            str(numbers.get(int(agreement.label[row, column]), "+")),
            fontsize=9 if agreement.label.size <= 64 else 7,
            weight="bold",
            ha="center",
            va="center_baseline",
            color=INK,
            path_effects=HALO,
        )


def _middles(edges: Array) -> Array:
    return np.asarray((edges[:-1] + edges[1:]) / 2)


def _shown_window(agreement: Agreement) -> int:
    """The window whose true size is drawn: the middle one of those that differ, else of all."""
    found = np.flatnonzero(np.isin(agreement.state.ravel(), (State.DIFFERS, State.FIRES)))
    rows, columns = agreement.state.shape
    return int(found[len(found) // 2]) if len(found) else (rows // 2) * columns + columns // 2


def _swatch(state: State, label: str) -> Patch:
    """A tile of a state, for a legend."""
    hatch = _STATE_HATCHES[state]
    return Patch(
        facecolor=to_rgba(_STATE_COLOURS[state], _STATE_ALPHAS[state]),
        edgecolor=DIFFERS if hatch else EDGE,
        linewidth=0.6,
        hatch=hatch,
        label=label,
    )
