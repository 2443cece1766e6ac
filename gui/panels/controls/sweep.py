"""How many neurons are kept, and which windows are tried."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QSpinBox, QWidget

from gui.fitting import widest_stride
from gui.panels.controls.group import Group, choices, choose
from gui.snapshot import Snapshot
from gui.state import Phase, State
from gui.widgets import Chip, Field, FloatSlider, Fold, InlineMessage, Note, set_range

__all__ = ["SweepGroup"]

_TOP, _WINDOW = "Top-ranking rate", "Window size"


class SweepGroup(Group):
    """Top-ranking rate and window size; below, folded, stride and the ways to rank, choose and fill."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Neurons and windows", state, parent)
        self._full: Snapshot | None = None
        self._add_rate()
        self._add_window()
        self.body.addWidget(self.message)
        self.fold = Fold("Stride, selection, importance, fill")
        self.body.addWidget(self.fold)
        self._add_folded()
        self.refresh()

    def _add_rate(self) -> None:
        self.top = FloatSlider(1, 100, 1, decimals=1, suffix=" %", lowest=0.1)
        self.top.slider.setObjectName("topRateSlider")
        self.top.describe(
            _TOP, "Share of the superficial neurons that are kept, the most important ones: the SINs (Alt+T)"
        )
        self.top_default = Chip("Default", "Default top-ranking rate", "Down: the model's own rate for this layer")
        self.top_note = Note()
        self.follow_drags(self.top)
        self.body.addWidget(Field("&Top-ranking rate", self.top, self.top_default, self.top_note))
        self.top.moved.connect(self._set_top)
        self.top_default.clicked.connect(self._default_top)

    def _add_window(self) -> None:
        self.window_size = FloatSlider(1, 112, 1, suffix=" cells")
        self.window_size.slider.setObjectName("windowSizeSlider")
        self.window_size.describe(_WINDOW, "Side of the occluding windows, in cells of the superficial layer (Alt+W)")
        self.window_auto = Chip(
            "Auto", "Automatic window size", "Down: the smallest window that needs at most six steps an axis"
        )
        self.window_note = Note()
        self.follow_drags(self.window_size)
        self.body.addWidget(Field("&Window size", self.window_size, self.window_auto, self.window_note))
        self.window_size.moved.connect(self._set_window)
        self.window_auto.clicked.connect(self._auto_window)

    def _add_folded(self) -> None:
        self.stride = QSpinBox()
        self.stride.setSpecialValueText("Automatic: fewest windows")
        self.stride.setSuffix(" cells")
        self.stride.setKeyboardTracking(False)
        self.stride.setAccessibleName("Stride")
        self.stride.setToolTip("Step between windows; a small one gives more windows that overlap")
        self.selection = choices(
            {"per_window": "Per window", "global": "Global"},
            "Selection",
            "Where SINs are chosen: among the neurons outside each window, or once on the whole map",
        )
        self.importance = choices(
            {"contrast": "Contrast to mid-grey", "activation": "Activation"},
            "Importance",
            "What ranks neurons: the distance to their answer to mid-grey, or their activation",
        )
        self.fill = choices(
            {"neutral": "Neutral response", "zero": "Zero"},
            "Fill",
            "What stands in for neurons that are left out",
        )
        self.warning = InlineMessage()
        for caption, control in (
            ("Stride", self.stride),
            ("Selection", self.selection),
            ("Importance", self.importance),
            ("Fill", self.fill),
        ):
            self.fold.body.addWidget(Field(caption, control))
            if control is self.selection:
                self.fold.body.addWidget(self.warning)
        self.stride.valueChanged.connect(self._set_stride)
        for box in (self.selection, self.importance, self.fill):
            box.activated.connect(self._pick)

    def refresh(self) -> None:
        """Show the document's knobs, with the defaults filled in from the newest snapshot."""
        settings, snapshot = self.state.settings, self.state.snapshot
        if snapshot is not None and not snapshot.request.preview:
            self._full = snapshot
        self.top_default.setChecked(settings.top is None)
        rate = settings.top if settings.top is not None else _default_rate(snapshot)
        self.top.set_value(None if rate is None else rate * 100)
        self.top_note.setText(_kept(rate, snapshot))
        if snapshot is not None:
            self.window_size.set_range(snapshot.smallest_window, snapshot.largest_window)
            with QSignalBlocker(self.stride):
                set_range(self.stride, 0, max(widest_stride(self._full or snapshot), settings.stride or 0))
        self.window_auto.setChecked(settings.window is None)
        side = settings.window if settings.window is not None else self._full.side if self._full else None
        self.window_size.set_value(side)
        self.window_size.setEnabled(snapshot is not None)
        self.window_auto.setEnabled(snapshot is not None or settings.window is not None)
        self.window_note.setText(self._windows(side))
        with QSignalBlocker(self.stride):
            self.stride.setValue(settings.stride or 0)
        choose(self.selection, settings.selection)
        choose(self.importance, settings.importance)
        choose(self.fill, settings.fill)
        self.warning.say(
            "For study: real networks are never certified with global selection."
            if settings.selection == "global"
            else ""
        )

    def _windows(self, side: int | None) -> str:
        """How many windows there are, and what each of them hides at the least."""
        snapshot = self._full
        if side is None or snapshot is None:
            return ""
        windows = snapshot.windows
        asked, answered = self.state.document.settings, snapshot.request.document.settings
        same = (asked.model, asked.layer, asked.patch, asked.stride) == (
            answered.model,
            answered.layer,
            answered.patch,
            answered.stride,
        )
        if windows is not None and len(windows) and snapshot.side == side and same:
            (down, across), (high, wide) = windows.grid, windows.least_px
            hidden = f"{high} × {wide} px".replace(" ", "\u00a0")  # in one line
            return f"{down * across} windows ({down} × {across}), each hides {hidden} or more"
        cell = min(snapshot.model.input_size) / (snapshot.largest_window + 1)
        counting = " · counting windows …" if self.state.phase in (Phase.COMPUTING, Phase.PARTIAL) else ""
        return f"about {side * cell:.0f} px{counting}"

    @Slot(float)
    def _set_top(self, percent: float) -> None:
        self.ask(_TOP, top=round(percent / 100, 6))

    @Slot(bool)
    def _default_top(self, on: bool) -> None:
        self.ask(_TOP, top=None if on else round(self.top.value() / 100, 6))

    @Slot(float)
    def _set_window(self, cells: float) -> None:
        self.ask(_WINDOW, window=round(cells))

    @Slot(bool)
    def _auto_window(self, on: bool) -> None:
        self.ask(_WINDOW, window=None if on else round(self.window_size.value()))

    @Slot(int)
    def _set_stride(self, cells: int) -> None:
        self.ask("Stride", stride=cells or None)

    @Slot(int)
    def _pick(self, _index: int) -> None:
        picked = {
            "selection": self.selection.currentData(),
            "importance": self.importance.currentData(),
            "fill": self.fill.currentData(),
        }
        changed = [knob for knob, value in picked.items() if value != getattr(self.state.settings, knob)]
        if changed:
            self.ask(changed[0].capitalize(), **picked)


def _default_rate(snapshot: Snapshot | None) -> float | None:
    return snapshot.settings.top if snapshot is not None else None


def _kept(rate: float | None, snapshot: Snapshot | None) -> str:
    if rate is None or snapshot is None:
        return ""
    kept = max(1, min(snapshot.neurons, round(rate * snapshot.neurons)))
    return f"{kept:,} of {snapshot.neurons:,} neurons kept".replace(",", "\u202f")
