"""The tab Compare on the real engine: answers come, stay, are asked for, stopped, and make way for the live loop."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from dialogs import ScriptedDialogs
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from tiny import TINY, make_inspector
from waiting import PATIENCE_MS, settle

from engine.defenses import DEFENSES, Subject
from engine.defenses.patchcleanser import PatchCleanser
from gui import comparing
from gui.app import application
from gui.comparing import DefenseLine, answer_key, is_cheap, line_key, photo_key
from gui.comparison import Row, Standing
from gui.document import Document
from gui.main_window import MainWindow
from gui.panels import words
from gui.panels.compare.model import ANSWER, TITLE, VERDICT, WEAKEST, CompareModel
from gui.theme import VERDICTS, apply_theme

DEAR = ("patchcleanser", "minority_reports")
NEED_ANOTHER_NETWORK = {"ibp", "clipped_bagnet", "patchguard_mask_bn", "patchguard_pp"}


@pytest.fixture(scope="module")
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """A window on the tiny network, shared by the tests of this file; see ``ready``."""
    request.getfixturevalue("qapp")
    make_inspector()  # beforehand, and kept in the cache
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path_factory.mktemp("config")))
    application()
    apply_theme("light")
    window = MainWindow(dialogs=ScriptedDialogs())
    window.state.change("Tiny network", settings=TINY)
    window.resize(1280, 800)
    window.show()
    yield window
    window.close()
    window.deleteLater()


@pytest.fixture
def ready(qtbot: QtBot, tiny: MainWindow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """The shared window with the tab in front and the cheap defenses answered; others wait to be asked for."""
    monkeypatch.setattr(comparing, "_CHEAP_SECONDS", 0.0)
    tiny.state.change("Begin", image="sample:flower", patch=None, patch_on=False, settings=TINY)
    tiny.docks.show_tab("compare")
    tiny.live.run()
    settle(qtbot, tiny)
    tiny.canvas.layers.set_visible("locations", False)
    tiny.activateWindow()
    at_rest(qtbot, tiny)
    return tiny


def at_rest(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until all that is to come has come."""
    to_come = (Standing.WAITING, Standing.UNKNOWN, Standing.RUNNING)

    def is_over() -> bool:
        rows = window.comparison.rows()
        return bool(rows) and not window.comparison.is_busy and not any(row.standing in to_come for row in rows)

    qtbot.waitUntil(is_over, timeout=PATIENCE_MS)


def rows(window: MainWindow) -> dict[str, Row]:
    """The defenses by name."""
    return {row.line.name: row for row in window.comparison.rows()}


def standing(window: MainWindow, name: str) -> Standing:
    """How a defense stands."""
    return rows(window)[name].standing


def choose(window: MainWindow, name: str) -> None:
    """Point at a defense's line."""
    table = window.compare_panel.table
    table.setCurrentIndex(table.model().index(table.model().line_of(name), TITLE))


def cells(window: MainWindow, name: str) -> list[str]:
    """What a defense's line says."""
    model = window.compare_panel.model
    line = model.line_of(name)
    return [model.data(model.index(line, column)) for column in range(model.columnCount())]


def button(window: QWidget, name: str) -> QPushButton | None:
    """A button by its name."""
    return window.findChild(QPushButton, name)


def status(window: QWidget) -> str:
    """The line above the table."""
    return window.findChild(QLabel, "compareStatus").text()


def test_without_a_photo_it_says_what_will_be_here(window: MainWindow):
    panel = window.compare_panel
    window.docks.show_tab("compare")
    assert panel.hint.isVisible()
    assert "what it would need" in panel.hint.text()
    assert status(window) == "Open a photo first"
    for name in ("compareRunAll", "compareStop"):
        assert not button(window, name).isEnabled()
    assert "open one first" in button(window, "compareRunAll").toolTip()
    assert not window.registry["compareAll"].isEnabled()
    assert not window.comparison.is_busy


