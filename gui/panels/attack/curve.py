"""Loss and success of an attack, step by step."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.panels.plots.dressed import Dressed
from gui.panels.plots.frame import make_plot
from gui.theme import AGREE, DIFFER, is_dark
from gui.training import TrainingView

__all__ = ["AttackCurve"]

_SMOOTHED = 25  # steps
_POINTS = 2000  # more are thinned: nobody could tell them apart


class AttackCurve(Dressed):
    """Loss on the left axis, success on the right one, both smoothed; the loss of every step is drawn faintly."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Course of the attack")
        self._legend = QLabel()
        self._plot = make_plot("Loss and success of the attack", "Loss", "Step")
        self._plot.setObjectName("attackCurve")
        item = self._plot.getPlotItem()
        item.getAxis("bottom").showLabel(False)
        self._right = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self._right.setYRange(0, 100, padding=0.04)
        item.showAxis("right")
        axis = item.getAxis("right")
        axis.linkToView(self._right)
        axis.enableAutoSIPrefix(False)
        axis.setTicks([[(0, "0 %"), (50, "50 %"), (100, "100 %")]])
        axis.setWidth(self._plot.fontMetrics().horizontalAdvance("100 %  "))
        item.scene().addItem(self._right)
        self._right.setXLink(item)
        item.getViewBox().sigResized.connect(self._resize)
        self._each = item.plot(antialias=True)
        self._loss = item.plot(antialias=True)
        self._success = pg.PlotDataItem(antialias=True)
        self._right.addItem(self._success)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._legend)
        layout.addWidget(self._plot, 1)
        self.clear(100)
        self.begin_dressing()

    def clear(self, steps: int) -> None:
        """Nothing yet of so many steps."""
        for line in (self._each, self._loss, self._success):
            line.setData([], [])
        self._plot.setXRange(0, max(2, steps), padding=0)
        self._plot.setYRange(0, 1, padding=0)

    def show_view(self, view: TrainingView, is_over: bool) -> None:
        """Draw both curves as far as they have come, with room for the steps to come unless it is over."""
        steps = np.arange(1, len(view.losses) + 1)
        kept = np.unique(np.linspace(0, len(steps) - 1, min(_POINTS, len(steps))).round().astype(np.int64))
        self._each.setData(steps[kept], view.losses[kept])
        self._loss.setData(steps[kept], smoothed(view.losses)[kept])
        self._success.setData(steps[kept], 100 * smoothed(view.successes)[kept])
        self._plot.setXRange(0, max(2, view.step if is_over else view.steps), padding=0)
        finite = view.losses[np.isfinite(view.losses)]
        low, high = (min(0.0, float(finite.min())), float(finite.max())) if finite.size else (0.0, 1.0)
        self._plot.setYRange(low, high if high > low else low + 1, padding=0.04)
        text = f"Step {view.step} of {view.steps}, loss {view.loss:.3g}, success {view.success:.0%}"
        self._plot.setAccessibleDescription(text)

    def restyle(self) -> None:
        """Colours for a light or a dark ground."""
        self.dress(self._plot)
        blue = QColor("#56B4E9" if is_dark() else AGREE)
        faint = QColor(blue)
        faint.setAlpha(70)
        self._each.setPen(self.pen(faint, 1))
        self._loss.setPen(self.pen(blue, 2.5))
        self._success.setPen(self.pen(DIFFER, 2.5, dash=(4, 3)))
        self._legend.setText(
            f'<span style="color:{blue.name()}">\u2501\u2501\u2501</span> loss &nbsp; '
            f'<span style="color:{DIFFER}">\u2501 \u2501</span> success'
        )

    @Slot()
    def _resize(self) -> None:
        """The second view lies over the first."""
        self._right.setGeometry(self._plot.getPlotItem().getViewBox().sceneBoundingRect())


def smoothed(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean of each value and those before it, over at most 25 steps; of the same length."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(0, ends - _SMOOTHED)
    means: NDArray[np.float64] = (sums[ends] - sums[begins]) / (ends - begins)
    return means
