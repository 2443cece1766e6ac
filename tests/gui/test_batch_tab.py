"""The tab Batch on the real engine: photos are evaluated, kept, gone on with, opened; and what can go wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from dialogs import ScriptedDialogs
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QProgressBar, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot
from tiny import TINY, make_inspector
from toys import picture
from waiting import PATIENCE_MS, settle

from engine.defenses import DEFENSES
from engine.evaluation.metrics import wilson_interval
from gui.app import application
from gui.long_work import Stand
from gui.main_window import MainWindow
from gui.panels.batch.photo_model import LABEL, PHOTO
from gui.theme import apply_theme

CHEAP = ("scalecert", "minority_reports_pc")
COUNT = 5
MANY = 80  # more than are answered while the window is closed


def button(window: MainWindow, name: str) -> QPushButton:
    """One of the tab's buttons."""
    return window.batch_panel.findChild(QPushButton, name)


def status(window: MainWindow) -> str:
    """The line that says how it goes."""
    return window.batch_panel.findChild(QLabel, "batchStatus").text()


def prepare(qtbot: QtBot, window: MainWindow, data: Path, out: Path, *defenses: str) -> None:
    """Wish for an evaluation and wait until it can be started."""
    form = window.batch_panel.form
    window.docks.show_tab("batch")
    window.dialogs.answers += [data, out]
    button(window, "batchChoose").click()
    button(window, "batchChooseOut").click()
    window.batch_panel.show_page("settings")
    form.workers.setValue(1)
    form.limit.setValue(0)
    qtbot.waitUntil(lambda: bool(form.defenses.boxes) and not window.batch.is_looking, timeout=PATIENCE_MS)
    for name, box in form.defenses.boxes.items():
        if box.isEnabled():
            box.setChecked(name in defenses)
    qtbot.waitUntil(lambda: not form.obstacle(), timeout=PATIENCE_MS)


def ended(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until the evaluation has ended."""
    qtbot.waitUntil(lambda: not window.batch.is_busy, timeout=PATIENCE_MS)


def rows_in(out: Path) -> list[dict]:
    """What is kept in a folder."""
    return [row for part in (out / "rows").glob("part-*") for row in pq.read_table(part).to_pylist()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small photos of classes 0 to 4, one of them broken."""
    folder = tmp_path_factory.mktemp("photos")
    for index in range(COUNT):
        Image.fromarray(picture(32, seed=index)).save(folder / f"{index}_photo.png")
    (folder / "5_broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def evaluated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, data: Path
) -> Iterator[tuple[MainWindow, Path]]:
    """A window on the tiny network whose evaluation is done, and where that is kept."""
    request.getfixturevalue("qapp")
    qtbot = QtBot(request)
    make_inspector()  # beforehand, and kept in the cache
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path_factory.mktemp("config")))
    application()
    apply_theme("light")
    window = MainWindow(dialogs=ScriptedDialogs())
    window.state.change("Tiny network", image="sample:flower", settings=TINY)
    window.resize(1280, 800)
    window.show()
    settle(qtbot, window)
    out = tmp_path_factory.mktemp("out") / "run"
    prepare(qtbot, window, data, out, *CHEAP)
    window.told = []  # type: ignore[attr-defined]
    window.batch.changed.connect(lambda: window.told.append(status(window)))  # type: ignore[attr-defined]
    window.registry["startBatch"].trigger()
    assert window.batch.stand is Stand.PREPARING
    assert not button(window, "batchStart").isEnabled()
    assert not window.batch_panel.form.isEnabled()
    ended(qtbot, window)
    yield window, out
    window.close()
    window.deleteLater()


def test_without_photos_nothing_can_be_started_and_it_is_said_why(window: MainWindow):
    assert "no photos; choose a folder" in button(window, "batchStart").toolTip()
    for name in ("batchStart", "batchStop", "batchReport"):
        assert not button(window, name).isEnabled()
    window.registry["startBatch"].trigger()
    assert window.batch_panel.isVisible(), "whoever asks is shown what is missing"
    assert window.batch.stand is Stand.IDLE