def test_cheap_answers_come_by_themselves_in_two_groups(ready: MainWindow):
    table, model = ready.findChild(QWidget, "compareTable"), ready.compare_panel.model
    assert table.accessibleName() == "Defenses"
    found = rows(ready)
    assert list(found) == list(DEFENSES)
    groups = [
        entry.heading.partition(":")[0].lower() if entry.row is None else entry.row.line.kind
        for entry in model.entries
    ]
    assert groups == ["detection"] * 5 + ["recovery"] * 7
    for name, row in found.items():
        if name in NEED_ANOTHER_NETWORK:
            assert row.standing is Standing.REFUSED
            assert cells(ready, name)[VERDICT].startswith("Cannot run here: it needs a ")
        elif name in DEAR:
            assert row.standing is Standing.ON_DEMAND
            assert cells(ready, name)[VERDICT] == words.cost(row.line.passes, row.seconds).capitalize()
        else:
            assert row.standing is Standing.ANSWERED
            assert cells(ready, name)[VERDICT] == VERDICTS[row.answer.word].word
    assert "4 of 6 answered" in status(ready)


def test_scalecert_says_what_the_live_verdict_says(ready: MainWindow):
    answer, verdict = rows(ready)["scalecert"].answer, ready.state.verdict
    assert (answer.word, answer.reason) == (verdict.word, verdict.reason)
    assert (answer.locations == verdict.locations).all()
    assert answer.label == ready.state.snapshot.base.name


def test_a_costly_one_runs_when_its_button_is_pressed(ready: MainWindow, qtbot: QtBot):
    run = button(ready, "run-patchcleanser")
    assert run.isVisible()
    assert "PatchCleanser, up to 325 passes, " in run.accessibleName()
    qtbot.mouseClick(run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: standing(ready, "patchcleanser") is Standing.ANSWERED, timeout=PATIENCE_MS)
    at_rest(qtbot, ready)
    assert standing(ready, "minority_reports") is Standing.ON_DEMAND
    answer = rows(ready)["patchcleanser"].answer
    assert 0 < answer.passes <= rows(ready)["patchcleanser"].line.passes
    assert not any(
        child.objectName() == "run-patchcleanser" and child.isVisible() for child in ready.findChildren(QPushButton)
    )


def test_all_at_once_and_back_to_a_photo_that_was_seen(ready: MainWindow, qtbot: QtBot):
    ready.registry["compareAll"].trigger()
    at_rest(qtbot, ready)
    assert {row.standing for row in rows(ready).values()} == {Standing.ANSWERED, Standing.REFUSED}
    assert not button(ready, "compareRunAll").isEnabled()
    before = {name: row.answer for name, row in rows(ready).items()}
    ready.state.change("Open", image="sample:china")
    assert all(row.answer is None for row in rows(ready).values()), "another photo's answers are shown"
    settle(qtbot, ready)
    at_rest(qtbot, ready)
    assert standing(ready, "patchcleanser") is Standing.ON_DEMAND, "what was asked for was asked of another photo"
    ready.state.undo_stack.undo()
    assert {name: row.answer for name, row in rows(ready).items()} == before, "at once, and the very same"
    settle(qtbot, ready)
    assert not ready.comparison.is_busy


def test_settings_make_only_their_own_answers_old(ready: MainWindow, qtbot: QtBot):
    former = rows(ready)["scalecert"].answer
    ready.state.set_knobs("Rate", top=0.3)
    changed = rows(ready)
    assert changed["scalecert"].standing is Standing.UNKNOWN
    assert changed["scalecert"].answer is former
    model = ready.compare_panel.model
    index = model.index(model.line_of("scalecert"), VERDICT)
    assert model.data(index, Qt.ItemDataRole.AccessibleTextRole).endswith(", for other settings")
    assert changed["minority_reports_pc"].standing is Standing.ANSWERED
    assert changed["clipped_bagnet"].standing is Standing.REFUSED
    settle(qtbot, ready)
    at_rest(qtbot, ready)
    assert rows(ready)["scalecert"].answer is not former
    ready.state.set_knobs("Patch", patch="6")
    assert rows(ready)["minority_reports_pc"].standing is Standing.UNKNOWN
    settle(qtbot, ready)
    at_rest(qtbot, ready)
    assert rows(ready)["minority_reports_pc"].answer.locations.shape == (27, 27)


