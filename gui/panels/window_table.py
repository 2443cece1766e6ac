"""The windows in a table; the selected row is the selected window everywhere else, and the reverse."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QVBoxLayout, QWidget

from gui.panels.window_model import CONFIDENCE, LABEL, MARGIN, NUMBER, SHARE, STATE, WindowModel
from gui.panels.words import count
from gui.state import Phase, Selection, State
from gui.widgets import Note, RowTable, Switch

__all__ = ["WindowTable"]

_DIMMED = (Phase.COMPUTING, Phase.STALE, Phase.CANCELLED, Phase.ERROR, Phase.LOADING)


class WindowTable(QWidget):
    """Sortable by every column; up and down walk the windows."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._quiet = False
        self.model = WindowModel(self)
        self.view = RowTable()
        self.view.setObjectName("windowTable")
        self.view.setAccessibleName("Windows")
        self.view.setToolTip("Select a window to see it on the photo; walk with up and down (or comma and full stop)")
        self.view.setModel(self.model)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(NUMBER, Qt.SortOrder.AscendingOrder)
        self.view.setAlternatingRowColors(True)
        self._size_columns()
        self.only_differing = Switch("Only those that differ")
        self.only_differing.setObjectName("onlyDifferingToggle")
        self.only_differing.setAccessibleName("Show only the windows that differ")
        self.only_differing.setToolTip("Leave out the windows that agree with the base prediction")
        self.note = Note()
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout()
        head.addWidget(self.only_differing)
        head.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        gap = self.fontMetrics().height() // 3
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(gap)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self.only_differing.toggled.connect(self._filter)
        self.view.selectionModel().currentRowChanged.connect(self._walked)
        self.model.layoutChanged.connect(self._show_selection)
        self.model.modelReset.connect(self._show_selection)
        state.snapshot_changed.connect(self._take)
        state.phase_changed.connect(self._phase_changed)
        state.holding_changed.connect(self._phase_changed)
        state.selection_changed.connect(self._selected)
        self._take(state.snapshot)

    @Slot(object)
    def _take(self, snapshot: object) -> None:
        self.model.show_snapshot(self._state.snapshot if snapshot is not None else None)
        self._say()

    @Slot(object)
    def _phase_changed(self, _phase: object) -> None:
        self._say()

    @Slot(bool)
    def _filter(self, only: bool) -> None:
        self.model.show_only_differing(only)
        self._say()

    def _say(self) -> None:
        phase = self._state.phase
        total, differing = self.model.counts()
        text = f"{count(differing)} of {count(total)} differ" if total else "no windows yet"
        words = {
            Phase.COMPUTING: " · updating",
            Phase.PARTIAL: " · preview",
            Phase.STALE: " · out of date",
            Phase.CANCELLED: " · stopped",
        }
        self.note.setText(text + words.get(phase, ""))
        # Dimmed, yet to be walked: the palette of what is disabled, the behaviour of what is not.
        palette = self.palette()
        if phase in _DIMMED and not self._state.holding:  # a held slider alternates too fast to be followed
            faint = palette.color(palette.ColorGroup.Disabled, palette.ColorRole.Text)
            palette.setColor(palette.ColorRole.Text, faint)
        if palette.color(palette.ColorRole.Text) != self.view.palette().color(palette.ColorRole.Text):
            self.view.setPalette(palette)

    @Slot(QModelIndex, QModelIndex)
    def _walked(self, current: QModelIndex, _previous: QModelIndex) -> None:
        window = self.model.window_of(current.row()) if current.isValid() else None
        if window is not None and not self._quiet and window != self._state.selection.window:
            self._state.select(window=window)

    @Slot(object)
    def _selected(self, _selection: Selection) -> None:
        row = self._show_selection()
        if row is not None:
            self.view.scrollTo(self.model.index(row, NUMBER))

    @Slot()
    def _show_selection(self) -> int | None:
        """Select the row of the state's window, without telling the state."""
        row = self.model.row_of(self._state.selection.window)
        chooser = self.view.selectionModel()
        self._quiet = True
        if row is None:
            chooser.clear()
        else:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            with QSignalBlocker(self.view):
                chooser.setCurrentIndex(self.model.index(row, NUMBER), flags)
        self._quiet = False
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the words of the state, and then the SINs, where there is no room for them."""
        super().resizeEvent(event)
        self._size_columns()

    def _size_columns(self) -> None:
        header, metrics = self.view.horizontalHeader(), self.fontMetrics()
        letter = metrics.averageCharWidth()
        self.model.terse = self.width() < letter * 62
        self.view.setColumnHidden(SHARE, self.width() < letter * 50)
        header.setMinimumSectionSize(letter * 3)
        header.setSectionResizeMode(LABEL, QHeaderView.ResizeMode.Stretch)
        state = "" if self.model.terse else "differs, unsure"
        widest = {NUMBER: "0000", CONFIDENCE: "Conf.▾", MARGIN: "Margin▾", SHARE: "SINs▾", STATE: state}
        for column, text in widest.items():
            icon = metrics.height() * 1.5 if column == STATE else 0
            header.resizeSection(column, round(metrics.horizontalAdvance(text) + icon + letter * 1.6))
