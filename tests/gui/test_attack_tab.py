"""The tab Attack on the real engine: a patch is trained, stopped, used, saved; and whatever can go wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from dialogs import ScriptedDialogs
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from tiny import TINY, ended, make_inspector, steps_done
from waiting import PATIENCE_MS, settle

from engine.attacks.patch_file import read_trained_patch
from engine.placement import Placement
from gui.app import application
from gui.attack import Attack
from gui.long_work import Stand
from gui.main_window import MainWindow
from gui.panels.attack import AttackPanel
from gui.snapshot import Problem
from gui.sources import keep_clipboard_image
from gui.state import State
from gui.theme import apply_theme

ENDLESS = 100_000
BUTTONS = ("attackStart", "attackStop", "attackUse", "attackSave")


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
    window.docks.show_tab("attack")
    yield window
    window.close()
    window.deleteLater()


@pytest.fixture
def ready(qtbot: QtBot, tiny: MainWindow) -> MainWindow:
    """The shared window with the sample photo, no patch and no attack running."""
    tiny.attack.stop()
    ended(qtbot, tiny)
    tiny.filmstrip.close_folder()
    tiny.state.change("Begin", image="sample:flower", patch=None, patch_on=False, settings=TINY)
    tiny.live.run()
    settle(qtbot, tiny)
    tiny.state.undo_stack.clear()
    form = tiny.attack_panel.form
    form.source.setCurrentIndex(0)
    form.place.setCurrentIndex(0)
    form.against.setCurrentIndex(0)
    form.alpha.setValue(0)
    form.target.picked.emit("3")
    form.steps.setValue(20)
    tiny.activateWindow()
    return tiny


def button(window: QWidget, name: str) -> QPushButton:
    """One of the tab's buttons."""
    return window.findChild(QPushButton, name)


def status(window: QWidget) -> str:
    """The line that says how it goes."""
    return window.findChild(QLabel, "attackStatus").text()


def begin(window: MainWindow, steps: int = 20) -> None:
    """Press Start."""
    window.attack_panel.form.steps.setValue(steps)
    assert button(window, "attackStart").isEnabled(), button(window, "attackStart").toolTip()
    button(window, "attackStart").click()


def curve(window: MainWindow) -> np.ndarray:
    """The loss as it is drawn, step by step."""
    return window.attack_panel.curve._each.getData()[1]


def test_without_a_photo_nothing_can_be_done_and_each_button_says_why(window: MainWindow):
    for name in BUTTONS:
        assert not button(window, name).isEnabled()
    assert "open one first" in button(window, "attackStart").toolTip()
    assert "No attack" in button(window, "attackStop").toolTip()
    for name in ("attackUse", "attackSave"):
        assert "no patch yet" in button(window, name).toolTip()
    for name in ("startAttack", "usePatch", "savePatch"):
        assert not window.registry[name].isEnabled()
    window.attack_panel.start()
    assert window.attack.stand is Stand.IDLE


def test_loss_and_preview_arrive_and_the_photo_falls(qtbot: QtBot, ready: MainWindow):
    told: list[str] = []
    ready.attack.changed.connect(lambda: told.append(status(ready)))
    before = ready.attack_panel.preview.grab().toImage()
    begin(ready, 60)
    assert ready.attack.stand is Stand.PREPARING
    assert not button(ready, "attackStart").isEnabled()
    assert not ready.attack_panel.form.steps.isEnabled()
    view = ended(qtbot, ready)
    assert ready.attack.stand is Stand.DONE
    assert view.step == view.steps == len(view.losses) == 60
    np.testing.assert_array_equal(curve(ready), view.losses)
    assert view.losses[-10:].mean() < view.losses[:10].mean()
    assert view.best.shape == (8, 8, 3)
    assert ready.attack_panel.preview.grab().toImage() != before
    assert any(text.startswith("Step ") and "left: loss" in text for text in told)
    assert status(ready).startswith("60 steps in ")
    assert "class 3" in status(ready) or view.target in status(ready)
    assert ready.findChild(QProgressBar, "attackProgress").value() == 60
    assert all(button(ready, name).isEnabled() for name in ("attackStart", "attackUse", "attackSave"))
    assert not ready.registry["stop"].isEnabled()


