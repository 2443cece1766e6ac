"""Defenses as table rows in two groups: what recovers and what detects is not ranked together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from gui.comparison import Row, Standing
from gui.panels import words
from gui.theme import VERDICTS

__all__ = ["ANSWER", "CERTIFIED", "COLUMNS", "PASSES", "TIME", "TITLE", "VERDICT", "WEAKEST", "CompareModel", "Entry"]

COLUMNS = ("Defense", "Verdict", "Answer", "Certified", "Weakest at", "Passes", "Time")
TITLE, VERDICT, ANSWER, CERTIFIED, WEAKEST, PASSES, TIME = range(len(COLUMNS))
_TIPS = (
    "The defense; its tooltip says what it needs and where it was published",
    "What it says of this photo, with the patch if one is on",
    "The class that it answers, or leans to where it alerts",
    "Share of the places of the feared patch for which the answer is proved",
    "The place of the patch where the proof is weakest: x, y of its top-left corner in px of the model's input",
    "Forward passes that answer and certificate took together",
    "What they took on this computer",
)
_GROUPS = {
    "detection": "Detection: certified means this answer, or an alert",
    "recovery": "Recovery: certified means this answer, whatever the patch",
}
# Embedded models that were trained for a defense that others cannot serve.
_MADE_FOR = {
    "ibp": "cifar10_ibp",
    **dict.fromkeys(("clipped_bagnet", "patchguard_mask_bn", "patchguard_pp"), "cifar10_bagnet"),
}
_NUMERIC = (CERTIFIED, WEAKEST, PASSES, TIME)
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, eq=False)
class Entry:
    """A line of the table: a group's heading, or a defense.

    Parameters
    ----------
    heading : str
        Empty for a defense.
    row : Row, optional
    """

    heading: str = ""
    row: Row | None = None

    @property
    def sentence(self) -> str:
        """What stands in the place of numbers; empty where these stand."""
        return self.heading if self.row is None else _sentence(self.row)

    @property
    def is_outdated(self) -> bool:
        """Whether its numbers are those for other settings."""
        return self.row is not None and self.row.answer is not None and self.row.standing is not Standing.ANSWERED


class CompareModel(QAbstractTableModel):
    """Two headings, and below each its defenses: those that can run first, the cheap ones before the others."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()

    def show_rows(self, rows: Sequence[Row]) -> bool:
        """Take over other rows; whether lines have come, gone or moved."""
        entries = tuple(_arranged(rows))
        same = [_name(entry) for entry in entries] == [_name(entry) for entry in self.entries]
        if same:
            self.entries = entries
            self.dataChanged.emit(self.index(0, 0), self.index(len(entries) - 1, len(COLUMNS) - 1))
        else:
            self.beginResetModel()
            self.entries = entries
            self.endResetModel()
        return not same

    def line_of(self, name: str | None) -> int | None:
        """The line of a defense."""
        return next((line for line, entry in enumerate(self.entries) if entry.row and _name(entry) == name), None)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Headings and defenses."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Title, verdict, and what is behind it."""
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """A heading cannot be selected."""
        entry = self.entries[index.row()] if 0 <= index.row() < len(self.entries) else None
        return super().flags(index) if entry is not None and entry.row is not None else Qt.ItemFlag.NoItemFlags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of the columns and what they mean."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return _TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMERIC else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment and tooltip of a cell."""
        if not 0 <= index.row() < len(self.entries):
            return None
        entry, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            old = ", for other settings" if column == VERDICT and entry.is_outdated else ""
            return f"{self._text(entry, column)}{old}"
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMERIC and not entry.sentence:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and entry.row is not None:
            return _tip(entry.row)
        return None

    @staticmethod
    def _text(entry: Entry, column: int) -> str:
        row = entry.row
        if row is None:
            return entry.heading if column == TITLE else ""
        if column == TITLE:
            return row.line.title
        if entry.sentence:
            return entry.sentence if column == VERDICT else ""
        answer = row.answer
        assert answer is not None
        return (
            VERDICTS[answer.word].word,
            answer.label or "–",
            words.share(answer.certified, answer.places) if answer.computed else "–",
            f"{answer.worst[1]}, {answer.worst[0]}" if answer.computed else "–",
            words.count(answer.passes),
            words.seconds(1000 * answer.seconds),
        )[column - 1]


def _arranged(rows: Sequence[Row]) -> list[Entry]:
    found = []
    for kind, heading in _GROUPS.items():
        ours = [row for row in rows if row.line.kind == kind]
        if ours:
            found.append(Entry(heading))
            found += [
                Entry(row=row) for row in sorted(ours, key=lambda row: (bool(row.line.refusal), row.line.passes))
            ]
    return found


def _name(entry: Entry) -> str:
    return entry.row.line.name if entry.row is not None else entry.heading


def _sentence(row: Row) -> str:
    cost = words.cost(row.line.passes, row.seconds)
    match row.standing:
        case Standing.REFUSED:
            made = _MADE_FOR.get(row.line.name)
            return f"Cannot run here: {row.sentence}{f' The model {made} fits.' if made else ''}"
        case Standing.FAILED:
            return row.sentence
        case Standing.ON_DEMAND:
            return f"{cost[:1].upper()}{cost[1:]}"
        case Standing.RUNNING if row.answer is None:
            return f"At work: {cost}"
        case Standing.WAITING if row.answer is None:
            return "Waiting for its turn"
        case Standing.UNKNOWN if row.answer is None:
            return "Not known yet"
    return ""


def _tip(row: Row) -> str:
    line, answer = row.line, row.answer
    parts = [f"{line.title} ({line.kind})"]
    if answer is not None and row.standing is Standing.ANSWERED:
        parts.append(answer.reason)
        if answer.computed:
            parts.append(f"Answers {answer.label}; weakest with the patch at {answer.worst[1]}, {answer.worst[0]} px")
        parts += answer.assumptions
    elif row.sentence:
        parts.append(f"Cannot run here: {row.sentence}" if row.standing is Standing.REFUSED else row.sentence)
    if row.standing is not Standing.REFUSED:
        parts.append(line.needs)
    parts.append(line.citation)
    return "\n".join(parts)
