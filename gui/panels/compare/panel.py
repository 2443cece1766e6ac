"""The tab Compare: all defenses on what is shown, side by side."""

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from gui.comparison import Comparison, Row, Standing
from gui.panels import words
from gui.panels.compare.model import CompareModel
from gui.panels.compare.table import CompareTable
from gui.panels.plots.frame import ElidedLabel
from gui.state import Phase, State

__all__ = ["ComparePanel"]

_TICK_MS = 250
_HINT = (
    "Every certified defense on the photo that is shown: its verdict, where it is weakest, what it costs, and what "
    "it would need where it cannot run."
)
_LEFT = (Standing.WAITING, Standing.UNKNOWN, Standing.RUNNING)


class ComparePanel(QWidget):
    """Shows the answers as they come, and asks for those that cost more than a moment.

    Parameters
    ----------
    state : State
    comparison : Comparison

    Signals
    -------
    map_wanted
        The location map that the state points at is to be seen on the canvas.
    """

    map_wanted = Signal()

    def __init__(self, state: State, comparison: Comparison, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._comparison = state, comparison
        self._chosen: str | None = None
        self._is_choosing_again = False
        self.setAccessibleName("Compare")
        self.model = CompareModel(self)
        self.table = CompareTable(self.model)
        self.table.setToolTip("Click a defense, or press Return, to see its location map and its weakest place")
        self.caption = ElidedLabel()
        self.caption.setObjectName("compareStatus")
        self.progress = QProgressBar()
        self.progress.setObjectName("compareProgress")
        self.progress.setAccessibleName("Progress of the comparison")
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(self.fontMetrics().height() // 3)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.run_button = QPushButton("Run all")
        self.run_button.setObjectName("compareRunAll")
        self.stop_button = QPushButton("Stop")
        self.stop_button.setObjectName("compareStop")
        self.hint = QLabel()
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self.table)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._show_progress)
        self._lay_out()
        self.run_button.clicked.connect(self.run_all)
        self.stop_button.clicked.connect(comparison.stop)
        self.table.asked.connect(comparison.run)
        self.table.clicked.connect(self._show_map)
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        comparison.changed.connect(self._follow)
        state.phase_changed.connect(self._follow)
        self.refresh()

    @Slot()
    def run_all(self) -> None:
        """Run everything that can run here, whatever it costs."""
        self._comparison.run()

    def refresh(self) -> None:
        """Show how it stands."""
        rows = self._comparison.rows()
        has_photo = self._state.document.image is not None
        self._pages.setCurrentIndex(1 if rows and has_photo else 0)
        self.hint.setText(_HINT if self._comparison.problem is None else self._comparison.problem.sentence)
        if self.model.show_rows(rows):
            self._select(self._chosen)
        self.table.arrange()
        obstacle = self._comparison.obstacle()
        dear = [row for row in rows if row.standing is Standing.ON_DEMAND]
        known = [row.seconds for row in dear if row.seconds is not None]
        cost = f", {words.about(sum(known))}" if known and len(known) == len(dear) else ""
        self.run_button.setEnabled(bool(dear))
        self.run_button.setToolTip(obstacle or f"Run every defense that can run here, also the costly ones{cost}")
        self.stop_button.setEnabled(self._comparison.is_busy)
        self.stop_button.setToolTip(
            "Stop; answers stay (Esc)" if self._comparison.is_busy else "No defense is at work"
        )
        for button in (self.run_button, self.stop_button):
            button.setAccessibleName(f"{button.text()}: {button.toolTip()}")
        if self._comparison.is_busy:
            self._tick.start()
        self._show_progress()

    def set_pixel_ratio(self, ratio: float | None) -> None:
        """Be up to date before it is drawn for a file, also while hidden."""
        if ratio is not None:
            self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return on a line runs the defense, or shows its map."""
        entry = self.table.entry(self.table.currentIndex())
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or entry is None or entry.row is None:
            super().keyPressEvent(event)
        elif entry.row.standing in (Standing.ON_DEMAND, Standing.FAILED):
            self._comparison.run(entry.row.line.name)
        else:
            self._show_map()

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks."""
        super().showEvent(event)
        self._comparison.see(True)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks any more: the canvas shows the verdict's own map."""
        super().hideEvent(event)
        self._comparison.see(False)
        self._comparison.show_places(None)

    @Slot()
    def _follow(self, _what: object = None) -> None:
        """Behind another tab nothing is drawn: a dragged slider changes it many times a second."""
        if self.isVisible():
            self.refresh()

    def _lay_out(self) -> None:
        gap = self.fontMetrics().height() // 2
        head = QHBoxLayout()
        head.setSpacing(gap)
        head.addWidget(self.run_button)
        head.addWidget(self.stop_button)
        head.addWidget(self.caption, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(gap // 3)
        layout.addLayout(head)
        layout.addWidget(self.progress)
        layout.addWidget(self._pages, 1)

    @Slot()
    def _show_progress(self) -> None:
        """What is at work, and how much of it is done as far as time tells."""
        comparison, rows = self._comparison, self._comparison.rows()
        if not (comparison.is_busy and self.isVisible()):
            self._tick.stop()
        running = next((row for row in rows if row.standing is Standing.RUNNING), None)
        self.progress.setVisible(comparison.is_busy)
        if running is None or running.seconds is None:
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, 1000)
            self.progress.setValue(min(980, round(1000 * comparison.elapsed / max(running.seconds, 1e-3))))
        self.caption.setText(self._told(rows, running))

    def _told(self, rows: tuple[Row, ...], running: Row | None) -> str:
        """The chosen defense's reason, or how the comparison stands."""
        comparison, state = self._comparison, self._state
        answered = sum(row.standing is Standing.ANSWERED for row in rows)
        runnable = sum(row.standing is not Standing.REFUSED for row in rows)
        if comparison.problem is not None:
            return comparison.problem.sentence
        if running is not None:
            text = f"{running.line.title}: {words.cost(running.line.passes, running.seconds)}"
            return f"{answered} of {runnable} answered · {text} · {comparison.elapsed:.0f} s so far"
        if comparison.is_busy:
            return f"{comparison.preparing.capitalize() or 'Starting'} …"
        if state.document.image is None:
            return "Open a photo first"
        chosen = next((row for row in rows if row.line.name == self._chosen), None)
        if chosen is not None and chosen.answer is not None and chosen.standing is Standing.ANSWERED:
            return f"{chosen.line.title}: {chosen.answer.reason} {chosen.line.needs}"
        if chosen is not None and chosen.sentence:
            return f"{chosen.line.title}: {chosen.sentence}"
        waiting = any(row.standing in _LEFT for row in rows) or not rows
        if comparison.is_stopped:
            return f"Stopped: {answered} of {runnable} answered"
        if waiting and state.phase in (Phase.STALE, Phase.CANCELLED):
            return "Press F5: defenses run once the verdict is there"
        if waiting and state.phase is not Phase.VERDICT:
            return "Waits for the verdict"
        return f"{answered} of {runnable} answered" if rows else ""

    @Slot(QModelIndex, QModelIndex)
    def _choose(self, current: QModelIndex, _previous: QModelIndex) -> None:
        entry = self.table.entry(current) if current.isValid() else None
        if entry is not None and entry.row is not None and not self._is_choosing_again:
            self._chosen = entry.row.line.name
            self._comparison.show_places(self._chosen)
            self._show_progress()

    @Slot()
    def _show_map(self, _index: QModelIndex | None = None) -> None:
        """See to it that the map of the chosen line can be seen."""
        self._comparison.show_places(self._chosen)
        if self._state.places is not None:
            self.map_wanted.emit()

    def _select(self, name: str | None) -> None:
        """Keep the chosen line chosen though the lines are others; its map is shown when it is chosen anew."""
        line = self.model.line_of(name)
        if line is not None:
            self._is_choosing_again = True
            self.table.setCurrentIndex(self.model.index(line, 0))
            self._is_choosing_again = False