def test_use_puts_the_best_patch_where_it_was_trained_and_undo_takes_it_off(qtbot: QtBot, ready: MainWindow):
    begin(ready)
    view = ended(qtbot, ready)
    button(ready, "attackUse").click()
    document = ready.state
    qtbot.waitUntil(lambda: document.document.patch_on, timeout=PATIENCE_MS)
    settle(qtbot, ready)
    assert view.request.attack.places == (18, 3)
    assert document.document.placement == Placement(18, 3)
    np.testing.assert_array_equal(document.snapshot.view[3:11, 18:26], view.best)
    assert document.snapshot.full.label == 3 or view.success == 0
    ready.registry["undo"].trigger()
    assert document.document.patch is None
    settle(qtbot, ready)
    assert document.snapshot.patch_box is None
    np.testing.assert_array_equal(document.snapshot.view, document.snapshot.clean_view)


def test_save_writes_a_picture_and_how_it_was_made(qtbot: QtBot, ready: MainWindow, tmp_path: Path):
    begin(ready)
    view = ended(qtbot, ready)
    ready.dialogs.answers.append(tmp_path / "mine.png")
    button(ready, "attackSave").click()
    qtbot.waitUntil(lambda: not ready.aside.is_busy and (tmp_path / "mine.json").exists(), timeout=PATIENCE_MS)
    saved = read_trained_patch(tmp_path / "mine.png")
    np.testing.assert_array_equal(saved.patch.rgba[..., :3], view.best)
    assert saved.attack == view.request.attack
    assert saved.made["steps_done"] == 20
    assert saved.made["photos"][0]["name"] == "flower"
    assert saved.made["command"].startswith("python main.py attack sample:flower --out mine.png --target 3 --patch 8")
    ready.dialogs.answers.append(tmp_path / "no.jpg")
    button(ready, "attackSave").click()
    messages = ready.messages  # the note before goes by itself
    qtbot.waitUntil(lambda: messages.message is not None and messages.message.kind == "error", timeout=PATIENCE_MS)
    assert "end its name in .png" in messages.message.sentence
    assert sorted(path.name for path in tmp_path.glob("*.*g")) == ["mine.png"]


def test_escape_stops_after_the_step_and_keeps_the_best(qtbot: QtBot, ready: MainWindow):
    begin(ready, ENDLESS)
    steps_done(qtbot, ready, 30)
    assert ready.registry["stop"].isEnabled()
    qtbot.keyClick(ready, Qt.Key.Key_Escape)
    assert ready.attack.stand is Stand.STOPPING
    view = ended(qtbot, ready)
    assert ready.attack.stand is Stand.STOPPED
    assert 30 <= view.step < ENDLESS
    assert status(ready).startswith(f"Stopped after {view.step} of {ENDLESS} steps")
    assert all(button(ready, name).isEnabled() for name in ("attackStart", "attackUse", "attackSave"))
    begin(ready, 5)
    assert ended(qtbot, ready).step == 5


def test_the_live_loop_answers_while_an_attack_runs(qtbot: QtBot, ready: MainWindow):
    begin(ready, ENDLESS)
    first = steps_done(qtbot, ready, 5).step
    ready.state.set_knobs("Top-ranking rate", top=0.37)
    settle(qtbot, ready)
    assert ready.state.snapshot.settings.top == 0.37
    assert ready.attack.is_busy
    assert ready.docks.tabs.tabText(ready.docks.tabs.currentIndex()) == "Attack 0 %"
    assert steps_done(qtbot, ready, first + 20).request.settings.top is None
    button(ready, "attackStop").click()
    ended(qtbot, ready)
    assert ready.docks.tabs.tabText(ready.docks.tabs.currentIndex()) == "Attack"


@pytest.mark.parametrize(
    ("against", "alpha", "place", "target"), [("pruned", 0.0, "any", "untargeted"), ("plain", 2.0, "one", "3")]
)
def test_wishes_reach_the_attack(
    qtbot: QtBot, ready: MainWindow, against: str, alpha: float, place: str, target: str
):
    form = ready.attack_panel.form
    form.against.setCurrentIndex(form.against.findData(against))
    form.place.setCurrentIndex(form.place.findData(place))
    form.alpha.setValue(alpha)
    form.target.set_value(target)
    begin(ready, 3)
    attack = ended(qtbot, ready).request.attack
    assert attack.defended is (against == "pruned")
    assert attack.alpha == alpha
    assert (attack.places is None) is (place == "any")
    assert attack.target == (None if target == "untargeted" else 3)


