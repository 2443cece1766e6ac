"""The photos of an evaluation in a table: sorted, filtered, and opened on the canvas."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QVBoxLayout, QWidget

from gui.batching import OUTCOMES, BatchView
from gui.panels.batch.photo_model import ANY, LABEL, PHOTO, PhotoModel
from gui.panels.controls.group import choices
from gui.panels.words import count
from gui.widgets import Note, RowTable

__all__ = ["PhotoTable"]

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PhotoTable(QWidget):
    """A row a photo, as they come.

    Signals
    -------
    photo_wanted : str
        A photo, by its path, is to be opened on the canvas.
    """

    photo_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PhotoModel(self)
        self._current = ""
        self._partial = 0
        self.view = RowTable()
        self.view.setObjectName("batchTable")
        self.view.setAccessibleName("Photos and what each defense says")
        self.view.setToolTip("Enter or a double click opens a photo on the canvas")
        self.view.setModel(self.model)
        self.view.setSortingEnabled(True)
        self.view.sortByColumn(PHOTO, Qt.SortOrder.AscendingOrder)
        self.view.setAlternatingRowColors(True)
        self.view.installEventFilter(self)
        names = {ANY: "All outcomes"} | {outcome: outcome.capitalize() for outcome in OUTCOMES}
        self.filter = choices(names, "Show only photos with an outcome", "Photos that some defense says this of")
        self.filter.setObjectName("batchFilter")
        self.note = Note()
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout()
        head.addWidget(self.filter)
        head.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(self.fontMetrics().height() // 4)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)
        self.filter.currentIndexChanged.connect(self._filter)
        self.view.doubleClicked.connect(self._open)
        self.view.selectionModel().currentRowChanged.connect(self._walked)
        self.model.modelReset.connect(self._restore)
        self.model.layoutChanged.connect(self._restore)
        self._say()

    def show_view(self, view: BatchView | None) -> None:
        """Show the photos that have been answered."""
        before = self.model.defenses
        self.model.show_view(view)
        self._partial = view.partial if view is not None else 0
        if self.model.defenses != before:
            self._size_columns()
        self._say()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out anew."""
        super().resizeEvent(event)
        self._size_columns()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter opens the photo of the current row."""
        if watched is self.view and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            current = self.view.currentIndex()
            if event.key() in _ENTER and current.isValid():
                self._open(current)
                return True
        return super().eventFilter(watched, event)

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        line = self.model.line(index.row())
        if line is not None:
            self.photo_wanted.emit(line.path)

    @Slot(QModelIndex, QModelIndex)
    def _walked(self, current: QModelIndex, _before: QModelIndex) -> None:
        line = self.model.line(current.row()) if current.isValid() else None
        if line is not None:
            self._current = line.photo

    @Slot()
    def _restore(self) -> None:
        """The same photo is the current one after others have come between."""
        row = self.model.row_of(self._current) if self._current else None
        if row is not None:
            with QSignalBlocker(self.view.selectionModel()):
                self.view.setCurrentIndex(self.model.index(row, PHOTO))
            self.view.viewport().update()

    @Slot()
    def _filter(self, _index: int = 0) -> None:
        self.model.show_only(self.filter.currentData())
        self._say()

    def _say(self) -> None:
        shown, total = self.model.counts()
        if not total:
            self.note.setText("no photo answered yet")
        else:
            photos = "photo" if total == 1 else "photos"
            text = f"{count(shown)} of {count(total)} {photos}" if shown < total else f"{count(total)} {photos}"
            begun = f", {count(self._partial)} of them in part" if self._partial else ""
            self.note.setText(text + begun)

    def _size_columns(self) -> None:
        header, letter = self.view.horizontalHeader(), self.fontMetrics().averageCharWidth()
        header.setMinimumSectionSize(letter * 6)
        if not self.model.columnCount():
            return
        header.setSectionResizeMode(PHOTO, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(LABEL, letter * 20)
        answer = self.fontMetrics().horizontalAdvance("consistent") + self.fontMetrics().height() * 2
        for column in range(2, self.model.columnCount()):
            heading = self.model.headerData(column, Qt.Orientation.Horizontal).splitlines()
            name = max(map(self.fontMetrics().horizontalAdvance, heading)) + 3 * letter
            header.resizeSection(column, max(answer, name))
