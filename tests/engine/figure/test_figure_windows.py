"""The window grid and the list of labels."""

from dataclasses import replace

import numpy as np
import pytest
from figures import KNOBS, NAMES, axes_of, blocks, by_gid, labels_of, texts_of, tile_centres
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from toys import inspect

from engine.figure import build_figure
from engine.figure.agreement import read_agreement, tile_edges
from engine.figure.marks import cells_path
from engine.figure.sheet import AGREES, DIFFERS
from engine.pipeline import Inspection, Inspector
from engine.windows import AxisWindow


@pytest.mark.parametrize("name", ["alert", "dense", "stopped", "certified"])
def test_windows_that_differ_are_coloured_and_hatched(request: pytest.FixtureRequest, name: str) -> None:
    found: Inspection = request.getfixturevalue(name)
    axes = axes_of(build_figure(found, title="x"), "windows")
    labels, base = labels_of(found), int(found.verdict.base.label[0])
    (tiles,) = by_gid(axes, "tiles")
    colours = np.asarray(tiles.get_array()).reshape(-1, 4)[:, :3]
    differs, agrees = (labels != base) & (labels != -2), labels == base
    assert np.allclose(colours[differs], to_rgba(DIFFERS)[:3])
    assert np.allclose(colours[agrees], to_rgba(AGREES)[:3])
    missing = colours[labels == -2]
    assert np.array_equal(missing, missing[:, :1].repeat(3, axis=1))  # grey
    hatched = by_gid(axes, "hatch-fires")
    assert len(hatched) == bool(differs.any())
    if differs.any():
        assert hatched[0].get_hatch()
        assert np.array_equal(hatched[0].get_path().contains_points(tile_centres(found)), differs)


def test_differing_labels_are_numbered_and_named(alert: Inspection) -> None:
    figure = build_figure(alert, title="x")
    base = int(alert.verdict.base.label[0])
    labels = labels_of(alert)
    others, counts = np.unique(labels[labels != base], return_counts=True)
    numbers = {label: str(rank + 1) for rank, label in enumerate(others[np.argsort(-counts, kind="stable")])}
    marks = {text.get_position(): text.get_text() for text in axes_of(figure, "windows").texts}
    expected = {
        tuple(centre): numbers[label]
        for centre, label in zip(tile_centres(alert), labels, strict=True)
        if label != base
    }
    assert marks == expected
    listed = [text.get_text() for text in axes_of(figure, "labels").texts]
    for label, number in numbers.items():
        assert listed[listed.index(number) + 1] == NAMES[label]
    assert listed[listed.index("base") + 1] == NAMES[base]
    assert f"Windows: {counts.sum()} of 24 differ" in texts_of(figure)


def test_labels_beyond_the_list_are_counted(alert: Inspection) -> None:
    spread = replace(alert.verdict.windows, label=np.arange(24) % 12)
    verdict = replace(alert.verdict, windows=spread, firing=spread.label != alert.verdict.base.label[0])
    figure = build_figure(replace(alert, verdict=verdict), title="x")
    listed = [text.get_text() for text in axes_of(figure, "labels").texts]
    shown = [text for text in listed if text.isdigit() and listed[listed.index(text) + 1] in NAMES]
    (more,) = (text for text in listed if "more label" in text)
    assert more == f"and {11 - len(shown)} more labels in {2 * (11 - len(shown))} windows (+)"
    marks = [text.get_text() for text in axes_of(figure, "windows").texts]
    assert marks.count("+") == 2 * (11 - len(shown))
    assert set(marks) == {*shown, "+"}


def test_below_tau_is_told_from_firing(inspector: Inspector, alert: Inspection) -> None:
    base = int(alert.verdict.base.label[0])
    sure = alert.verdict.windows.confidence[alert.verdict.windows.label != base]
    tau = float((sure.min() + sure.max()) / 2)
    found = inspect(inspector, blocks(1), **KNOBS, rule="confident", tau=tau)
    axes = axes_of(build_figure(found, title="x"), "windows")
    (fires,), (differs,) = by_gid(axes, "hatch-fires"), by_gid(axes, "hatch-differs")
    assert fires.get_hatch() != differs.get_hatch()
    centres = tile_centres(found)
    assert np.array_equal(fires.get_path().contains_points(centres), found.verdict.firing)
    assert differs.get_path().contains_points(centres).sum() == len(sure) - found.verdict.firing.sum()
    entries = [text.get_text() for text in axes.get_legend().get_texts()]
    assert f"another label ({found.verdict.firing.sum()})" in entries


def test_an_unsure_window_that_agrees_is_marked(inspector: Inspector) -> None:
    calm = inspect(inspector, blocks(0), **KNOBS)
    tau = float(calm.verdict.windows.confidence.min()) + 1e-4
    found = inspect(inspector, blocks(0), **KNOBS, rule="hicert", tau=tau)
    assert found.verdict.firing.sum() == 1
    (timid,) = by_gid(axes_of(build_figure(found, title="x"), "windows"), "hatch-timid")
    assert np.array_equal(timid.get_path().contains_points(tile_centres(found)), found.verdict.firing)


def test_a_dense_family_takes_few_artists(dense: Inspection, stopped: Inspection, alert: Inspection) -> None:
    sparse = len(build_figure(alert, title="x").findobj())
    for found in (dense, stopped):
        assert len(found.family) > 400
        figure = build_figure(found, title="x")
        assert len(axes_of(figure, "windows").get_children()) < 30
        assert len(figure.findobj()) < sparse + 50
        (tiles,) = by_gid(axes_of(figure, "windows"), "tiles")
        assert tiles.get_array().shape[:2] == (len(found.family.rows), len(found.family.columns))
    assert f"Windows: 0 of {stopped.sweep.done.sum()} computed differ" in texts_of(figure)


def test_agreement_by_hand(alert: Inspection, stopped: Inspection) -> None:
    agreement = read_agreement(alert, alert.verdict)
    assert agreement.label.shape == (len(alert.family.rows), len(alert.family.columns))
    assert sum(vote.windows for vote in agreement.votes) == 24
    assert agreement.votes[0].label == agreement.base
    assert (read_agreement(stopped, stopped.verdict).label == -2).sum() == (~stopped.sweep.done).sum()


def test_tile_edges_by_hand() -> None:
    def windows(*spans: tuple[int, int]) -> tuple[AxisWindow, ...]:
        return tuple(AxisWindow((span,), span) for span in spans)

    assert tile_edges(windows((3, 11))).tolist() == [3, 11]
    # Centres 4, 12, 18: the tiles meet at 8 and 15, and reach as far out: 0 and 21.
    assert tile_edges(windows((0, 8), (8, 16), (14, 22))).tolist() == [0, 8, 15, 21]
    # Centres 8 and 9 meet at 8.5; half a pixel outwards would be nothing, so that it is a quarter of 16.
    assert tile_edges(windows((0, 16), (1, 17))).tolist() == [4, 8.5, 13]


@given(
    chosen=st.integers(1, 6).flatmap(
        lambda columns: st.lists(st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=1, max_size=6)
    )
)
def test_a_path_holds_the_chosen_cells_alone(chosen: list[list[bool]]) -> None:
    grid = np.array(chosen)
    across, down = np.arange(grid.shape[1] + 1) * 2.0, np.arange(grid.shape[0] + 1) * 3.0
    path = cells_path(grid, across, down)
    centres = [(x * 2.0 + 1, y * 3.0 + 1.5) for y, x in np.ndindex(grid.shape)]
    assert path.contains_points(centres).tolist() == grid.ravel().tolist()
