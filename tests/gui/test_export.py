"""Exports: figures equal the screen, data equal the snapshot, and a file is there whole or not at all."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QGraphicsScene, QGraphicsView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from snapshots import make_snapshot, make_verdict, make_windows

from engine.cli.inspectors import Inspectors
from engine.cli.program import main
from engine.errors import OutputError
from engine.pipeline import Inspector
from engine.settings import Settings
from gui.aside import Aside
from gui.document import Document
from gui.export import Exporter, copy_picture, export_figure
from gui.export_data import maps_npz, report_json, summary_text, windows_csv
from gui.export_figure import draw_figure, draw_image
from gui.main_window import MainWindow
from gui.panels.plots import ClusterPlot, ImportancePlot, WindowGridPlot
from gui.snapshot import Request, Snapshot
from gui.state import State
from gui.worker.bench import Bench

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def panel(qtbot: QtBot) -> QWidget:
    """Three plots with an alert in them, on the screen."""
    state, widget = State(), QWidget()
    layout = QVBoxLayout(widget)
    for plot in (ImportancePlot(state), WindowGridPlot(state), ClusterPlot(state)):
        layout.addWidget(plot, 1)
    state.setParent(widget)
    qtbot.addWidget(widget)
    widget.resize(601, 640)
    widget.show()
    qtbot.waitExposed(widget)
    state.show(make_snapshot("alert"))
    state.select(window=14)
    QApplication.processEvents()
    return widget


def pixels(image: QImage) -> NDArray[np.uint8]:
    """An image as an array (h, w, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def test_a_png_is_what_is_on_the_screen(panel: QWidget, tmp_path: Path):
    export_figure(panel, tmp_path / "a.png")
    on_screen = panel.grab().toImage()
    if on_screen.devicePixelRatio() == 1:
        np.testing.assert_array_equal(pixels(QImage(str(tmp_path / "a.png"))), pixels(on_screen))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_png_has_the_size_that_was_asked_for(panel: QWidget, tmp_path: Path, scale: int):
    export_figure(panel, tmp_path / "a.png", scale)
    large = QImage(str(tmp_path / "a.png"))
    assert large.size() == QSize(601, 640) * scale
    # Scaled down it is the same picture: lines and letters grow with it.
    small = large.scaled(601, 640, mode=Qt.TransformationMode.SmoothTransformation)
    difference = np.abs(pixels(small).astype(int) - pixels(panel.grab().toImage())).mean()
    assert difference < 6


def test_lines_grow_with_the_scale(panel: QWidget):
    widths = {}
    for scale in (1, 4):
        row = pixels(draw_image(panel.findChild(QWidget, "importancePlot"), scale))[60 * scale]
        widths[scale] = int((row.sum(axis=1) < 200).sum())  # the cut is the only dark thing up there
    assert widths[1] > 0
    assert abs(widths[4] - 4 * widths[1]) <= 4


def test_an_svg_has_the_size_and_the_words_of_the_screen(panel: QWidget, tmp_path: Path):
    export_figure(panel, tmp_path / "a.svg", 4)
    text = (tmp_path / "a.svg").read_text("utf-8")
    assert 'viewBox="0 0 601 640"' in text
    for words in ("Share of neurons, most important first (%)", "tench", "Colour: label"):
        assert words in text
    renderer = QSvgRenderer(str(tmp_path / "a.svg"))
    assert renderer.isValid()
    image = QImage(601, 640, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    assert np.abs(pixels(image).astype(int) - pixels(panel.grab().toImage())).mean() < 6


def test_a_pdf_is_one_page_of_the_size_of_the_screen(panel: QWidget, tmp_path: Path):
    export_figure(panel, tmp_path / "a.pdf")
    content = (tmp_path / "a.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    (box,) = re.findall(rb"/MediaBox \[([^\]]*)\]", content)
    dots = QGuiApplication.primaryScreen().logicalDotsPerInch()
    np.testing.assert_allclose(
        [float(side) for side in box.split()], [0, 0, 601 * 72 / dots, 640 * 72 / dots], atol=1
    )
    assert len(content) > 10_000


def test_a_scene_is_drawn_as_its_view_shows_it(panel: QWidget, tmp_path: Path):
    plot = panel.findChild(QWidget, "importancePlot")
    export_figure(plot.scene(), tmp_path / "a.png", 2)
    image = QImage(str(tmp_path / "a.png"))
    assert image.size() == plot.viewport().size() * 2
    export_figure(plot.scene(), tmp_path / "b.png")
    shown = pixels(plot.viewport().grab().toImage())
    assert np.abs(pixels(QImage(str(tmp_path / "b.png"))).astype(int) - shown).mean() < 1


def test_a_zoomed_scene_shows_only_what_is_seen(qtbot: QtBot, tmp_path: Path):
    scene = QGraphicsScene()
    scene.addRect(QRectF(0, 0, 50, 100), brush=QColor("#0072B2"))
    scene.addRect(QRectF(50, 0, 50, 100), brush=QColor("#D55E00"))
    view = QGraphicsView(scene)
    qtbot.addWidget(view)
    view.resize(200, 200)
    view.show()
    view.fitInView(QRectF(60, 10, 30, 30))
    for name in ("a.png", "a.svg", "a.pdf"):
        export_figure(scene, tmp_path / name)
    assert QColor(QImage(str(tmp_path / "a.png")).pixel(5, 5)) == QColor("#D55E00")
    without_view = QGraphicsScene()
    without_view.addRect(QRectF(0, 0, 40, 30))
    export_figure(without_view, tmp_path / "b.png", 2)
    assert QImage(str(tmp_path / "b.png")).width() in (82, 84)


def test_a_hidden_plot_is_drawn_as_it_would_be_shown(qtbot: QtBot):
    state = State()
    plot = ClusterPlot(state)
    qtbot.addWidget(plot)
    plot.resize(740, 400)
    state.show(make_snapshot())
    hidden = pixels(draw_image(plot))
    plot.show()
    qtbot.waitExposed(plot)
    QApplication.processEvents()
    assert len(np.unique(hidden.reshape(-1, 3), axis=0)) > 20
    assert np.abs(hidden.astype(int) - pixels(plot.grab().toImage())).mean() < 6


def test_a_plot_without_room_is_given_some_while_it_is_drawn(qtbot: QtBot):
    plot = ImportancePlot(State())
    qtbot.addWidget(plot)
    plot.resize(300, 90)
    assert draw_image(plot, 2).size() == QSize(1440, 720)
    assert plot.width() < 400


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing/a.png", "does not exist"),
        ("a.gif", r"\.png, \.svg or \.pdf"),
        ("a", r"\.png, \.svg or \.pdf"),
        ("folder.png", "is a folder"),
        ("a\0b.png", "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_said(panel: QWidget, tmp_path: Path, name: str, words: str):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match=words):
        export_figure(panel, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.png"]


def test_nothing_and_too_much_are_refused(qtbot: QtBot, tmp_path: Path):
    empty = QWidget()
    qtbot.addWidget(empty)
    empty.resize(0, 0)
    for name in ("a.png", "a.svg", "a.pdf"):
        with pytest.raises(OutputError, match="nothing on the screen"):
            export_figure(empty, tmp_path / name)
    empty.resize(10_000, 10)
    with pytest.raises(OutputError, match="too large"):
        export_figure(empty, tmp_path / "a.png", 4)


def test_the_csv_holds_every_window():
    windows = make_windows(
        done=np.arange(36) != 35,
        label=np.where(np.arange(36) == 7, 3, 0),
        firing=np.arange(36) == 7,
        skipped=np.arange(36) == 3,
    )
    rows = list(csv.DictReader(io.StringIO(windows_csv(make_snapshot("alert", windows=windows)).decode())))
    assert len(rows) == 36
    for index, row in enumerate(rows):
        assert (int(row["window"]), int(row["row"]), int(row["column"])) == (index, *divmod(index, 6))
        box = [int(row[f"{side}_px"]) for side in ("top", "left", "bottom", "right")]
        assert box == windows.boxes_px[index].tolist()
        assert float(row["sin_share"]) == windows.sin_share[index]
        assert [int(row[name]) for name in ("done", "skipped", "fires")] == [index != 35, index == 3, index == 7]
        if index == 35:
            assert row["label"] == row["name"] == row["confidence"] == row["margin"] == ""
        else:
            assert int(row["label"]) == windows.label[index]
            assert row["name"] == ("crane" if index == 7 else "daisy")
            assert float(row["confidence"]) == windows.confidence[index]
            assert float(row["margin"]) == windows.margin[index]


def test_names_with_commas_stay_one_cell():
    model = make_snapshot().model
    named = type(model)(model.name, model.input_size, ('a, "b"\nc', "x"), model.usual_layers, model.layers)
    rows = list(csv.DictReader(io.StringIO(windows_csv(make_snapshot(model=named)).decode(), newline="")))
    assert rows[0]["name"] == 'a, "b"\nc'


def test_the_npz_holds_every_map():
    snapshot = make_snapshot("alert")
    arrays = np.load(io.BytesIO(maps_npz(snapshot)), allow_pickle=False)
    for name in ("view", "clean_view", "heatmap", "curve", "sins_px", "cluster_of"):
        np.testing.assert_array_equal(arrays[name], getattr(snapshot, name))
        assert arrays[name].dtype == getattr(snapshot, name).dtype
    for name in ("boxes_px", "label", "confidence", "margin", "sin_share", "done", "skipped", "firing"):
        np.testing.assert_array_equal(arrays[name], getattr(snapshot.windows, name))
    np.testing.assert_array_equal(arrays["grid"], snapshot.windows.grid)
    np.testing.assert_array_equal(arrays["locations"], snapshot.verdict.locations)
    np.testing.assert_array_equal(arrays["clusters"], [(90, 80, 18, 120), (150, 140, 22, 80)])


def test_an_early_stage_has_the_maps_it_has():
    early = make_snapshot(None, stage="superficial", sins_px=None, cluster_of=None, clusters=(), windows=None)
    arrays = np.load(io.BytesIO(maps_npz(early)))
    assert {"heatmap", "curve", "view"} <= set(arrays)
    assert not {"boxes_px", "locations", "sins_px"} & set(arrays)
    with pytest.raises(OutputError, match="no windows"):
        windows_csv(early)


@pytest.mark.parametrize("snapshot", [make_snapshot(None), make_snapshot(preview=True)], ids=["windows", "preview"])
def test_no_report_is_made_of_half_an_answer(snapshot: Snapshot):
    for make in (report_json, summary_text):
        with pytest.raises(OutputError, match="no verdict"):
            make(snapshot)


def test_the_report_equals_the_command_lines(lite0: Inspector, tmp_path: Path):
    document = Document(image="sample:flower", settings=Settings(window=100))
    bench = Bench(lambda _: None)
    bench._inspectors._kept[Settings()] = lite0
    *_, last = bench.serve(Request(1, document), stop=lambda: False)
    words = ["inspect", "sample:flower", "--window", "100", "--json", str(tmp_path / "cli.json")]
    main(words, Inspectors({Settings(): lite0}))
    (ours,), (theirs,) = json.loads(report_json(last)), json.loads((tmp_path / "cli.json").read_text())
    for report in (ours, theirs):
        assert report.pop("timing_ms")["total"] > 0
        report.pop("passes")  # what was kept from before is not run again
    assert ours == theirs
    assert f"{ours['verdict'].capitalize()}: " in summary_text(last)


def test_the_report_is_written_as_json_dumps_would():
    report = {"schema": "sinscope.report/1", "a": [1.5, None, True, "ü\n"], "b": {"c": 1e-17}}
    snapshot = make_snapshot(verdict=make_verdict(report=report))
    assert report_json(snapshot).decode() == f"[\n{json.dumps(report)}\n]\n"


@pytest.fixture
def exporter() -> Exporter:
    """One whose threads have ended when the test has."""
    aside = Aside()
    yield Exporter(aside)
    aside.close()


@pytest.mark.parametrize("kind", ["report", "windows", "maps"])
def test_data_are_written_beside_the_window(qtbot: QtBot, exporter: Exporter, tmp_path: Path, kind: str):
    with qtbot.waitSignal(exporter.written) as waited:
        exporter.data(kind, make_snapshot(), tmp_path / "out")
    assert waited.args == [str(tmp_path / "out")]
    made = {"report": report_json, "windows": windows_csv, "maps": None}[kind]
    if made is not None:
        assert (tmp_path / "out").read_bytes() == made(make_snapshot())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_figure_is_drawn_at_once_and_written_beside(
    qtbot: QtBot, exporter: Exporter, panel: QWidget, tmp_path: Path
):
    before = pixels(panel.grab().toImage())
    with qtbot.waitSignal(exporter.written):
        exporter.figure(panel, tmp_path / "a.png")
        panel.hide()  # what comes after the click is not in the picture
    np.testing.assert_array_equal(pixels(QImage(str(tmp_path / "a.png"))), before)


@pytest.mark.parametrize("what", ["figure", "data", "early"])
def test_a_failure_is_a_sentence_and_leaves_the_former_file(
    qtbot: QtBot, exporter: Exporter, panel: QWidget, tmp_path: Path, what: str
):
    (tmp_path / "a.json").write_text("former")
    with qtbot.waitSignal(exporter.failed) as waited:
        if what == "figure":
            exporter.figure(panel, tmp_path / "a.bmp")
        elif what == "data":
            exporter.data("maps", make_snapshot(), tmp_path / "missing" / "a.npz")
        else:
            exporter.data("report", make_snapshot(None), tmp_path / "a.json")
    assert waited.args[0].endswith(".")
    assert (tmp_path / "a.json").read_text() == "former"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_the_clipboard_takes_the_picture_and_the_report(qtbot: QtBot, exporter: Exporter, panel: QWidget):
    copy_picture(panel, 2)
    assert QGuiApplication.clipboard().image().size() == panel.size() * 2
    with qtbot.waitSignal(exporter.copied):
        exporter.copy_report(make_snapshot("alert"))
    text = QGuiApplication.clipboard().text()
    assert text.startswith("Alert: A sentence that says why")
    assert "Base label: daisy 91.0%" in text
    assert json.loads(bytes(QGuiApplication.clipboard().mimeData().data("application/json").data())) == [{}]


def test_a_vector_of_the_whole_window_has_its_menus_and_controls(window: MainWindow, tmp_path: Path):
    """The frame relies on clipping that SVG files do not know, and would paint over some."""
    shown = window.grab().toImage()
    file = tmp_path / "window.svg"
    file.write_bytes(draw_figure(window, file)())
    drawn = QImage(shown.size(), QImage.Format.Format_RGB32)
    drawn.fill(Qt.GlobalColor.white)
    painter = QPainter(drawn)
    QSvgRenderer(str(file)).render(painter, QRectF(drawn.rect()))
    painter.end()
    for part in (window.menuBar(), window.window_table.only_differing):
        area = QRect(part.mapTo(window, QPoint()), part.size())
        inked = [
            sum(
                picture.pixelColor(x, y).lightness() < 128
                for x in range(area.left(), area.right())
                for y in range(area.top(), area.bottom())
            )
            for picture in (drawn, shown)
        ]
        assert inked[0] > 0.8 * inked[1] > 0, part
