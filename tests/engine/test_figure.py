"""The figure: right marks in the right places, everything legible, nothing left behind."""

import io
import itertools
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import same_color, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from toys import classifier, inspect, stop_after

from engine.classifiers.classifier import Classifier
from engine.figure import build_figure, figure_png
from engine.figure.agreement import read_agreement, tile_edges
from engine.figure.lettering import Lettering
from engine.figure.marks import cells_path
from engine.figure.sheet import AGREES, DIFFERS, DPI
from engine.pipeline import Inspection, Inspector
from engine.placement import Patch, PlacedPatch, Placement, paste
from engine.settings import Settings
from engine.windows import AxisWindow

SIZE = (40, 64)
SPATIAL = ("photo", "importance", "sins", "windows", "locations")
NAMES = tuple(f"class_{index} at ${index}_a$ a pound" for index in range(12))
LONG = tuple(f"$\\frac{{{index}}}{{2}}$ {'an extraordinarily long name ' * 8}_{index} \u72ac" for index in range(12))
KNOBS = {"patch": "8", "layer": "stem", "backend": "torch"}


class Colours(nn.Module):
    """Adds up oriented edges and colours, and listens to nothing else: hiding a few blocks may change its mind."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False)
        self.fc = nn.Linear(6, 12, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.stem(x).relu().mean((2, 3))) * 400


def blocks(seed: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """A view of coloured blocks of 8 x 8 px."""
    colours = np.random.default_rng(seed).integers(0, 256, (size[0] // 8, size[1] // 8, 3), dtype=np.uint8)
    return np.kron(colours, np.ones((8, 8, 1), np.uint8))


def named(names: tuple[str, ...], size: tuple[int, int] = SIZE) -> Classifier:
    return replace(classifier(Colours(), size, name="toy_$net$"), labels=names)


@pytest.fixture(scope="module")
def inspector() -> Inspector:
    return Inspector(named(NAMES))


@pytest.fixture(scope="module")
def alert(inspector: Inspector) -> Inspection:
    """Nine of 24 windows say another label."""
    found = inspect(inspector, blocks(1), **KNOBS)
    assert found.verdict.word == "alert"
    assert 0 < found.verdict.firing.sum() < len(found.family)
    return found


@pytest.fixture(scope="module")
def certified(inspector: Inspector) -> Inspection:
    found = inspect(inspector, blocks(0), **KNOBS)
    assert found.verdict.word == "certified"
    return found


@pytest.fixture(scope="module")
def consistent(inspector: Inspector) -> Inspection:
    found = inspect(inspector, blocks(1), **KNOBS, rule="confident", tau=1.0)
    assert found.verdict.word == "consistent"
    return found


@pytest.fixture(scope="module")
def stopped(inspector: Inspector) -> Inspection:
    """A dense family, stopped after three batches."""
    *_, found = inspector.inspect(blocks(2), Settings(**KNOBS, window=5, stride=1), stop_after(3))
    assert found.verdict.word == "undecided"
    assert 0 < found.sweep.done.sum() < len(found.family)
    return found


@pytest.fixture(scope="module")
def dense(inspector: Inspector) -> Inspection:
    """Hundreds of windows, of which some say another label."""
    found = inspect(inspector, blocks(1), **KNOBS, window=5, stride=1)
    assert found.verdict.word == "alert"
    return found


@pytest.fixture(scope="module")
def nothing(inspector: Inspector) -> Inspection:
    """Stopped before the first batch: not even a base prediction."""
    *_, found = inspector.inspect(blocks(3), Settings(**KNOBS), stop_after(0))
    assert found.sweep.base is None
    return found


def axes_of(figure: Figure, name: str) -> Axes:
    (found,) = (axes for axes in figure.axes if axes.get_label() == name)
    return found


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def by_gid(axes: Axes, gid: str) -> list:
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


def tile_centres(found: Inspection) -> NDArray[np.float64]:
    """Middle (x, y) of each window's tile, in the windows' order."""
    across, down = tile_edges(found.family.columns), tile_edges(found.family.rows)
    x, y = np.meshgrid((across[:-1] + across[1:]) / 2, (down[:-1] + down[1:]) / 2)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def labels_of(found: Inspection) -> NDArray[np.int64]:
    labels = np.full(len(found.family), -2)
    labels[found.sweep.done] = found.verdict.windows.label
    return labels


def sticker() -> Patch:
    """A disc of 12 px."""
    y, x = np.mgrid[:12, :12] - 5.5
    rgba = np.full((12, 12, 4), 200, np.uint8)
    rgba[..., 3] = np.where(x**2 + y**2 < 36, 255, 0)
    return Patch("disc.png", "disc.png", "0" * 64, rgba)


# --- the file -------------------------------------------------------------------------------------------


def test_a_png_of_the_stated_size(alert: Inspection) -> None:
    content = figure_png(alert, title="photo.jpg")
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        assert picture.width == 1800
        assert picture.size == tuple(round(side * DPI) for side in build_figure(alert, title="x").get_size_inches())
        assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        assert picture.info["Software"] == "SINscope"


def test_a_real_photo_and_classifier(lite0: Inspector, views: list[NDArray[np.uint8]]) -> None:
    found = inspect(lite0, views[0], backend="torch")
    content = figure_png(found, title="photo.jpg")
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.width == 1800
        assert 1500 < picture.height < 2000
        assert np.asarray(picture.convert("RGB")).std() > 30


def test_the_same_bytes_whatever_the_users_matplotlib_settings(alert: Inspection) -> None:
    plain = figure_png(alert, title="photo.jpg")
    before = dict(mpl.rcParams)
    assert figure_png(alert, title="photo.jpg") == plain
    assert dict(mpl.rcParams) == before
    odd = {"savefig.bbox": "tight", "font.size": 22, "axes.grid": True, "hatch.linewidth": 5, "image.cmap": "jet"}
    with mpl.rc_context(odd):
        assert figure_png(alert, title="photo.jpg") == plain


def test_nothing_of_pyplot() -> None:
    code = "import sys, engine.figure; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_inspection_without_a_verdict(inspector: Inspector) -> None:
    first = next(iter(inspector.inspect(blocks(1), Settings(**KNOBS))))
    with pytest.raises(ValueError, match="superficial"):
        figure_png(first, title="photo.jpg")


# --- what the words say ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "word", "ground", "ink"),
    [
        ("certified", "Certified", "#0072B2", "white"),
        ("consistent", "Consistent, not certified", "#56B4E9", "black"),
        ("alert", "Alert", "#D55E00", "black"),
        ("stopped", "Undecided", "#7F7F7F", "black"),
    ],
)
def test_the_verdict(request: pytest.FixtureRequest, name: str, word: str, ground: str, ink: str) -> None:
    found: Inspection = request.getfixturevalue(name)
    figure = build_figure(found, title="photo.jpg")
    (badge,) = (text for text in figure.texts if text.get_gid() == "verdict")
    assert badge.get_text().endswith(f"  {word}")
    assert same_color(badge.get_color(), ink)
    boxes = [box for box in figure.artists if isinstance(box, FancyBboxPatch)]
    assert boxes
    assert all(same_color(box.get_facecolor(), ground) for box in boxes)
    figure.canvas.draw()
    outer, inner = boxes[0].get_window_extent(), badge.get_window_extent()
    assert outer.x0 < inner.x0 < inner.x1 < outer.x1
    assert outer.y0 < inner.y0 < inner.y1 < outer.y1
    said = " ".join(texts_of(figure))
    assert found.verdict.reason in said
    assert "For one patch of 8 × 8 px (2.50 %) anywhere, on toy_$net$, layer stem, if this image was clean." in said


def test_edges_tell_verdicts_apart_without_colour(request: pytest.FixtureRequest) -> None:
    edges = set()
    for name in ("certified", "consistent", "alert", "stopped"):
        figure = build_figure(request.getfixturevalue(name), title="x")
        boxes = [box for box in figure.artists if isinstance(box, FancyBboxPatch)]
        edges.add((len(boxes), str(boxes[0].get_linestyle())))
    assert len(edges) == 4


def test_base_prediction_and_settings(alert: Inspection) -> None:
    texts = texts_of(build_figure(alert, title="photo.jpg"))
    base = alert.verdict.base
    stated = f"Base prediction: {NAMES[int(base.label[0])]}, {100 * base.confidence[0]:.1f} %"
    assert any(text.startswith(stated) for text in texts)
    foot = " ".join(texts)
    for part in (
        "rate 50 %",
        f"k = {alert.count:,} of {alert.superficial.neurons:,}",
        f"24 windows of {alert.family.side} × {alert.family.side} cells",
        "selection per_window",
        "rule consistency",
        "backend torch-cpu fp32",
        f"weights sha256 {alert.classifier.weights_sha256[:8]}",
    ):
        assert part in foot
    assert "tau" not in foot


def test_tau_where_the_rule_has_one(consistent: Inspection) -> None:
    assert any("rule confident (tau 1)" in text for text in texts_of(build_figure(consistent, title="x")))


def test_a_label_that_was_asked_for(inspector: Inspector) -> None:
    found = inspect(inspector, blocks(0), **KNOBS, label=3)
    texts = texts_of(build_figure(found, title="x"))
    assert any(text.endswith(f"certificate asked for: {NAMES[3]}") for text in texts)
    assert "Location map: 0 % certified" in texts
    assert any(NAMES[3][:8] in text and "windows that prove" in text for text in texts)


def test_nothing_computed_is_said_so(nothing: Inspection) -> None:
    texts = texts_of(build_figure(nothing, title="x"))
    assert "Base prediction: not computed · unpruned model: not computed" in texts
    assert "Windows: none computed" in texts
    assert "Location map: not computed" in texts
    figure_png(nothing, title="x")


# --- windows --------------------------------------------------------------------------------------------


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


# --- locations, SINs, patch -----------------------------------------------------------------------------


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


# --- everything can be read -----------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["a_$b$_c.jpg", "$$$", "5$ {x} \\frac{1}{2}.png", "^_^", "", "a\nb\tc"])
def test_titles_are_taken_literally(alert: Inspection, title: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure_png(alert, title=title)
    figure = build_figure(alert, title=title)
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


def test_a_patch_placed_by_hand(alert: Inspection) -> None:
    """A mask on the border of the photo: its outline is closed there too."""
    mask = np.zeros(SIZE, bool)
    mask[:5, 60:] = True
    placed = PlacedPatch(alert.view, (0, 60, 5, 64), mask)
    (outline, _) = by_gid(axes_of(build_figure(alert, title="x", placed=placed), "photo"), "patch")
    box = outline.get_paths()[0].get_extents()
    assert (box.y0, box.x0, box.y1, box.x1) == placed.box
