"""Everything in the picture can be read, whatever is in it."""

import itertools
import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from figures import KNOBS, LONG, SPATIAL, axes_of, blocks, named, sticker
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from numpy.typing import NDArray
from toys import inspect

from engine.figure import build_figure, figure_png
from engine.figure.lettering import Lettering
from engine.figure.sheet import DPI
from engine.pipeline import Inspection, Inspector
from engine.placement import Placement, paste


@pytest.mark.parametrize("title", ["a_$b$_c.jpg", "$$$", "5$ {x} \\frac{1}{2}.png", "^_^", "", "a\nb\tc"])
def test_titles_are_taken_literally(alert: Inspection, title: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = build_figure(alert, title=title)
        figure.canvas.draw()
    assert figure.texts[0].get_text() == " ".join(title.split())
    assert not any(text.get_parse_math() for text in figure.texts)


@pytest.mark.parametrize(
    "title", ["\u5199\u771f.jpg", "\udc80\ud83d.jpg", "\U0001f414.png", "a\u202eb\x00", "\u0645\u0644\u0641"]
)
def test_any_title_can_be_drawn(alert: Inspection, title: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure_png(alert, title=title)


def boxes_of(figure: Figure) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Every piece of text but the marks inside photos, and where it lies: left, bottom, right, top in px."""
    figure.canvas.draw()
    found = list(figure.texts)
    for axes in figure.axes:
        found += axes.texts if axes.get_label() not in SPATIAL else []
        found += axes.get_legend().get_texts() if axes.get_legend() else []
        for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            labels = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            found += [label for at, label in labels if axes.axison and min(limits) <= at <= max(limits)]
    for text in found:
        if text.get_text() and text.get_visible():
            yield text.get_text(), text.get_window_extent().extents


def check_legible(figure: Figure) -> None:
    """No text leaves the sheet or its column, and none lies on another or on a panel."""
    width, height = figure.get_size_inches() * DPI
    boxes = list(boxes_of(figure))
    assert len(boxes) > 40
    for text, (left, bottom, right, top) in boxes:
        assert left > 0, text
        assert bottom > 0, text
        assert right < width, text
        assert top < height, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        overlap = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert min(overlap) < 2, (one, other)
    for axes in figure.axes:
        if axes.get_label() == "labels":
            continue
        panel = axes.get_window_extent().extents
        for text, box in boxes:
            inside = min(panel[2], box[2]) - max(panel[0], box[0]), min(panel[3], box[3]) - max(panel[1], box[1])
            assert min(inside) < 2, (axes.get_label(), text)


@pytest.mark.parametrize("name", ["certified", "consistent", "alert", "dense", "stopped", "nothing"])
def test_nothing_overlaps(request: pytest.FixtureRequest, name: str) -> None:
    check_legible(build_figure(request.getfixturevalue(name), title="photo.jpg"))


@pytest.mark.parametrize("size", [(40, 64), (32, 160), (112, 32)])
@pytest.mark.parametrize("rule", ["confident", "hicert"])
def test_nothing_overlaps_whatever_the_shape_and_names(size: tuple[int, int], rule: str) -> None:
    placed = paste(blocks(1, size), sticker(), Placement(left=4, top=4))
    found = inspect(Inspector(named(LONG, size)), placed.view, **KNOBS, rule=rule, tau=0.9, label=2)
    figure = build_figure(found, title="a very long name " * 30 + ".jpg", placed=placed)
    assert figure.get_size_inches()[0] * DPI == 1800
    check_legible(figure)
    photo, view = axes_of(figure, "photo"), found.view
    across, down = photo.get_window_extent().size
    assert across / down == pytest.approx(view.shape[1] / view.shape[0], rel=0.01)


def test_panels_are_aligned(alert: Inspection) -> None:
    figure = build_figure(alert, title="x")
    corners = {name: axes_of(figure, name).get_position() for name in SPATIAL}
    assert len({round(box.width, 6) for box in corners.values()}) == 1
    assert len({round(box.height, 6) for box in corners.values()}) == 1
    assert corners["photo"].y0 == corners["importance"].y0 == corners["sins"].y0
    assert corners["windows"].y0 == corners["locations"].y0
    assert corners["windows"].x0 == corners["photo"].x0
    assert corners["locations"].x0 == corners["sins"].x0


def test_colour_bars_have_numbers(alert: Inspection) -> None:
    figure = build_figure(alert, title="x")
    figure.canvas.draw()
    bar = next(axes for axes in figure.axes if axes.get_label() == "colour bar")
    numbers = [float(text.get_text()) for text in bar.get_xticklabels() if text.get_text()]
    assert len(numbers) >= 3
    importance = axes_of(figure, "importance").get_images()[-1]
    assert importance.get_cmap().name == "cividis"
    assert importance.norm.vmin == 0
    assert importance.norm.vmax == pytest.approx(alert.superficial.heatmap.max())
    assert np.array_equal(importance.get_array(), alert.superficial.heatmap)


LETTERING = Lettering("", DPI)


@given(text=st.text(max_size=80), room=st.floats(0.5, 4), middle=st.booleans())
def test_elided_text_fits(text: str, room: float, middle: bool) -> None:
    short = LETTERING.elide(text, room, 8, middle=middle)
    assert LETTERING.width(short, 8) <= room
    whole = LETTERING.clean(text)
    assert short == whole if LETTERING.width(whole, 8) <= room else "\u2026" in short


@given(
    words=st.lists(st.text("abc\u00e9", min_size=1, max_size=30), min_size=1, max_size=20), lines=st.integers(1, 4)
)
def test_wrapped_text_fits_and_loses_nothing_that_has_room(words: list[str], lines: int) -> None:
    text = " ".join(words)
    wrapped = LETTERING.wrap(text, 2, 8, lines)
    assert 1 <= len(wrapped) <= lines
    assert all(LETTERING.width(line, 8) <= 2 for line in wrapped)
    if not any("\u2026" in line for line in wrapped):
        assert " ".join(wrapped) == text
