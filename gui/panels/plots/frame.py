"""What every plot of the bottom tabs has: a line that says what is shown, and how up to date it is."""

import pyqtgraph as pg
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from gui.panels.plots.dressed import Dressed
from gui.snapshot import Snapshot
from gui.state import Phase, State
from gui.widgets import Ringed

__all__ = ["DIMMED", "ElidedLabel", "PlotFrame", "make_plot", "status_of"]

DIMMED = 0.4
_OUTDATED = (Phase.LOADING, Phase.COMPUTING, Phase.STALE, Phase.CANCELLED, Phase.ERROR)


def status_of(state: State) -> str:
    """How far what is shown belongs to what is asked, in a few words; empty where it does."""
    if state.phase is Phase.PARTIAL and state.snapshot is not None:
        windows = state.snapshot.windows
        return f"preview, {int(windows.done.sum())} of {len(windows)} windows" if windows else "updating"
    return {
        Phase.LOADING: f"loading {state.loading}",
        Phase.COMPUTING: "updating",
        Phase.STALE: "not up to date: Live is off",
        Phase.CANCELLED: "stopped: of an earlier run, or in part",
        Phase.ERROR: "failed: of an earlier run",
    }.get(state.phase, "")


class _Plot(Ringed, pg.PlotWidget):
    """A plot that shows the keyboard's focus."""


def make_plot(name: str, left: str, bottom: str) -> pg.PlotWidget:
    """A plot that cannot be panned out of sight, without pyqtgraph's menus and their broken export."""
    plot = _Plot()
    plot.setAccessibleName(name)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.setFrameShape(pg.PlotWidget.Shape.NoFrame)
    item = plot.getPlotItem()
    item.getViewBox().setDefaultPadding(0.0)
    # Room for the half of the last tick's number that lies beside the axis.
    item.layout.setContentsMargins(0, 4, plot.fontMetrics().horizontalAdvance("100") // 2 + 4, 3)
    # A fixed width, so that the plot does not jump when its numbers change.
    item.getAxis("left").setWidth(plot.fontMetrics().horizontalAdvance("0.000") + 2 * plot.fontMetrics().height())
    for side, text in (("left", left), ("bottom", bottom)):
        axis = item.getAxis(side)
        axis.enableAutoSIPrefix(False)
        axis.setLabel(text)
        axis.setStyle(hideOverlappingLabels=side == "left")
    return plot


class ElidedLabel(QLabel):
    """A line of text that is cut short where there is no room, and told in full as a tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """Show another text."""
        if text != self.text():
            super().setText(text)
            self.setToolTip(text)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The text with an ellipsis where it does not fit."""
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class PlotFrame(Dressed):
    """A caption, some controls and a status above a plot; a hint in its place while there is nothing to plot.

    A plot that is hidden behind another tab draws nothing until it is shown.

    Parameters
    ----------
    state : State
    name : str
        Accessible name.
    hint : str
        What the plot will show, for as long as it cannot.
    """

    def __init__(self, state: State, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = state
        self.setAccessibleName(name)
        self._hint_text = hint
        self._is_due = True
        self.caption = ElidedLabel()
        self.status = QLabel()
        self.status.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._bar = QWidget()
        self.header = QHBoxLayout(self._bar)
        self.header.setContentsMargins(0, 0, 0, 0)
        self.header.setSpacing(self.fontMetrics().height())
        self.header.addWidget(self.caption, 1)
        self.header.addWidget(self.status)
        self._hint = QLabel()
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._hint)
        layout = QVBoxLayout(self)
        gap = self.fontMetrics().height() // 2
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(gap // 2)
        layout.addWidget(self._bar)
        layout.addWidget(self._pages, 1)
        state.phase_changed.connect(self._refresh_status)
        state.holding_changed.connect(self._refresh_status)
        state.snapshot_changed.connect(self._take)

    def set_body(self, body: QWidget) -> None:
        """The plot itself; to be called once, at the end of the constructor."""
        self._pages.addWidget(body)
        self.begin_dressing()
        self._refresh_status()

    def has_content(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot has come as far as this plot needs."""
        raise NotImplementedError

    def draw(self, snapshot: Snapshot) -> None:
        """Show a snapshot that has what the plot needs."""
        raise NotImplementedError

    def dim(self, dimmed: bool) -> None:
        """Draw what is shown as belonging to an earlier request, or not."""
        raise NotImplementedError

    def hint(self) -> str:
        """What stands in the plot's place while there is nothing to plot."""
        return self._hint_text

    @property
    def shown(self) -> Snapshot | None:
        """The snapshot that is or will be drawn; ``None`` while there is none that has what the plot needs."""
        snapshot = self.state.snapshot
        return snapshot if snapshot is not None and self.has_content(snapshot) else None

    def set_pixel_ratio(self, ratio: float | None) -> None:
        """Draw for another device, also while hidden."""
        super().set_pixel_ratio(ratio)
        if ratio is not None:
            self._draw_what_is_due()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while the plot was hidden."""
        super().showEvent(event)
        self._draw_what_is_due()

    def refresh(self) -> None:
        """Draw what is known anew: at once, or when the plot is shown."""
        self._is_due = True
        if self.isVisible():
            self._draw_what_is_due()

    def _draw_what_is_due(self) -> None:
        if self._is_due and self.shown is not None:
            self._is_due = False
            self.draw(self.shown)

    @Slot(object)
    def _take(self, _snapshot: Snapshot | None) -> None:
        self._refresh_status()
        self.refresh()

    @Slot()
    def _refresh_status(self) -> None:
        waiting = f"loading {self.state.loading}" if self.state.phase is Phase.LOADING else ""
        self._hint.setText(f"{self.hint()}\n{waiting}".strip())
        has_content = self.shown is not None
        self._pages.setCurrentIndex(1 if has_content else 0)
        self._bar.setVisible(has_content)
        status = status_of(self.state)
        self.status.setText(status)
        self.status.setVisible(bool(status))
        # While a slider is held, the phases alternate too fast to be followed by the eye.
        self.dim(self.state.phase in _OUTDATED and not self.state.holding)
