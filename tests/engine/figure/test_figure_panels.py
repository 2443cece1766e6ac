"""The location map, SINs and the patch."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from figures import KNOBS, SIZE, axes_of, blocks, by_gid, sticker, texts_of
from matplotlib.patches import Circle
from toys import inspect

from engine.figure import build_figure, figure_png
from engine.pipeline import Inspection, Inspector
from engine.placement import PlacedPatch, Placement, paste


def test_places_that_are_not_certified_are_hatched(alert: Inspection) -> None:
    figure = build_figure(alert, title="x")
    axes = axes_of(figure, "locations")
    (region,) = by_gid(axes, "not-certified")
    places = alert.verdict.certificate.locations
    top, left = np.indices(places.shape)
    middles = np.stack([left.ravel() + 4, top.ravel() + 4], axis=1)  # of the patch of 8 x 8 px
    assert region.get_hatch()
    assert np.array_equal(region.get_path().contains_points(middles), places.ravel() == 0)
    assert "0 windows: not certified" in [text.get_text() for text in axes.get_legend().get_texts()]
    counts = axes.get_images()[-1]
    assert counts.get_extent() == [3.5, 3.5 + places.shape[1], 3.5 + places.shape[0], 3.5]
    assert np.array_equal(counts.get_array().mask, places == 0)
    (title,) = (text for text in texts_of(figure) if text.startswith("Location map"))
    share = float(title.removeprefix("Location map: ").removesuffix(" % certified"))
    assert share == pytest.approx(100 * (places > 0).mean(), abs=0.01)
    weakest = next(text.get_text() for text in axes.get_legend().get_texts() if "weakest" in text.get_text())
    x, y = map(int, weakest.removeprefix("weakest: X,Y = ").split(","))
    assert places[y, x] == 0


def test_all_places_only_where_it_is_all(certified: Inspection) -> None:
    texts = texts_of(build_figure(certified, title="x"))
    assert "Location map: 100 % certified" in texts
    certificate = certified.verdict.certificate
    locations = np.ones((300, 300), np.int64)
    locations[7, 9] = 0
    nearly = replace(certified.verdict, certificate=replace(certificate, locations=locations))
    assert "Location map: 99.99 % certified" in texts_of(build_figure(replace(certified, verdict=nearly), title="x"))


def test_clusters_have_centre_and_circle(alert: Inspection) -> None:
    axes = axes_of(build_figure(alert, title="x"), "sins")
    for cluster in alert.clusters.clusters:
        circles = [
            circle
            for circle in axes.patches
            if isinstance(circle, Circle)
            and circle.center == (cluster.center_px[1] + 0.5, cluster.center_px[0] + 0.5)
        ]
        assert {circle.radius for circle in circles} == ({cluster.std_px} if cluster.std_px else set())
    drawn = sum(len(points.get_offsets()) for points in axes.collections)
    assert drawn >= len(np.unique(alert.clusters.positions, axis=0))


def test_one_sin(inspector: Inspector) -> None:
    found = inspect(inspector, blocks(1), **KNOBS, top=1e-9)
    assert found.count == 1
    assert found.clusters.clusters[0].std == 0
    figure = build_figure(found, title="x")
    assert "Top 1 SIN in 1 cluster" in texts_of(figure)
    assert not any(isinstance(patch, Circle) for patch in axes_of(figure, "sins").patches)
    figure_png(found, title="x")


def test_a_grey_photo_has_an_importance_of_zero(inspector: Inspector) -> None:
    found = inspect(inspector, np.full((*SIZE, 3), 128, np.uint8), **KNOBS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure_png(found, title="x")


def test_the_patch_is_outlined_where_it_is(inspector: Inspector) -> None:
    placed = paste(blocks(1), sticker(), Placement(left=20, top=28))
    found = inspect(inspector, placed.view, **KNOBS)
    figure = build_figure(found, title="x", placed=placed)
    for name in ("photo", "importance", "sins"):
        outlines = by_gid(axes_of(figure, name), "patch")
        assert len(outlines) == 2
        assert outlines[0].get_edgecolor().tolist() != outlines[1].get_edgecolor().tolist()
        (path,) = outlines[0].get_paths()
        box = path.get_extents()
        assert (box.y0, box.x0, box.y1, box.x1) == placed.box
    assert any("here a patch was pasted into it" in text for text in texts_of(figure))
    plain = build_figure(found, title="x")
    assert not by_gid(axes_of(plain, "photo"), "patch")
    assert any("no patch pasted" in text for text in texts_of(plain))


def test_a_patch_placed_by_hand(alert: Inspection) -> None:
    """A mask on the border of the photo: its outline is closed there too."""
    mask = np.zeros(SIZE, bool)
    mask[:5, 60:] = True
    placed = PlacedPatch(alert.view, (0, 60, 5, 64), mask)
    (outline, _) = by_gid(axes_of(build_figure(alert, title="x", placed=placed), "photo"), "patch")
    box = outline.get_paths()[0].get_extents()
    assert (box.y0, box.x0, box.y1, box.x1) == placed.box