def test_every_photo_has_a_line_and_its_rows_are_kept(evaluated: tuple[MainWindow, Path]):
    window, out = evaluated
    assert window.batch.stand is Stand.DONE, window.batch.problem
    rows = rows_in(out)
    assert len(rows) == COUNT * len(CHEAP)
    model = window.batch_panel.table.model
    assert model.counts() == (COUNT, COUNT)
    assert model.defenses == CHEAP
    for row in rows:
        line = model.line(model.row_of(row["photo"]))
        assert line.label == f"class {row['label']}"
        is_wrong = row["word"] == "consistent" and not row["clean"]
        assert line.answers[row["defense"]].outcome == ("wrong" if is_wrong else row["word"])
    bar = window.batch_panel.findChild(QProgressBar, "batchProgress")
    assert (bar.value(), bar.maximum()) == (COUNT, COUNT + 1)
    assert f"{COUNT} of {COUNT + 1} photos" in status(window)
    assert "1 cannot be used" in status(window)
    assert any("5_broken.png is not an image" in line for line in window.activity.lines())
    assert any("starting workers" in told for told in window.told)  # type: ignore[attr-defined]


def test_the_table_is_sorted_and_filtered(evaluated: tuple[MainWindow, Path]):
    window, _ = evaluated
    table = window.batch_panel.table
    table.view.sortByColumn(PHOTO, Qt.SortOrder.DescendingOrder)
    assert [table.model.line(row).photo[0] for row in range(COUNT)] == ["4", "3", "2", "1", "0"]
    table.view.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    order = ("certified", "consistent", "wrong", "alert", "undecided")
    outcomes = [table.model.line(row).answers["scalecert"].outcome for row in range(COUNT)]
    assert outcomes == sorted(outcomes, key=order.index)
    for outcome in set(outcomes):
        table.filter.setCurrentIndex(table.filter.findData(outcome))
        shown = [table.model.line(row) for row in range(table.model.rowCount())]
        assert shown
        assert all(any(answer.outcome == outcome for answer in line.answers.values()) for line in shown)
    table.filter.setCurrentIndex(0)
    table.view.sortByColumn(PHOTO, Qt.SortOrder.AscendingOrder)
    assert table.model.counts() == (COUNT, COUNT)
    assert table.model.data(table.model.index(0, LABEL)) == "class 0"


def test_defenses_are_called_by_their_titles(evaluated: tuple[MainWindow, Path]):
    window, _ = evaluated
    model = window.batch_panel.table.model
    heads = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    assert heads == ["Photo", "Label", "ScaleCert", "Minority Reports with\nPatchCleanser's masks"]
    assert "minority_reports" not in window.batch_panel.plot._plot.accessibleDescription()


def test_measures_and_plot_say_what_the_rows_say(evaluated: tuple[MainWindow, Path]):
    window, out = evaluated
    window.batch_panel.show_page("measures")
    tree = window.batch_panel.findChild(QTreeWidget, "batchMeasures")
    assert tree.topLevelItemCount() == 1, "both are detections"
    heads = [tree.headerItem().text(column) for column in range(tree.columnCount())]
    for item in (tree.topLevelItem(0).child(index) for index in range(len(CHEAP))):
        mine = [row for row in rows_in(out) if DEFENSES[row["defense"]].title == item.text(0)]
        assert len(mine) == COUNT
        for head, metric in (
            ("certified", "certified"),
            ("vanilla", "vanilla_right"),
            ("false alert", "false_alert"),
        ):
            hits = sum(row[metric] for row in mine)
            low, high = wilson_interval(hits, COUNT)
            assert item.text(heads.index(head)) == f"{100 * hits / COUNT:.1f} ({100 * low:.0f}–{100 * high:.0f})"
    certified = sum(row["certified"] for row in rows_in(out) if row["defense"] == "scalecert")
    told = window.batch_panel.plot._plot.accessibleDescription()
    assert f"certified {100 * certified / COUNT:.1f} %" in told


