"""The file, and what the words in it say."""

import io
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from figures import KNOBS, NAMES, blocks, texts_of
from matplotlib.colors import same_color
from matplotlib.patches import FancyBboxPatch
from numpy.typing import NDArray
from PIL import Image
from toys import inspect

from engine.figure import build_figure, figure_png
from engine.figure.sheet import DPI
from engine.pipeline import Inspection, Inspector
from engine.settings import Settings


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
    first = next(Inspector(inspector.classifier).inspect(blocks(1), Settings(**KNOBS)))
    with pytest.raises(ValueError, match="superficial"):
        figure_png(first, title="photo.jpg")


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