def test_a_patch_on_the_photo_is_defended_too(ready: MainWindow, qtbot: QtBot):
    clean = rows(ready)["minority_reports_pc"].answer
    ready.controls.put_patch("sample:toaster-5pct")
    settle(qtbot, ready)
    at_rest(qtbot, ready)
    patched = rows(ready)["minority_reports_pc"].answer
    assert patched is not clean
    assert photo_key(ready.state.document) != photo_key(replace(ready.state.document, patch_on=False))


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first run of PatchCleanser lasts until it is stopped; later ones as long as they do."""
    begun: list[str] = []
    tables = PatchCleanser.tables

    def wait(self: PatchCleanser, subject: Subject, view: object, threat: object, stop: Callable[[], bool]) -> object:
        begun.append(self.name)
        while len(begun) == 1 and not stop():
            time.sleep(0.01)
        return tables(self, subject, view, threat, stop)

    monkeypatch.setattr(PatchCleanser, "tables", wait)
    return begun


def test_the_live_loop_comes_first_and_then_it_goes_on(ready: MainWindow, qtbot: QtBot, endless: list[str]):
    ready.state.set_knobs("Patch", patch="6")
    settle(qtbot, ready)
    ready.comparison.run()
    qtbot.waitUntil(lambda: ready.comparison.running == "patchcleanser", timeout=PATIENCE_MS)
    assert "PatchCleanser: up to" in status(ready)
    assert ready.compare_panel.progress.isVisible()
    ready.state.set_knobs("Rate", top=0.25)
    settle(qtbot, ready)
    at_rest(qtbot, ready)
    assert len(endless) == 2
    for name in DEAR:
        assert standing(ready, name) is Standing.ANSWERED


def test_stopped_it_waits_to_be_asked_again(ready: MainWindow, qtbot: QtBot, endless: list[str]):
    ready.state.set_knobs("Patch", patch="5")
    settle(qtbot, ready)
    ready.comparison.run()
    qtbot.waitUntil(lambda: ready.comparison.running == "patchcleanser", timeout=PATIENCE_MS)
    assert ready.registry["stop"].isEnabled()
    ready.registry["stop"].trigger()
    at_rest(qtbot, ready)
    assert len(endless) == 1
    assert status(ready).startswith("Stopped: ")
    for name in DEAR:
        assert standing(ready, name) is Standing.ON_DEMAND
    choose(ready, "patchcleanser")
    qtbot.keyClick(ready.compare_panel.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: standing(ready, "patchcleanser") is Standing.ANSWERED, timeout=PATIENCE_MS)
    assert standing(ready, "minority_reports") is Standing.ON_DEMAND


def test_a_line_shows_its_map_and_its_weakest_place(ready: MainWindow, qtbot: QtBot):
    state, answer = ready.state, rows(ready)["minority_reports_pc"].answer
    locations = ready.canvas._marks.locations
    assert locations.places is state.verdict.locations
    choose(ready, "minority_reports_pc")
    assert state.places.title == "Minority Reports with PatchCleanser's masks"
    assert locations.places is answer.locations
    assert state.selection.place == answer.worst
    assert status(ready).startswith(f"{state.places.title}: {answer.reason}")
    assert not ready.canvas.layers["locations"].visible
    qtbot.keyClick(ready.compare_panel.table, Qt.Key.Key_Return)
    assert ready.canvas.layers["locations"].visible
    assert any(text.startswith(state.places.title) for text in ready.canvas.view.legend.words)
    choose(ready, "clipped_bagnet")
    assert state.places is None
    choose(ready, "minority_reports_pc")
    ready.docks.show_tab("windows")
    assert state.places is None
    assert locations.places is state.verdict.locations
    ready.docks.show_tab("compare")


def test_one_that_fails_leaves_the_others_their_say(ready: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(PatchCleanser, "tables", fail)
    ready.state.set_knobs("Patch", patch="7")
    settle(qtbot, ready)
    at_rest(qtbot, ready)
    ready.comparison.run()
    at_rest(qtbot, ready)
    assert standing(ready, "patchcleanser") is Standing.FAILED
    assert "not enough memory" in cells(ready, "patchcleanser")[VERDICT]
    assert standing(ready, "minority_reports") is Standing.ANSWERED
    monkeypatch.undo()
    again = button(ready, "run-patchcleanser")
    assert again.text() == "Again"
    again.click()
    qtbot.waitUntil(lambda: standing(ready, "patchcleanser") is Standing.ANSWERED, timeout=PATIENCE_MS)


def test_nothing_runs_while_nobody_looks(ready: MainWindow, qtbot: QtBot):
    ready.docks.show_tab("windows")
    number = ready.comparison._number
    ready.state.set_knobs("Rate", top=0.6)
    settle(qtbot, ready)
    assert ready.comparison._number == number
    ready.docks.show_tab("compare")
    at_rest(qtbot, ready)
    assert ready.comparison._number > number


@pytest.mark.parametrize("width", [260, 420, 560, 1100])
def test_it_fits_any_width(ready: MainWindow, width: int):
    table = ready.compare_panel.table
    before = table.size()
    table.resize(width, 300)
    table.arrange()
    shown = [column for column in range(table.model().columnCount()) if not table.isColumnHidden(column)]
    assert sum(table.columnWidth(column) for column in shown) <= table.viewport().width() + len(shown)
    assert {TITLE, VERDICT} <= set(shown)
    assert (ANSWER in shown, WEAKEST in shown) in ((False, False), (False, True), (True, True))
    table.resize(before)
    table.arrange()


def test_the_cost_is_told_in_words():
    assert words.cost(1, None) == "1 pass"
    assert words.cost(666, 6.4) == "up to 666 passes, about 6 s"
    assert words.cost(9, 0.2).endswith("less than 1 s")
    assert words.about(240) == "about 4 min"
    assert is_cheap(64, None)
    assert not is_cheap(65, None)
    assert is_cheap(666, 0.001)
    assert not is_cheap(666, 0.02)


def test_what_decides_an_answer():
    plain = DefenseLine("patchcleanser", "PatchCleanser", "recovery", "", "", "", 666, ())
    swept = DefenseLine("scalecert", "ScaleCert", "detection", "", "", "", 37, ("top", "tau"))
    document = Document(image="a.png", settings=TINY)
    rate = replace(document, settings=replace(TINY, top=0.1))
    assert answer_key(document, plain) == answer_key(rate, plain)
    assert answer_key(document, swept) != answer_key(rate, swept)
    other = replace(document, image="b.png")
    assert answer_key(document, plain) != answer_key(other, plain)
    assert line_key(document, plain) == line_key(other, plain)
    patch = replace(document, settings=replace(TINY, patch="9"))
    assert line_key(document, plain) != line_key(patch, plain)
    assert photo_key(document) == photo_key(patch)


@pytest.mark.usefixtures("qapp")
def test_cheap_ones_stand_before_costly_ones_and_those_that_cannot_run_last():
    lines = [
        DefenseLine("a", "A", "recovery", "", "", "it needs more.", 0, ()),
        DefenseLine("b", "B", "recovery", "", "", "", 600, ()),
        DefenseLine("c", "C", "recovery", "", "", "", 1, ()),
        DefenseLine("d", "D", "detection", "", "", "", 900, ()),
    ]
    model = CompareModel()
    assert model.show_rows([Row(line, Standing.ON_DEMAND) for line in lines])
    assert [entry.row.line.name if entry.row else entry.heading[:9] for entry in model.entries] == [
        *("Detection", "d", "Recovery:", "c", "b", "a")
    ]
    assert not model.show_rows([Row(line, Standing.WAITING) for line in lines]), "lines stay where they are"
    assert model.flags(model.index(0, 0)) == Qt.ItemFlag.NoItemFlags
