"""The tour: the window shows itself, by its real controls and engine, until a key or the mouse takes over."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication

from gui.caption import Caption
from gui.patch_fit import patch_size, size_on_photo
from gui.state import Phase
from gui.theme import VERDICTS

if TYPE_CHECKING:
    from gui.main_window import MainWindow

__all__ = ["STEPS", "Tour"]

STEPS = 9
_TICK_MS = 33
_TAKES_OVER = {
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
    QEvent.Type.DragEnter,
}
Wait = float | Callable[[], bool]


class Tour(QObject):
    """Walks through the window.

    Parameters
    ----------
    window : MainWindow

    Signals
    -------
    ended
        It came to its end, or somebody took over.
    """

    ended = Signal()

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window, self._state = window, window.state
        self._caption = Caption(window)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._script: Iterator[Wait] | None = None
        self._wait: Wait = 0.0
        self._since = 0.0
        self._pace, self._loops = 1.0, False
        self.seen: list[tuple[str, str]] = []

    @property
    def is_running(self) -> bool:
        """Whether it walks."""
        return self._script is not None

    @Slot()
    def start(self, loops: bool = True, pace: float = 1.0) -> None:
        """Begin at the first step.

        Parameters
        ----------
        loops : bool
            Begin again after the last step.
        pace : float
            Factor on every pause and movement; small for tests.
        """
        if self.is_running:
            return
        self._loops, self._pace = loops, pace
        self.seen = []
        self._begin()
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    @Slot()
    def stop(self) -> None:
        """End where it is; what it has set stays, and can be undone."""
        if not self.is_running:
            return
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        self._timer.stop()
        self._script = None
        self._let_go()
        self._caption.hide()
        self.ended.emit()

    def run_once(self, pace: float = 0.05, timeout_s: float = 180) -> list[tuple[str, str]]:
        """Walk through all steps once and wait for the end.

        Returns
        -------
        list of (str, str)
            What each step was about and the verdict that stood at its end.

        Raises
        ------
        TimeoutError
            If the engine does not come to an end.
        """
        loop, late = QEventLoop(), QTimer()
        late.setSingleShot(True)
        late.timeout.connect(loop.quit)
        self.ended.connect(loop.quit)
        late.start(round(timeout_s * 1000))
        self.start(loops=False, pace=pace)
        loop.exec()
        done = late.isActive()
        late.stop()
        if not done:
            self.stop()
            raise TimeoutError(f"the tour stood still at: {self._caption.words}")
        return self.seen

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Whatever the user does takes over; that first key or click does nothing else."""
        if not self.is_running:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # the key comes as a key then, and not as a command
            return True
        if event.type() in _TAKES_OVER:
            self.stop()
            return True
        return False

    def _begin(self) -> None:
        self._script = self._steps()
        self._wait, self._since = 0.0, time.monotonic()
        self._timer.start()

    @Slot()
    def _tick(self) -> None:
        if self._script is None:
            return
        over = self._wait() if callable(self._wait) else time.monotonic() - self._since >= self._wait * self._pace
        if not over:
            return
        try:
            self._wait = next(self._script)
            self._since = time.monotonic()
        except StopIteration:
            if self._loops:
                self._begin()
            else:
                self.stop()

    def _steps(self) -> Iterator[Wait]:
        window, state = self._window, self._state
        yield from self._prepare()

        self._say(1, "A photo, as an image classifier sees it. Could a small printed patch change its answer?")
        window.opener.photo("sample:flower")
        yield self._settled
        yield 4.0
        base = state.snapshot.base if state.snapshot else None
        name = base.name if base else "nothing"
        size = state.snapshot.threat_px[0] if state.snapshot else 0
        self._say(
            2,
            f"The model says {name}. Each window hides one part of the photo, and wherever a patch of {size} px "
            "is put, some window hides all of it.",
        )
        yield 5.0
        yield from self._conclude(2)

        self._say(3, "The top-ranking rate: how many of the most important neurons are kept. Everything follows.")
        yield from self._slide("topRateSlider", 0.15, 2.5)
        yield from self._slide("topRateSlider", 0.75, 3.0)
        yield self._settled
        yield 1.5
        yield from self._conclude(3)

        self._say(4, "The window size: larger windows hide more, and fewer of them are needed.")
        yield from self._slide("windowSizeSlider", 0.6, 2.5)
        yield self._settled
        yield 2.0
        yield from self._conclude(4)
        self._reset_settings()
        yield self._settled

        self._say(5, "Now somebody puts a patch on the photo.")
        self._switch_patch(True)
        yield self._settled
        yield 2.0
        yield from self._conclude(5)

        self._say(6, "Wherever the patch goes, the windows that hide it show what the photo says without it.")
        yield from self._wander(5.0)
        yield self._settled
        yield 1.5
        yield from self._conclude(6)

        self._say(7, "Take the patch off, and the answer is as it was.")
        self._switch_patch(False)
        yield self._settled
        yield 2.0
        yield from self._conclude(7)

        self._say(8, "The same photo, seen at the next superficial layer, and a patch half as large.")
        before = state.settings
        state.set_knobs("Superficial layer and feared patch", layer="2", patch="1%")
        yield self._settled
        yield 2.0
        yield from self._conclude(8)
        state.change("Reset settings", settings=before)
        yield self._settled

        self._say(9, "Another photo, the same question.")
        window.opener.photo("sample:china")
        yield self._settled
        yield 3.0
        yield from self._conclude(9)

    def _prepare(self) -> Iterator[Wait]:
        """Start from the settings that the window starts with."""
        self._state.set_live(True)
        self._say(1, "SINscope: can a patch fool this model, or is it proved that none can?")
        self._reset_settings()
        self._switch_patch(False)
        yield 2.5

    def _conclude(self, step: int) -> Iterator[Wait]:
        """Say what the verdict is, in the words of what was computed."""
        verdict = self._state.verdict
        if verdict is None or self._state.phase is not Phase.VERDICT:
            problem = self._state.problem
            self._note(step, "error")
            self._say(step, problem.sentence if problem else "The engine was stopped.")
        else:
            self._note(step, verdict.word)
            self._say(step, f"{VERDICTS[verdict.word].word}: {_sentence(verdict.reason)}")
        yield 4.0

    def _slide(self, name: str, share: float, seconds: float) -> Iterator[Wait]:
        """Drag a slider to a share of its range as a hand would."""
        slider = self._slider(name)
        if slider is None or not slider.isEnabled():
            return
        target = round(slider.minimum() + share * (slider.maximum() - slider.minimum()))
        ticks = max(2, round(seconds * 1000 / _TICK_MS * self._pace))
        start = slider.value()
        slider.setSliderDown(True)
        for tick in range(1, ticks + 1):
            slider.setValue(round(start + (target - start) * _eased(tick / ticks)))
            yield 0.0
        slider.setSliderDown(False)

    def _wander(self, seconds: float) -> Iterator[Wait]:
        """Drag the patch over the photo, from corner to corner."""
        state = self._state
        size = patch_size(state.document.patch) if state.document.patch else None
        placed = size_on_photo(size, state.document.placement) if size else None
        if placed is None or state.model is None:
            return
        height, width = state.model.input_size
        across, down = width - placed[1], height - placed[0]
        start = state.document.placement
        stops = [(0.2, 0.25), (0.8, 0.3), (0.55, 0.75), (start.left / max(1, across), start.top / max(1, down))]
        ticks = max(2, round(seconds * 1000 / _TICK_MS * self._pace / len(stops)))
        state.hold(True)
        x, y = stops[-1]
        for stop_x, stop_y in stops:
            for tick in range(1, ticks + 1):
                share = _eased(tick / ticks)
                left, top = x + (stop_x - x) * share, y + (stop_y - y) * share
                state.move_patch(replace(start, left=round(left * across), top=round(top * down)))
                yield 0.0
            x, y = stop_x, stop_y
        state.hold(False)

    def _switch_patch(self, on: bool) -> None:
        switch = self._window.findChild(QAbstractButton, "patchToggle")
        if switch is not None:
            switch.setChecked(on)

    def _slider(self, name: str) -> QAbstractSlider | None:
        return self._window.findChild(QAbstractSlider, name)

    def _let_go(self) -> None:
        for name in ("topRateSlider", "windowSizeSlider"):
            slider = self._slider(name)
            if slider is not None and slider.isSliderDown():
                slider.setSliderDown(False)
        self._state.hold(False)

    def _settled(self) -> bool:
        """Whether the engine has come to an end with what is asked now."""
        state = self._state
        if state.phase in (Phase.ERROR, Phase.CANCELLED):
            return True
        shown = state.snapshot
        return state.phase is Phase.VERDICT and shown is not None and shown.request.document == state.document

    def _reset_settings(self) -> None:
        settings = replace(self._state.settings, top=None, window=None, stride=None)
        self._state.change("Reset settings", settings=settings)

    def _say(self, step: int, words: str) -> None:
        self._caption.say(words, step, STEPS)

    def _note(self, step: int, word: str) -> None:
        self.seen.append((f"step {step}", word))


def _eased(share: float) -> float:
    return share * share * (3 - 2 * share)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith(".") else f"{text}."
