"""The tab Batch: start, stop and progress above; below by turns settings, photos, measures and plot."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.batch import Batch
from gui.batching import BatchView
from gui.dialogs import Dialogs
from gui.drop import dropped_files
from gui.long_work import Stand
from gui.panels import words
from gui.panels.batch.form import BatchForm
from gui.panels.batch.measures import MeasureTable
from gui.panels.batch.photo_table import PhotoTable
from gui.panels.batch.share_plot import SharePlot
from gui.panels.plots.frame import ElidedLabel
from gui.preferences import Preferences
from gui.state import State
from gui.widgets import enable_button, named_button

__all__ = ["BatchPanel"]

_PAGES = {
    "settings": ("Settings", "What the evaluation is to do"),
    "photos": ("Photos", "What each defense says of each photo"),
    "measures": ("Measures", "Shares of the photos with their 95 % intervals"),
    "plot": ("Plot", "Clean and certified shares as bars"),
}
_REPORT = "report.html"


class BatchPanel(QWidget):
    """Starts and stops an evaluation and shows how it goes.

    Parameters
    ----------
    state : State
    batch : Batch
    dialogs : Dialogs
    preferences : Preferences

    Signals
    -------
    photo_wanted : str
        A photo of the table is to be opened on the canvas.
    changed
        Something can be done that could not, or the reverse.
    """

    photo_wanted = Signal(str)
    changed = Signal()

    def __init__(
        self,
        state: State,
        batch: Batch,
        dialogs: Dialogs,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._batch, self._dialogs = batch, dialogs
        self.setAccessibleName("Batch")
        self.form = BatchForm(state, batch, dialogs, preferences)
        self.table = PhotoTable()
        self.measures = MeasureTable()
        self.plot = SharePlot()
        self.status = ElidedLabel()
        self.status.setObjectName("batchStatus")
        self.progress = QProgressBar()
        self.progress.setObjectName("batchProgress")
        self.progress.setAccessibleName("Progress of the batch")
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(self.fontMetrics().height() // 2)
        self.start_button = named_button("Start batch", "batchStart")
        self.stop_button = named_button("Stop", "batchStop")
        self.report_button = named_button("Open report", "batchReport")
        self._shown: BatchView | None = None
        self._pages = QStackedWidget()
        self._turns = QButtonGroup(self)
        self._lay_out()
        self.setAcceptDrops(True)
        self.start_button.clicked.connect(self.start)
        self.stop_button.clicked.connect(batch.stop)
        self.report_button.clicked.connect(self.open_report)
        self.table.photo_wanted.connect(self.photo_wanted)
        self._turns.idClicked.connect(self._turn)
        self.form.changed.connect(self._refresh)
        batch.changed.connect(self._refresh)
        self._refresh()

    def obstacle(self) -> str:
        """Why no evaluation can be started now, in a sentence; empty if one can."""
        return "A batch is running; stop it first." if self._batch.is_busy else self.form.obstacle()

    def show_page(self, name: str) -> None:
        """Bring ``settings``, ``photos``, ``measures`` or ``plot`` to the front."""
        number = list(_PAGES).index(name)
        self._turns.button(number).setChecked(True)
        self._turn(number)

    @Slot()
    def start(self) -> None:
        """Start the evaluation that the form asks for, or go on with it."""
        if self.obstacle():
            self.show_page("settings")
            return
        self.show_page("photos")
        self._batch.start(self.form.request())

    @Slot()
    def open_report(self) -> None:
        """Show the written report in the system's browser."""
        path = self._report()
        if path is not None:
            self._dialogs.show_file(path)

    def showEvent(self, event: QShowEvent) -> None:
        """Find out what can be done for whoever looks."""
        super().showEvent(event)
        self.form.be_seen()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a folder; anything else is the window's."""
        if self._folder(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Evaluate the photos of the folder that was let go here."""
        folder = self._folder(event)
        if folder is not None and not self._batch.is_busy:
            self.show_page("settings")
            self.form.choose_folder(str(folder.absolute()))
            event.acceptProposedAction()

    @staticmethod
    def _folder(event: QDropEvent) -> Path | None:
        files = dropped_files(event.mimeData())
        return files[0] if len(files) == 1 and files[0].is_dir() else None

    def _lay_out(self) -> None:
        gap = self.fontMetrics().height() // 2
        head = QHBoxLayout()
        head.setSpacing(gap)
        head.addWidget(self.start_button)
        head.addWidget(self.stop_button)
        head.addWidget(self.status, 3)
        head.addWidget(self.progress, 1)
        turns = QHBoxLayout()
        turns.setSpacing(0)
        for number, (text, tip) in enumerate(_PAGES.values()):
            button = named_button(text, f"batch{text}")
            button.setCheckable(True)
            button.setToolTip(tip)
            self._turns.addButton(button, number)
            turns.addWidget(button)
        turns.addStretch(1)
        turns.addWidget(self.report_button)
        for page in (self.form, self.table, self.measures, self.plot):
            self._pages.addWidget(page)
        self._turns.button(0).setChecked(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(gap // 2)
        layout.addLayout(head)
        layout.addLayout(turns)
        layout.addWidget(self._pages, 1)

    @Slot(int)
    def _turn(self, page: int) -> None:
        self._pages.setCurrentIndex(page)

    @Slot()
    def _refresh(self) -> None:
        """Show how it goes, and what can be done."""
        batch, view = self._batch, self._batch.view
        if self.form.isEnabled() == batch.is_busy:
            self.form.setEnabled(not batch.is_busy)
            if not batch.is_busy:
                self.form.refresh()
        obstacle = self.obstacle()
        self.start_button.setText("Resume batch" if self._goes_on() else "Start batch")
        enable_button(
            self.start_button, obstacle, "Answer the photos by the chosen defenses; what is done is not done again"
        )
        enable_button(
            self.stop_button, "" if batch.can_stop else "No batch is running", "Stop and keep what is finished (Esc)"
        )
        no_report = "" if self._report() is not None else "There is no report yet; it is written when a batch ends"
        enable_button(self.report_button, no_report, "Open the report: tables, plots and settings")
        if view is not self._shown:
            self._shown = view
            self.table.show_view(view)
            self.measures.show_view(view)
            self.plot.show_view(view)
        busy = batch.is_busy
        self.progress.setRange(0, 0 if busy and view is None else view.photos if view is not None else 1)
        self.progress.setValue(view.done if view is not None else 0)
        self.status.setText(_told(batch, obstacle))
        self.changed.emit()

    def _goes_on(self) -> bool:
        """Whether some, but not all, of what is asked for is there already."""
        survey, chosen = self._batch.survey, self.form.defenses.chosen()
        if survey is None or not chosen:
            return False
        kept = [offer.kept for offer in survey.offers if offer.name in chosen]
        return any(kept) and any(number < survey.photos for number in kept)

    def _report(self) -> Path | None:
        """The report of this batch; before one has run, the one that lies where it would go."""
        view = self._batch.view
        if view is None:
            lying = self.form.out_folder() / _REPORT
            return lying if self.form.source.currentData() and lying.is_file() else None
        return next((path for path in map(Path, view.reports) if path.name == _REPORT), None)


def _told(batch: Batch, obstacle: str) -> str:
    """How the evaluation goes, in a line."""
    view = batch.view
    if batch.problem is not None:
        return batch.problem.sentence
    if batch.stand is Stand.PREPARING:
        return f"{batch.preparing.capitalize()} …"
    if view is None:
        return obstacle or "Start answers every photo by the chosen defenses; rows and report are kept."
    found = f"{words.count(view.done)} of {words.count(view.photos)} photos"
    faults = "" if not view.faults else f", {len(view.faults)} cannot be used (see Activity)"
    if batch.stand is Stand.RUNNING:
        if view.done + len(view.faults) >= view.photos:
            return f"{found}, writing the report{faults}"
        left = view.seconds_left
        return f"{found}, {'starting workers' if left is None else f'{words.duration(left)} left'}{faults}"
    if batch.stand is Stand.STOPPING:
        return f"Stopping: {found}{faults}"
    if batch.stand is Stand.STOPPED:
        begun = f", {words.count(view.partial)} more in part" if view.partial else ""
        return f"Stopped: {found}{begun}{faults}; Resume goes on from there. Kept in {view.request.out}"
    took = f" in {words.duration(view.seconds)}" if view.fresh else ", all of them answered before"
    return f"{found}{took}{faults}. Kept in {view.request.out}"
