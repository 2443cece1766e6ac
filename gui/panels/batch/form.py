"""What an evaluation is to do: photos, labels, how many, with which patch and defenses, and where it is kept."""

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.datasets.named import CIFAR10
from engine.errors import SinscopeError
from engine.threat import PatchThreat
from gui.batch import Batch
from gui.batching import BatchRequest
from gui.dialogs import Dialogs
from gui.kept_results import results_folder
from gui.panels.batch.defense_list import DefenseList
from gui.panels.controls.group import choices
from gui.panels.plots.frame import ElidedLabel
from gui.panels.words import count
from gui.preferences import Preferences
from gui.state import Phase, State
from gui.widgets import InlineMessage, Note, Scroller, dress_number, tame_wheels

__all__ = ["BatchForm"]

_NONE = ""
_ALL = 0
_MOST = 100
_REST_MS = 250


class BatchForm(Scroller):
    """Fields and defenses, side by side where there is room; nothing in it changes the document.

    Parameters
    ----------
    state : State
    batch : Batch
        Asked what can be done, while the tab can be seen.
    dialogs : Dialogs
    preferences : Preferences

    Signals
    -------
    changed
        Something else is wished for, or can be.
    """

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
        self._state, self._batch, self._dialogs, self._preferences = state, batch, dialogs, preferences
        self._opened = ""
        self._out: str | None = None
        self._settings = state.settings
        self._due = True
        self.source = choices(
            {_NONE: "No folder yet", CIFAR10: "CIFAR-10, test photos"}, "Photos", "The photos to evaluate"
        )
        self.source.setObjectName("batchSource")
        self.source_button = _chooser("Choose a folder of photos", "batchChoose")
        self.labels = choices(
            {"names": "From names", "none": "None: verdicts only"},
            "Labels",
            "From names: photos called <class index>_<anything>, or a folder for each class; accuracy is measured.\n"
            "None: each defense certifies its own answer, as the live verdict does.",
        )
        self.labels.setObjectName("batchLabels")
        self.limit = _number(_ALL, 100_000, _MOST, "Photos at most", "So many photos, spread evenly over all of them")
        self.limit.setSpecialValueText("all")
        self.limit.setObjectName("batchLimit")
        self.extent = QLabel()
        self.extent.setObjectName("batchPatch")
        self.extent.setToolTip("The size of the feared patch: change it under Controls")
        cores = os.cpu_count() or 1
        self.workers = _number(
            1, cores, max(1, cores // 2), "Workers", "Processes of low priority, each with a copy of the model"
        )
        self.workers.setObjectName("batchWorkers")
        self.out = ElidedLabel()
        self.out.setObjectName("batchOut")
        self.out.setMinimumWidth(self.fontMetrics().averageCharWidth() * 14)
        self.out_button = _chooser("Choose the folder for rows and report", "batchChooseOut")
        self.defenses = DefenseList()
        self.message = InlineMessage()
        self.found = Note()
        self.found.setObjectName("batchFound")
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._look)
        self._lay_out()
        tame_wheels(self)
        self.source_button.clicked.connect(self.ask_folder)
        self.out_button.clicked.connect(self.ask_out)
        self.source.currentIndexChanged.connect(self._wish)
        self.labels.currentIndexChanged.connect(self._wish)
        self.limit.valueChanged.connect(self._wish)
        self.defenses.changed.connect(self.changed)
        state.document_changed.connect(self._follow)
        state.phase_changed.connect(self._follow)
        batch.surveyed.connect(self._show_survey)
        self._wish()

    def request(self) -> BatchRequest:
        """What is asked for."""
        return BatchRequest(
            0,
            self.source.currentData(),
            self.limit.value() or None,
            self.labels.currentData() == "names",
            self._state.settings,
            str(self.out_folder()),
            self.defenses.chosen(),
            self.workers.value(),
        )

    def out_folder(self) -> Path:
        """Where rows and report go."""
        return Path(self._out) if self._out is not None else results_folder(self.source.currentData())

    def obstacle(self) -> str:
        """Why no evaluation can be started, in a sentence; empty if one can."""
        if not self.source.currentData():
            return "There are no photos; choose a folder, or drop one here."
        if self._batch.survey_problem is not None:
            return self._batch.survey_problem.sentence
        if not self._is_current():
            return "It is not known yet what can be done; wait a moment."
        return "" if self.defenses.chosen() else "No defense is chosen; tick one that can run."

    @Slot(str, int)
    def set_folder(self, folder: str, photos: int = 0) -> None:
        """Take over the folder of the filmstrip."""
        self._offer_folder(folder, f"{Path(folder).name} ({count(photos)})")

    def choose_folder(self, folder: str) -> None:
        """Evaluate a folder's photos."""
        self._offer_folder(folder, Path(folder).name)
        self.source.setCurrentIndex(self.source.findData(folder))

    @Slot()
    def ask_folder(self) -> None:
        """Choose the photos from a dialog."""
        folder = self._dialogs.open_folder("Photos to evaluate", folder=self._preferences.last_folder("folders"))
        if folder is not None:
            self.choose_folder(str(folder.absolute()))

    @Slot()
    def ask_out(self) -> None:
        """Choose another place for rows and report from a dialog."""
        folder = self._dialogs.open_folder("Folder for rows and report", folder=self.out_folder().parent)
        if folder is not None:
            self._out = str(folder.absolute())
            self._wish()

    def refresh(self) -> None:
        """Look again at what can be done, once the tab can be seen."""
        self._due = True
        self._rest.start()

    def be_seen(self) -> None:
        """Find out what can be done for whoever looks at the tab."""
        self._follow()

    def _offer_folder(self, folder: str, text: str) -> None:
        """Have a folder in the list; it is chosen where nothing was."""
        with QSignalBlocker(self.source):
            if self.source.findData(folder) < 0:
                self.source.insertItem(0, text, folder)
            place = self.source.findData(folder)
            self.source.setItemText(place, text)
            self.source.setItemData(place, folder, Qt.ItemDataRole.ToolTipRole)
            nothing = self.source.findData(_NONE)
            if nothing >= 0:
                was_chosen = self.source.currentIndex() == nothing
                self.source.removeItem(nothing)
                if was_chosen:
                    self.source.setCurrentIndex(self.source.findData(folder))
        self._wish()

    def _is_current(self) -> bool:
        survey, asked = self._batch.survey, self.request()
        wants = (asked.data, asked.limit, asked.wants_labels, asked.settings, asked.out)
        if survey is None or self._due or self._batch.is_looking:
            return False
        made = survey.request
        return wants == (made.data, made.limit, made.wants_labels, made.settings, made.out)

    @Slot()
    def _wish(self, _what: object = None) -> None:
        """Something else is wished for."""
        self.out.setText(str(self.out_folder()) if self.source.currentData() else "–")
        self._due = True
        self._follow()

    @Slot()
    def _follow(self, _what: object = None) -> None:
        """Show what the document says, and find out what can be done with it."""
        settings = self._state.settings
        if settings != self._settings:
            self._settings, self._due = settings, True
        model = self._state.model
        try:
            threat = PatchThreat.parse(settings.patch, model.input_size if model is not None else (224, 224))
            self.extent.setText(f"{threat.height} × {threat.width} px ({threat.share:.1%})")
        except SinscopeError:
            self.extent.setText(settings.patch)
        if self._due:
            self._rest.start()
        self._show_survey()

    @Slot()
    def _look(self) -> None:
        tab = self.parentWidget()  # whichever of its pages is in front
        if tab is None or not tab.isVisible():
            return
        if not self._due or self._state.holding or self._batch.is_busy:
            return
        if not self.source.currentData():
            self._due = False
            self._batch.forget()
        elif self._state.phase is not Phase.LOADING:  # two that load a model only hinder each other
            self._due = False
            self._batch.look(self.request())

    @Slot()
    def _show_survey(self) -> None:
        survey, problem = self._batch.survey, self._batch.survey_problem
        self.message.say(problem.sentence if problem is not None and self.source.currentData() else "")
        self.defenses.show_offers(survey.offers if survey is not None else ())
        self.found.setText(self._told())
        self.changed.emit()

    def _told(self) -> str:
        survey = self._batch.survey
        if not self.source.currentData():
            return "A folder of photos named by class index, or a folder for each class; or your own, without labels."
        if self._batch.is_looking or survey is None:
            return "Looking at the photos and the model …" if self._batch.survey_problem is None else ""
        photos = "1 photo" if survey.photos == 1 else f"{count(survey.photos)} photos"
        if survey.is_labelled:
            return f"{photos} with labels: accuracy is measured."
        told = f"{photos} without labels: each defense certifies its own answer, and no accuracy is measured."
        return f"{told} {survey.why_not}" if survey.why_not else told

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out anew."""
        super().resizeEvent(event)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Share the width out anew where other defenses need another."""
        is_handled = super().eventFilter(watched, event)
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return is_handled

    def _arrange(self) -> None:
        """Defenses beside the fields, and these in two columns, where all of it fits."""
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        gaps = self._row.spacing() + self._row.contentsMargins().right() + self.verticalScrollBar().sizeHint().width()
        room = self.width() - gaps - self.defenses.minimumSizeHint().width()
        columns = [self._fields.itemAt(column).minimumSize().width() for column in range(self._fields.count())]
        self._row.setDirection(beside if room >= max(columns) else below)
        is_wide = room >= sum(columns) + self._row.spacing()
        self._fields.setDirection(beside if is_wide else below)
        self._fields.setSpacing(self._row.spacing() if is_wide else self._row.contentsMargins().right())

    def _lay_out(self) -> None:
        gap = self.fontMetrics().height() // 3
        self._fields = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        photos = (
            ("Photos", _beside(self.source, self.source_button)),
            ("Labels", self.labels),
            ("At most", self.limit),
        )
        work = (
            *(("Patch", self.extent), ("Workers", self.workers)),
            ("Results in", _beside(self.out, self.out_button)),
        )
        widest = self.fontMetrics().horizontalAdvance("Results in")
        for rows in (photos, work):
            self._fields.addLayout(_form(rows, gap, widest), 1)
        left = QVBoxLayout()
        left.addWidget(self.message)
        left.addLayout(self._fields)
        left.addWidget(self.found)
        left.addStretch(1)
        column = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.TopToBottom, column)
        self._row.setContentsMargins(0, 0, gap, 0)
        self._row.setSpacing(3 * gap)
        self._row.addLayout(left, 2)
        self._row.addWidget(self.defenses, 1)
        self.setWidget(column)


def _form(rows: Sequence[tuple[str, QWidget | QHBoxLayout]], gap: int, widest: int) -> QFormLayout:
    """Fields behind their captions, which are as wide as the widest of all."""
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(gap)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    for text, field in rows:
        caption = QLabel(text)
        caption.setMinimumWidth(widest)
        form.addRow(caption, field)
    return form


def _number(low: int, high: int, value: int, name: str, tip: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(low, high)
    field.setValue(value)
    dress_number(field, name, tip)
    return field


def _chooser(name: str, handle: str) -> QPushButton:
    button = QPushButton("Choose…")
    button.setObjectName(handle)
    button.setAccessibleName(name)
    button.setToolTip(name)
    return button


def _beside(field: QWidget, button: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(field, 1)
    row.addWidget(button)
    return row