def test_enter_opens_a_photo_on_the_canvas(qtbot: QtBot, evaluated: tuple[MainWindow, Path], data: Path):
    window, _ = evaluated
    window.batch_panel.show_page("photos")
    view = window.batch_panel.table.view
    row = window.batch_panel.table.model.row_of("3_photo.png")
    view.setCurrentIndex(view.model().index(row, 0))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert window.state.document.image == str(data / "3_photo.png")
    settle(qtbot, window)


def test_the_report_is_written_and_opened(evaluated: tuple[MainWindow, Path]):
    window, out = evaluated
    assert {path.name for path in out.glob("report.*")} == {"report.md", "report.html"}
    window.dialogs.answers.append(None)
    button(window, "batchReport").click()
    assert window.dialogs.asked[-1] == str(out / "report.html")


def test_defenses_that_cannot_run_say_why_and_kept_rows_are_not_made_again(
    qtbot: QtBot, evaluated: tuple[MainWindow, Path]
):
    window, out = evaluated
    window.batch_panel.show_page("settings")
    form = window.batch_panel.form
    qtbot.waitUntil(lambda: not form.obstacle(), timeout=PATIENCE_MS)
    box = form.findChild(QCheckBox, "batch_ibp")
    assert not box.isEnabled()
    assert not box.isChecked()
    assert "it needs a network of Conv2d" in box.toolTip()
    assert "it needs a network of Conv2d" in form.defenses.notes["ibp"].text()
    assert f"{COUNT} photos are answered already" in form.defenses.notes["scalecert"].text()
    before = {path: path.stat().st_mtime_ns for path in (out / "rows").iterdir()}
    (out / "report.md").unlink()
    form.limit.setValue(COUNT)
    qtbot.waitUntil(lambda: not form.obstacle(), timeout=PATIENCE_MS)
    button(window, "batchStart").click()
    ended(qtbot, window)
    assert window.batch.stand is Stand.DONE
    assert "all of them answered before" in status(window)
    assert window.batch_panel.table.model.counts() == (COUNT, COUNT)
    assert (out / "report.md").exists()
    assert {path: path.stat().st_mtime_ns for path in (out / "rows").iterdir()} == before


def test_a_folder_let_go_on_the_tab_is_evaluated_and_one_without_photos_said(
    qtbot: QtBot, evaluated: tuple[MainWindow, Path], tmp_path: Path
):
    window, _ = evaluated
    panel, form = window.batch_panel, window.batch_panel.form
    folder, data = tmp_path / "mine", QMimeData()
    folder.mkdir()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    actions, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    panel.dropEvent(QDropEvent(QPointF(9, 9), actions, data, Qt.MouseButton.LeftButton, none))
    assert form.source.currentData() == str(folder)
    qtbot.waitUntil(lambda: "has no image in it" in form.message.text(), timeout=PATIENCE_MS)
    assert "has no image in it" in button(window, "batchStart").toolTip()
    # Photos whose names say no class: verdicts only, and it is said.
    Image.fromarray(picture(32)).save(folder / "holiday.png")
    form.limit.setValue(7)
    qtbot.waitUntil(lambda: "1 photo without labels" in form.found.text(), timeout=PATIENCE_MS)
    assert "holiday.png does not say its class" in form.found.text()
    assert "no accuracy is measured" in form.found.text()


def test_closing_asks_and_keeps_what_is_finished(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path
):
    data = tmp_path / "many"
    data.mkdir()
    for index in range(MANY):
        Image.fromarray(picture(32, seed=index)).save(data / f"0_{index}.png")
    window = make_window()
    window.state.change("Tiny network", settings=TINY)
    prepare(qtbot, window, data, tmp_path / "out", "patchcleanser")
    button(window, "batchStart").click()
    qtbot.waitUntil(
        lambda: not window.batch.is_busy or (window.batch.view is not None and window.batch.view.fresh > 0),
        timeout=PATIENCE_MS,
    )
    assert window.batch.is_busy, window.batch.problem
    done = window.batch.view.fresh
    window.dialogs.answers += [False, True]
    window.close()
    assert window.isVisible()
    assert window.batch.is_busy
    window.close()
    assert "A batch is running (" in window.dialogs.asked[-1]
    assert not window.batch.is_running
    assert done <= len(rows_in(tmp_path / "out")) < MANY
