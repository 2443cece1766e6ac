"""Clean and certified shares of each defense as bars with their 95 % intervals; recoveries and detections apart."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.evaluation.wording import wording
from gui.batching import BatchView, Sums
from gui.panels.plots.dressed import Dressed
from gui.panels.plots.frame import make_plot
from gui.panels.words import in_two_lines
from gui.theme import AGREE, is_dark

__all__ = ["SharePlot"]

_SHOWN = ("clean", "certified")
_WIDTH = 0.36


class SharePlot(Dressed):
    """Two bars for each defense, recoveries before detections."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._legend = QLabel()
        self._view: BatchView | None = None
        self._plot = make_plot("Shares of each defense", "Photos (%)", "")
        self._plot.setObjectName("batchPlot")
        item = self._plot.getPlotItem()
        item.getAxis("bottom").showLabel(False)
        item.getAxis("bottom").setHeight(round(2.6 * self.fontMetrics().height()))  # a name in two lines
        item.getAxis("left").showLabel(False)  # the legend says it: the plot may be very low
        item.getAxis("left").setTicks([[(0, "0"), (50, "50"), (100, "100")]])
        self._bars = [pg.BarGraphItem(x=[], height=[], width=_WIDTH) for _ in _SHOWN]
        self._intervals = pg.ErrorBarItem(x=np.zeros(0), y=np.zeros(0), top=np.zeros(0), bottom=np.zeros(0))
        self._between = pg.InfiniteLine(angle=90, movable=False)
        for part in (*self._bars, self._intervals, self._between):
            item.addItem(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._legend)
        layout.addWidget(self._plot, 1)
        self.show_view(None)
        self.begin_dressing()

    def show_view(self, view: BatchView | None) -> None:
        """Draw what has been counted."""
        self._view = view
        sums = [] if view is None else [one for one in view.sums if one.photos]
        ordered = [one for kind in ("recovery", "detection") for one in sums if one.kind == kind]
        recoveries = sum(one.kind == "recovery" for one in ordered)
        # A gap where detections begin: the two are not ranked together.
        places = np.array([index + 0.5 * (index >= recoveries > 0) for index in range(len(ordered))], dtype=float)
        x, y, top, bottom = [], [], [], []
        for bar, metric, side in zip(self._bars, _SHOWN, (-0.5, 0.5), strict=True):
            values = [100 * one.shares[metric].value for one in ordered]
            bar.setOpts(x=places + side * _WIDTH, height=values, width=_WIDTH)
            x += list(places + side * _WIDTH)
            y += values
            top += [
                max(0.0, 100 * one.shares[metric].high - value) for one, value in zip(ordered, values, strict=True)
            ]
            bottom += [
                max(0.0, value - 100 * one.shares[metric].low) for one, value in zip(ordered, values, strict=True)
            ]
        self._intervals.setData(
            x=np.array(x), y=np.array(y), top=np.array(top), bottom=np.array(bottom), beam=_WIDTH / 4
        )
        self._between.setVisible(0 < recoveries < len(ordered))
        self._between.setValue(recoveries - 0.25)
        ticks = [(float(place), _named(one)) for place, one in zip(places, ordered, strict=True)]
        self._plot.getPlotItem().getAxis("bottom").setTicks([ticks])
        last = float(places[-1]) if len(places) else 1.0
        self._plot.setXRange(-0.7, last + 0.7, padding=0)
        self._plot.setYRange(0, 104, padding=0)
        self._plot.setAccessibleDescription("; ".join(_told(one) for one in ordered) or "Nothing counted yet")
        self._label()

    def restyle(self) -> None:
        """Colours for a light or a dark ground."""
        self.dress(self._plot)
        certified = QColor("#56B4E9" if is_dark() else AGREE)
        clean = QColor(certified)
        clean.setAlpha(90)
        for bar, colour in zip(self._bars, (clean, certified), strict=True):
            bar.setOpts(brush=colour, pen=self.pen(certified, 1))
        text = self.palette().text().color()
        self._intervals.setData(pen=self.pen(text, 1.5))
        self._between.setPen(self.pen(self.palette().mid().color(), 1, dash=(4, 3)))
        self._label()

    def _label(self) -> None:
        certified = "#56B4E9" if is_dark() else AGREE
        name = wording(self._view is None or self._view.is_labelled).measures["clean"]
        self._legend.setText(
            f'% of the photos: &nbsp; <span style="color:{certified}">\u2591\u2591</span> {name} &nbsp; '
            f'<span style="color:{certified}">\u2588\u2588</span> certified &nbsp; \u2502 95 % interval'
        )


def _named(sums: Sums) -> str:
    return in_two_lines(f"{sums.title} ({sums.kind})")


def _told(sums: Sums) -> str:
    shares = ", ".join(f"{name} {100 * sums.shares[name].value:.1f} %" for name in _SHOWN)
    return f"{sums.title}: {shares}"
