"""Five hundred random actions: nothing leaks, memory stays, and the last verdict is the command line's."""

import gc
import json
import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QAbstractAnimation, QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QSlider, QWidget
from pytestqt.qtbot import QtBot
from waiting import PATIENCE_MS, settle

from engine.cli import main as sinscope
from engine.images import load_image
from engine.placement import Placement
from engine.settings import Settings
from gui.document import Document
from gui.main_window import MainWindow
from gui.sources import sample_patches
from gui.state import Phase

ACTIONS, WARM_UP, SEED = 500, 100, 20
RUNNING = QAbstractAnimation.State.Running
WINDOWS = range(84, 105)  # cells of 112: some 4 windows, so that the engine keeps up
LAYERS = "1", "2"
MODELS: tuple[dict[str, str | None], ...] = (
    {"model": "efficientnet_lite0", "weights": None},
    {"model": "torchvision:squeezenet1_1", "weights": "random"},  # quick, and there without a download
)
AT_REST = (Phase.VERDICT, Phase.ERROR, Phase.STALE, Phase.CANCELLED)


class Hand:
    """Somebody at the window who tries everything, with real controls where a control is what is tried."""

    def __init__(self, window: MainWindow, photos: list[str], seed: int) -> None:
        self.window, self.state, self.photos = window, window.state, photos
        self.dice = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.actions: dict[Callable[[], None], int] = {
            self.top_rate: 6,
            self.window_size: 6,
            self.patch_size: 3,
            self.drag: 4,
            self.patch_moved: 6,
            self.patch_toggled: 3,
            self.photo: 4,
            self.undo: 5,
            self.redo: 3,
            self.layer: 1,
            self.model: 2,
            self.rule: 2,
            self.select: 4,
            self.live_switched: 2,
            self.stop: 2,
            self.run: 2,
            self.layers_drawn: 2,
        }

    def act(self) -> None:
        """Do one thing."""
        (action,) = self.dice.choices(list(self.actions), list(self.actions.values()))
        self.done[action.__name__] += 1
        action()

    def slider(self, name: str) -> QSlider:
        return self.window.findChild(QSlider, name)

    def top_rate(self) -> None:
        self.slider("topRateSlider").setValue(self.dice.randint(5, 95))

    def window_size(self) -> None:
        self.state.set_knobs("Window size", window=self.dice.choice(WINDOWS))

    def patch_size(self) -> None:
        self.slider("patchSizeSlider").setValue(self.dice.randint(1, 15))

    def drag(self) -> None:
        slider = self.slider("topRateSlider")
        slider.setSliderDown(True)
        for _ in range(self.dice.randint(2, 8)):
            slider.setValue(self.dice.randint(5, 95))
            QApplication.processEvents()
        slider.setSliderDown(False)

    def patch_moved(self) -> None:
        left, top = self.dice.randint(0, 160), self.dice.randint(0, 160)
        self.state.move_patch(Placement(left, top, self.dice.choice((0.5, 1.0)), self.dice.choice((0.0, 90.0))))

    def patch_toggled(self) -> None:
        self.window.findChild(QWidget, "patchToggle").click()

    def photo(self) -> None:
        self.window.opener.photo(self.dice.choice(self.photos))

    def undo(self) -> None:
        for _ in range(self.dice.randint(1, 3)):
            self.window.registry["undo"].trigger()

    def redo(self) -> None:
        self.window.registry["redo"].trigger()

    def layer(self) -> None:
        self.state.set_knobs("Layer", layer=self.dice.choice(LAYERS))

    def model(self) -> None:
        self.state.set_knobs("Model", **self.dice.choice(MODELS))

    def rule(self) -> None:
        rule = self.dice.choice(("consistency", "confident", "hicert"))
        self.state.set_knobs("Rule", rule=rule, tau=self.dice.choice((0.3, 0.5, 0.8)))

    def select(self) -> None:
        shown = self.state.snapshot
        if shown is not None and shown.windows is not None and self.dice.random() < 0.8:
            self.state.select(window=self.dice.randrange(len(shown.windows)))
        else:
            self.state.select(place=(self.dice.randint(0, 150), self.dice.randint(0, 150)))

    def live_switched(self) -> None:
        self.state.set_live(not self.state.live)

    def stop(self) -> None:
        self.window.registry["stop"].trigger()
        self.window.live.stop()

    def run(self) -> None:
        self.window.live.run()

    def layers_drawn(self) -> None:
        self.slider("heatmapOpacity").setValue(self.dice.randint(0, 100))


def tidy() -> None:
    """Let everything end that is to be ended."""
    gc.collect()
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def lasting_objects(window: MainWindow) -> list[QObject]:
    """All of them but what labels make for their text once they have some."""
    found = window.findChildren(QObject)
    of_labels = {id(thing) for thing in found if isinstance(thing, QLabel) for thing in thing.findChildren(QObject)}
    return [thing for thing in found if id(thing) not in of_labels]


