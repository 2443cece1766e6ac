"""The photos of an evaluation as table rows, sorted and filtered, while more of them come."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from gui.batching import OUTCOMES, Answer, BatchView, PhotoLine
from gui.icons import outcome_icon
from gui.panels.words import in_two_lines

__all__ = ["ANY", "LABEL", "PHOTO", "PhotoModel"]

PHOTO, LABEL = 0, 1
ANY = ""
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class PhotoModel(QAbstractTableModel):
    """One row a photo: its name, its label, and what each defense says."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: Sequence[PhotoLine] | None = None
        self._taken = 0
        self._is_labelled = True
        self._lines: dict[str, PhotoLine] = {}
        self._order: list[PhotoLine] = []
        self._sorted_by, self._descending = PHOTO, False
        self._outcome = ANY
        self._icons: dict[str, QIcon] = {}
        self.defenses: tuple[str, ...] = ()
        self._titles: dict[str, str] = {}

    def show_view(self, view: BatchView | None) -> None:
        """Take over what has come since the last time; all of it, of another evaluation."""
        source = view.lines if view is not None else None
        if source is not self._source:
            self._source, self._taken = source, 0
            self.beginResetModel()
            self._lines, self._order = {}, []
            self.defenses = view.request.defenses if view is not None else ()
            self._titles = {sums.defense: sums.title for sums in view.sums} if view is not None else {}
            self._is_labelled = view.is_labelled if view is not None else True
            self.endResetModel()
        if view is not None and view.count > self._taken:
            for line in view.lines[self._taken : view.count]:
                self._lines[line.photo] = line
            self._taken = view.count
            self._arrange()

    def show_only(self, outcome: str) -> None:
        """Leave out the photos that no defense says this of; ``ANY`` shows all."""
        self._outcome = outcome
        self._arrange()

    def line(self, row: int) -> PhotoLine | None:
        """The photo that a row shows."""
        return self._order[row] if 0 <= row < len(self._order) else None

    def row_of(self, photo: str) -> int | None:
        """The row that shows a photo."""
        return next((row for row, line in enumerate(self._order) if line.photo == photo), None)

    def counts(self) -> tuple[int, int]:
        """Photos that are shown, and photos in all."""
        return len(self._order), len(self._lines)

    def title(self, column: int) -> str:
        """What the defense of a column is called."""
        name = self.defenses[column - 2]
        return self._titles.get(name, name)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Photos that are shown."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Photo, label and the defenses."""
        return 0 if parent.isValid() else 2 + len(self.defenses)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the photos by a column; equal ones by name."""
        self._sorted_by, self._descending = max(0, column), order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of the columns and what they mean."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            names = ("Photo", "Label" if self._is_labelled else "Model says")
            return names[section] if section < 2 else in_two_lines(self.title(section))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            if section == LABEL and not self._is_labelled:
                return "What the model says without a defense: these photos have no labels"
            tips = ("Name in the folder", "The class that its name or folder tells")
            return tips[section] if section < 2 else f"What {self.title(section)} says"
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, icon and tooltip of a cell."""
        line = self.line(index.row()) if index.isValid() else None
        if line is None:
            return None
        column = index.column()
        answer = self._answer(line, column)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if column < 2:
                return line.photo if column == PHOTO else line.label
            return answer.outcome if answer is not None else "–"
        if role == Qt.ItemDataRole.DecorationRole and answer is not None:
            if answer.outcome not in self._icons:
                self._icons[answer.outcome] = outcome_icon(answer.outcome)
            return self._icons[answer.outcome]
        if role == Qt.ItemDataRole.ToolTipRole:
            if column < 2:
                return f"{line.photo}: {line.label}\nEnter or a double click opens it on the canvas"
            return f"{self.title(column)} {answer.detail}" if answer is not None else "Not answered yet"
        return None

    def _answer(self, line: PhotoLine, column: int) -> Answer | None:
        return line.answers.get(self.defenses[column - 2]) if column >= 2 else None

    def _key(self, line: PhotoLine) -> tuple[Any, ...]:
        if self._sorted_by == LABEL:
            return line.label.casefold(), line.photo
        if self._sorted_by >= 2 and self._sorted_by < self.columnCount():
            answer = self._answer(line, self._sorted_by)
            return OUTCOMES.index(answer.outcome) if answer is not None else len(OUTCOMES), line.photo
        return (line.photo,)

    def _arrange(self) -> None:
        wanted = self._outcome
        lines = [
            line
            for line in self._lines.values()
            if wanted == ANY or any(answer.outcome == wanted for answer in line.answers.values())
        ]
        lines.sort(key=self._key, reverse=self._descending)
        if len(lines) != len(self._order):
            self.beginResetModel()
            self._order = lines
            self.endResetModel()
        else:
            self.layoutAboutToBeChanged.emit()
            self._order = lines
            indexes = self.persistentIndexList()
            self.changePersistentIndexList(indexes, [QModelIndex()] * len(indexes))
            self.layoutChanged.emit()