def test_a_patch_on_the_photo_gives_the_place_and_the_feared_patch_the_size(ready: MainWindow, tmp_path: Path):
    Image.new("RGB", (10, 10), "red").save(tmp_path / "red.png")
    ready.state.change("Patch", patch=str(tmp_path / "red.png"), patch_on=True, placement=Placement(20, 3))
    assert ready.attack_panel.form.wishes().attack.places == (21, 4)  # about the same middle
    ready.state.set_knobs("Patch size", patch="16")
    assert ready.attack_panel.form.wishes().attack.places == (16, 0)  # moved inside
    assert ready.findChild(QLabel, "attackSize").text().startswith("16 × 16 px")


def test_a_folder_is_attacked_as_a_whole(qtbot: QtBot, ready: MainWindow, tmp_path: Path):
    for number, colour in enumerate(("red", "green", "blue")):
        Image.new("RGB", (40, 40), colour).save(tmp_path / f"{number}.png")
    form = ready.attack_panel.form
    assert not form.source.model().item(1).isEnabled()
    assert "Open a folder first" in form.source.toolTip()
    ready.opener.folder(str(tmp_path))
    qtbot.waitUntil(lambda: form.source.model().item(1).isEnabled(), timeout=PATIENCE_MS)
    form.source.setCurrentIndex(1)
    assert form.place.currentData() == "any"
    form.limit.setValue(2)
    begin(ready, 4)
    view = ended(qtbot, ready)
    assert view.photos == 2
    assert view.request.attack.batch == 2
    ready.filmstrip.close_folder()
    assert form.source.currentData() == "photo"


def test_a_pasted_photo_can_be_attacked(qtbot: QtBot, ready: MainWindow):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    ready.state.change("Paste photo", image=keep_clipboard_image(pixels))
    begin(ready, 3)
    view = ended(qtbot, ready)
    assert view.step == 3
    assert view.request.source.startswith("clipboard:")


def test_what_cannot_be_is_said_and_nothing_is_lost(qtbot: QtBot, ready: MainWindow, tmp_path: Path):
    form = ready.attack_panel.form
    form.target.picked.emit("no such class")
    assert "There is no class" in form.message.text()
    path = tmp_path / "photo.png"
    Image.new("RGB", (40, 40), "red").save(path)
    ready.state.change("Open", image=str(path))
    settle(qtbot, ready)
    path.write_bytes(b"rubbish")
    begin(ready, 3)
    ended(qtbot, ready)
    assert ready.attack.stand is Stand.FAILED
    assert isinstance(ready.attack.problem, Problem)
    assert "photo.png" in status(ready)
    assert not ready.attack.problem.details
    ready.state.change("Open", image="sample:flower")
    begin(ready, 3)
    assert ended(qtbot, ready).step == 3


def test_closing_the_window_asks_ends_the_attack_and_keeps_its_patch(
    qtbot: QtBot, make_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    window = make_window()
    window.state.change("Tiny network", image="sample:flower", settings=TINY)
    settle(qtbot, window)
    window.attack_panel.form.steps.setValue(ENDLESS)
    window.registry["startAttack"].trigger()
    assert window.attack_panel.isVisible()
    steps_done(qtbot, window, 1)
    window.dialogs.answers += [False, True]
    window.close()
    assert window.isVisible()
    assert window.attack.is_busy, "whoever does not agree loses nothing"
    window.close()
    assert not window.attack._thread._thread.isRunning()
    assert all("An attack is running (step " in question for question in window.dialogs.asked)
    (kept,) = (tmp_path / "Documents" / "SINscope").glob("*.png")
    assert str(kept.parent) in window.dialogs.asked[0]
    assert read_trained_patch(kept).attack.steps == ENDLESS


def test_a_narrow_tab_shows_wishes_and_course_by_turns(qtbot: QtBot):
    state = State()
    attack = Attack(state)
    panel = AttackPanel(state, attack)
    qtbot.addWidget(panel)
    panel.show()
    panel.resize(360, 150)
    assert panel.wishes_button.isVisible()
    assert panel.form.isVisible()
    assert not panel.curve.isVisible()
    panel.wishes_button.setChecked(False)
    assert panel.curve.isVisible()
    assert not panel.form.isVisible()
    panel.resize(900, 150)
    assert panel.form.isVisible()
    assert panel.curve.isVisible()
    assert not panel.wishes_button.isVisible()
    attack.close()
