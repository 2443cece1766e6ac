"""The windows as table rows, sorted and filtered as arrays: thousands of them cost nothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from gui.icons import window_icon
from gui.panels.words import percent
from gui.snapshot import Snapshot, WindowsView

__all__ = ["COLUMNS", "CONFIDENCE", "LABEL", "MARGIN", "NUMBER", "SHARE", "STATE", "WindowModel"]

COLUMNS = ("#", "Label", "Conf.", "Margin", "SINs", "State")
NUMBER, LABEL, CONFIDENCE, MARGIN, SHARE, STATE = 0, 1, 2, 3, 4, 5
_TIPS = (
    "Number of the window, row by row from the top left",
    "Label that the model gives with this window occluded",
    "Confidence in that label",
    "Largest logit minus the runner-up",
    "Share of the SINs that lie in this window",
    "Agrees with the base prediction or differs; 'no SIN': nothing to occlude, so it agrees",
)
_STATES = ("differs", "agrees", "no SIN", "not yet")
_DIFFERS, _AGREES, _NO_SIN, _NOT_YET = 0, 1, 2, 3
_NUMERIC = (NUMBER, CONFIDENCE, MARGIN, SHARE)
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.TextAlignmentRole,
    Qt.ItemDataRole.DecorationRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
)


class WindowModel(QAbstractTableModel):
    """One row a window; ``window_of`` and ``row_of`` translate between rows and windows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._windows: WindowsView | None = None
        self._labels: tuple[str, ...] = ()
        self._state = np.zeros(0, dtype=np.int64)
        self._rows = np.zeros(0, dtype=np.int64)
        self._only_differing = False
        self._sorted_by, self._descending = NUMBER, False
        self._icons: dict[int, QIcon] = {}
        self.terse = False  # the state's icon alone, where the table is narrow

    def show_snapshot(self, snapshot: Snapshot | None) -> None:
        """Take over other windows; rows stay where they are if their order does."""
        windows = snapshot.windows if snapshot is not None else None
        base = snapshot.base.label if snapshot is not None and snapshot.base is not None else -1
        self._labels = snapshot.model.labels if snapshot is not None else ()
        self._windows = windows
        self._state = np.zeros(0, dtype=np.int64) if windows is None else _states(windows, base)
        self._arrange()

    def show_only_differing(self, only: bool) -> None:
        """Leave out the windows that agree, or show them again."""
        self._only_differing = only
        self._arrange()

    def window_of(self, row: int) -> int | None:
        """The window that a row shows."""
        return int(self._rows[row]) if 0 <= row < len(self._rows) else None

    def row_of(self, window: int | None) -> int | None:
        """The row that shows a window; ``None`` if it is filtered out or there is none."""
        if window is None:
            return None
        found = np.flatnonzero(self._rows == window)
        return int(found[0]) if len(found) else None

    def counts(self) -> tuple[int, int]:
        """Windows, and those that differ."""
        return len(self._state), int((self._state == _DIFFERS).sum())

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Windows that are shown."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Number, label, confidence, margin, share, state."""
        return 0 if parent.isValid() else len(COLUMNS)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column; equal ones by number."""
        self._sorted_by, self._descending = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of the columns and what they mean."""
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if self.terse and section == STATE else COLUMNS[section]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return _TIPS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, icon, alignment and tooltip of a cell."""
        if role not in _ROLES:  # the view asks for a dozen others for every cell
            return None
        windows, column = self._windows, index.column()
        if windows is None or not 0 <= index.row() < len(self._rows):
            return None
        window = int(self._rows[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if self.terse and column == STATE else self._text(windows, window, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._text(windows, window, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMERIC:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            state = int(self._state[window])
            if state not in self._icons:
                self._icons[state] = window_icon(_STATES[state])
            return self._icons[state]
        if role == Qt.ItemDataRole.ToolTipRole:
            top, left, bottom, right = windows.boxes_px[window]
            said = f"{self._text(windows, window, LABEL)}, {self._say_state(windows, window)}"
            return f"Window {window}: {said}\nhides rows {top} to {bottom - 1}, columns {left} to {right - 1} (px)"
        return None

    def _text(self, windows: WindowsView, window: int, column: int) -> str:
        if column == NUMBER:
            return str(window)
        if column == SHARE:
            return percent(float(windows.sin_share[window]))
        if column == STATE:
            return self._say_state(windows, window)
        if not windows.done[window]:
            return "–"
        if column == LABEL:
            label = int(windows.label[window])
            return self._labels[label] if label >= 0 else "no finite answer"
        return percent(float(windows.confidence[window])) if column == CONFIDENCE else f"{windows.margin[window]:.2f}"

    def _say_state(self, windows: WindowsView, window: int) -> str:
        """The state; with a word where the rule makes of it what its name does not say."""
        state, firing = int(self._state[window]), bool(windows.firing[window])
        if state == _DIFFERS and not firing:
            return "differs, unsure"
        return f"{_STATES[state]}, unsure" if state in (_AGREES, _NO_SIN) and firing else _STATES[state]

    def _arrange(self) -> None:
        rows = self._wanted_rows()
        if len(rows) != len(self._rows):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        elif len(rows):
            self.layoutAboutToBeChanged.emit()
            self._rows = rows
            self.changePersistentIndexList(
                self.persistentIndexList(), [QModelIndex()] * len(self.persistentIndexList())
            )
            self.layoutChanged.emit()

    def _wanted_rows(self) -> NDArray[np.int64]:
        windows = self._windows
        if windows is None:
            return np.zeros(0, dtype=np.int64)
        numbers = np.arange(len(windows))
        keys: dict[int, NDArray[Any]] = {
            NUMBER: numbers,
            LABEL: self._name_ranks(windows),
            CONFIDENCE: windows.confidence,
            MARGIN: windows.margin,
            SHARE: windows.sin_share,
            STATE: self._state,
        }
        key = keys[self._sorted_by]
        order = np.argsort(-key if self._descending else key, kind="stable")
        if self._only_differing:
            order = order[(self._state[order] == _DIFFERS) | windows.firing[order]]
        return np.asarray(order, dtype=np.int64)

    def _name_ranks(self, windows: WindowsView) -> NDArray[np.int64]:
        """Place of each window's label among those that occur, by name."""
        labels, which = np.unique(windows.label, return_inverse=True)
        names = [self._labels[label].casefold() if label >= 0 else "" for label in labels]
        ranks = np.empty(len(names), dtype=np.int64)
        ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
        return ranks[which]


def _states(windows: WindowsView, base: int) -> NDArray[np.int64]:
    state = np.where(windows.label == base, _AGREES, _DIFFERS)
    state[windows.skipped] = _NO_SIN
    state[~windows.done] = _NOT_YET
    return state