def census(window: MainWindow) -> dict[str, int]:
    """What there is of everything that could pile up."""
    return {
        "threads of Qt": sum(thread.isRunning() for thread in window.findChildren(QThread)),
        "threads": sum(thread.name == "aside" for thread in threading.enumerate()),
        "timers": len(window.findChildren(QTimer)),
        "active timers": sum(timer.isActive() for timer in window.findChildren(QTimer)),
        "widgets": len(window.findChildren(QWidget)),
        **Counter(f"objects: {thing.metaObject().className()}" for thing in lasting_objects(window)),
        "top-level widgets": len(QApplication.topLevelWidgets()),
    }


def memory_mb() -> float | None:
    """Resident memory now; ``None`` where nobody says."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * 4096 / 2**20


def arguments_of(document: Document) -> list[str]:
    """The command line that asks for the same."""
    assert document.image is not None
    words = ["inspect", document.image]
    usual = Settings()
    for field in fields(Settings):
        value = getattr(document.settings, field.name)
        if value != getattr(usual, field.name):
            words += [f"--{field.name.replace('_', '-')}", str(value)]
    if document.patch_on and document.patch:
        placement = document.placement
        path = sample_patches()[document.patch.removeprefix("sample:")]
        words += ["--paste", str(path), "--at", f"{placement.left},{placement.top}"]
        words += ["--scale", str(placement.scale), "--rotate", str(placement.rotation)]
    return words


def alike(one: object, other: object) -> bool:
    """Whether two reports say the same; the last bits of a number hang on how many threads computed it."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-7)
    return one == other


@pytest.fixture
def photos(tmp_path: Path) -> Iterator[list[str]]:
    """The samples, and a photo in a file."""
    Image.fromarray(load_image("sample:china").rgb[:, ::-1]).save(tmp_path / "mirrored.png")
    return ["sample:flower", "sample:china", str(tmp_path / "mirrored.png")]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_five_hundred_random_actions(
    make_window: Callable[..., MainWindow], qtbot: QtBot, photos: list[str], tmp_path: Path
):
    window = make_window()
    state = window.state
    state.change("Begin", settings=Settings(window=96, backend="torch"))
    state.change("Begin", image="sample:flower", patch="sample:toaster-5pct", placement=Placement(20, 20))
    settle(qtbot, window)
    hand = Hand(window, photos, SEED)

    def rest() -> None:
        qtbot.waitUntil(lambda: state.phase in AT_REST, timeout=PATIENCE_MS)

    def come_to_rest() -> None:
        """A verdict, whatever the hand has left undone."""
        state.hold(False)
        state.set_live(True)
        state.select()
        # The patch on the photo is as large as 5 %; a layer of either model has room for the usual window.
        state.set_knobs("Rest", patch="5%", window=None)
        window.live.run()
        settle(qtbot, window)
        tidy()

    before: dict[str, int] = {}
    memory: float | None = None
    for number in range(ACTIONS):
        if number == WARM_UP:
            # Whatever is kept for each model and layer is there from here on.
            for model in MODELS:
                for layer in LAYERS:
                    state.set_knobs("Warm up", layer=layer, **model)
                    come_to_rest()
            before, memory = census(window), memory_mb()
        hand.act()
        QApplication.processEvents()
        if hand.dice.random() < 0.15:
            rest()
    state.change("Last", patch_on=True)
    come_to_rest()
    qtbot.waitUntil(
        lambda: not any(timer.isActive() and timer.isSingleShot() for timer in window.findChildren(QTimer))
    )
    # Only Qt makes animations here, and an animation that runs has not piled up; one that has ended would be counted.
    qtbot.waitUntil(lambda: not any(one.state() == RUNNING for one in window.findChildren(QAbstractAnimation)))
    tidy()
    after = census(window)
    assert set(hand.done) == {action.__name__ for action in hand.actions}, "everything was tried"
    assert {name: count for name, count in after.items() if count > before.get(name, 0)} == {}, "something piles up"
    if memory is not None:
        now = memory_mb()
        print(
            f"\n{dict(hand.done)}\n{before}\n{after}\nmemory {memory:.0f} MB, {now:.0f} MB at the end"
        )  # -s shows it
        assert now < memory + 150

    assert state.snapshot is not None
    assert state.snapshot.verdict is not None
    shown = json.loads(json.dumps(state.snapshot.verdict.report))
    report = tmp_path / "report.json"
    assert sinscope([*arguments_of(state.document), "--json", str(report)]) in (0, 3)
    (fresh,) = json.loads(report.read_text())
    for made_along in ("timing_ms", "passes"):
        del shown[made_along], fresh[made_along]
    assert alike(shown, fresh), f"{shown}\n{fresh}"
