"""Sorted superficial importance, with the cut that keeps the SINs; benign beside patched where a patch is on."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui.document import Document
from gui.panels import words
from gui.panels.plots.frame import DIMMED, PlotFrame, make_plot
from gui.snapshot import Snapshot
from gui.state import State
from gui.theme import AGREE, DIFFER, is_dark
from gui.widgets import Switch

__all__ = ["ImportancePlot"]

_KNOB = "Top-ranking rate"
_STEP = 0.001  # of the rate: what a drag can tell apart
_KEYS = {
    Qt.Key.Key_Left: -0.01,
    Qt.Key.Key_Right: 0.01,
    Qt.Key.Key_PageDown: -0.1,
    Qt.Key.Key_PageUp: 0.1,
    Qt.Key.Key_Home: -1.0,
    Qt.Key.Key_End: 1.0,
}
_DECADES = 4  # of the logarithmic axis below the largest importance
_HEADROOM = 0.16  # above the curves, for the label of the cut

_Curve = NDArray[np.float32]


class ImportancePlot(PlotFrame):
    """Importance over rank; the cut can be dragged, or moved with the arrow keys."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(
            state, "Sorted importance", "Superficial importance of the neurons, sorted: open a photo.", parent
        )
        self._drawn: tuple[_Curve | None, _Curve | None, bool] = (None, None, False)
        self._key_held = False
        self._log = Switch("Log scale")
        self._log.setObjectName("importanceLog")
        self._log.setToolTip("Logarithmic importance axis: shows the tail of the ranking")
        self._log.toggled.connect(self._rescale)
        self._legend = QLabel()
        self._legend.setObjectName("importanceLegend")
        self.header.insertWidget(1, self._legend)
        self.header.insertWidget(2, self._log)

        self._plot = make_plot("Sorted importance", "Importance", "Share of neurons, most important first (%)")
        self._plot.setObjectName("importancePlot")
        self._plot.setToolTip("Drag the cut to change the top-ranking rate (arrow keys: 1 %, Page keys: 10 %)")
        self._plot.installEventFilter(self)
        item = self._plot.getPlotItem()
        item.showGrid(y=True, alpha=0.25)
        self._kept = pg.LinearRegionItem((0, 50), movable=False)
        self._kept.setZValue(-10)
        item.addItem(self._kept, ignoreBounds=True)
        self._benign = item.plot(antialias=True, connect="finite")
        self._patched = item.plot(antialias=True, connect="finite")
        self._cut = pg.InfiniteLine(50, movable=True, bounds=(100 * _STEP, 100))
        self._cut.addMarker("o", position=0.5, size=11)  # to be taken hold of
        self._cut.setCursor(Qt.CursorShape.SizeHorCursor)
        self._label = pg.InfLineLabel(self._cut, position=1.0, anchors=[(0, 0), (0, 0)])
        item.addItem(self._cut, ignoreBounds=True)
        self._cut.sigDragged.connect(self._drag)
        self._cut.sigPositionChangeFinished.connect(self._let_go)
        self._plot.setXRange(0, 100, padding=0)
        item.getAxis("bottom").setTicks([[(share, str(share)) for share in range(0, 101, 10)]])
        state.document_changed.connect(self._follow)
        self.set_body(self._plot)

    @property
    def rate(self) -> float:
        """Where the cut stands, as a share of the neurons."""
        return float(round(self._cut.value() / 100, 3))

    def curves(self) -> tuple[_Curve | None, _Curve | None]:
        """The benign curve and, if a patch is on, the patched one, sorted; ``None`` where there is none."""
        shown = self.shown
        if shown is None:
            return None, None
        return (shown.curve, None) if shown.benign is None else (shown.benign.curve, shown.curve)

    def has_content(self, snapshot: Snapshot) -> bool:
        """The first stage has the curve."""
        return len(snapshot.curve) > 0

    def draw(self, snapshot: Snapshot) -> None:
        """Both curves and the cut; the curves only if they are others than before, as most stages bring the same."""
        wanted = (*self.curves(), self._log.isChecked())
        if not all(one is other for one, other in zip(wanted, self._drawn, strict=True)):
            self._drawn = wanted
            self._draw_curves(*wanted)
        self._place_cut(snapshot)

    def dim(self, dimmed: bool) -> None:
        """Fade the curves; the cut stays, as it is a control."""
        for item in (self._benign, self._patched, self._kept):
            item.setOpacity(DIMMED if dimmed else 1.0)

    def restyle(self) -> None:
        """Colours for a light or a dark ground."""
        self.dress(self._plot)
        blue, text = QColor(AGREE), self.palette().text().color()
        if is_dark():
            blue = QColor("#56B4E9")
        self._benign.setPen(self.pen(blue, 3))
        self._patched.setPen(self.pen(DIFFER, 2, dash=(4, 3)))
        shade = QColor(blue)
        shade.setAlpha(36)
        self._kept.setBrush(shade)
        for edge in self._kept.lines:
            edge.setPen(pg.mkPen(None))
        self._cut.setPen(self.pen(text, 2))
        self._cut.setHoverPen(self.pen(self.palette().highlight().color(), 4))
        self._label.setColor(text)
        self._legend.setText(
            f'<span style="color:{blue.name()}">\u2501\u2501\u2501</span> benign &nbsp; '
            f'<span style="color:{DIFFER}">\u2501 \u2501</span> with patch'
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys on the focused plot move the cut; holding one down is one step to undo."""
        if isinstance(event, QKeyEvent) and self.shown is not None and Qt.Key(event.key()) in _KEYS:
            if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
                return False
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._key_held = True
                self.state.hold(True)
                self._ask(self.rate + _KEYS[Qt.Key(event.key())])
                return True
            if event.type() == QEvent.Type.KeyRelease and not event.isAutoRepeat():
                self._release_key()
                return True
        elif event.type() == QEvent.Type.FocusOut:
            self._release_key()
        return super().eventFilter(watched, event)

    def _draw_curves(self, benign: _Curve | None, patched: _Curve | None, log: bool) -> None:
        drawn = [curve for curve in (benign, patched) if curve is not None]
        low, high = _range(drawn, log)
        for line, curve in ((self._benign, benign), (self._patched, patched)):
            line.setVisible(curve is not None)
            if curve is not None:
                # What cannot be drawn leaves a gap: no number, or nothing on a logarithmic axis.
                values = np.where(np.isfinite(curve) & (curve >= low), curve, np.nan)
                line.setData(np.linspace(0, 100, len(curve)), values)
        self._legend.setVisible(patched is not None)
        if log:
            low, high = np.log10(low), np.log10(high)
        self._plot.setYRange(low, high + _HEADROOM * (high - low), padding=0)

    def _release_key(self) -> None:
        if self._key_held:
            self._key_held = False
            self.state.hold(False)

    @Slot(object)
    def _drag(self, _: object) -> None:
        self.state.hold(True)
        self._ask(self.rate)

    @Slot(object)
    def _let_go(self, _: object) -> None:
        self.state.hold(False)

    def _ask(self, rate: float) -> None:
        rate = round(min(1.0, max(_STEP, rate)), 3)
        self.state.set_knobs(_KNOB, top=rate)

    @Slot(object)
    def _follow(self, _: Document) -> None:
        self.refresh()

    def _place_cut(self, snapshot: Snapshot) -> None:
        """The cut stands where it is asked for; before that, where the engine put it."""
        asked = self.state.document.settings.top
        rate = asked if asked is not None else snapshot.count / max(1, snapshot.neurons)
        count = max(1, min(snapshot.neurons, round(rate * snapshot.neurons)))
        self._cut.setValue(100 * rate)
        self._kept.setRegion((0, 100 * rate))
        # A label stays inside the plot: left of the cut where there is no room on its right.
        self._label.anchors = [(-0.03, 0)] * 2 if rate < 0.6 else [(1.03, 0)] * 2
        self._label.setFormat(f"top {100 * rate:.3g}\u202f%,  k = {words.count(count)}")
        text = f"{words.count(count)} of {words.count(snapshot.neurons)} neurons of {snapshot.layer} are kept"
        self.caption.setText(text)
        self._plot.setAccessibleDescription(text)

    @Slot(bool)
    def _rescale(self, log: bool) -> None:
        self._plot.setLogMode(y=log)
        self.refresh()


def _range(curves: list[_Curve], log: bool) -> tuple[float, float]:
    """Smallest and largest importance to show."""
    finite = np.concatenate([curve[np.isfinite(curve)] for curve in curves]) if curves else np.zeros(0)
    high = float(finite.max(initial=0.0)) or 1.0
    if not log:
        return 0.0, high
    positive = finite[finite > 0]
    low = float(positive.min()) if len(positive) else high / 10
    return max(low, high / 10**_DECADES) if low < high else high / 10, high
