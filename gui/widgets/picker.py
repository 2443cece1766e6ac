"""A list to pick from that can also be typed into: names are found by any part of them."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

__all__ = ["Picker"]


class Picker(QComboBox):
    """An editable combo box whose entries have a value of their own.

    Signals
    -------
    picked : str
        The value of the entry that was picked, or the text that was typed, where it is no entry's.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setMaxVisibleItems(18)
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
        self._value = ""
        self._text: str | None = None  # what stands for the value
        self.activated.connect(self._activated)
        line = self.lineEdit()
        if line is not None:
            line.returnPressed.connect(self._typed)
            line.editingFinished.connect(self._left)

    def value(self) -> str:
        """What is picked."""
        return self._value

    def follow(self, value: str) -> None:
        """As :meth:`set_value`, but what the user is typing just now stays."""
        line = self.lineEdit()
        if line is not None and line.hasFocus() and line.isModified():
            self._value = value
        else:
            self.set_value(value)

    def set_hint(self, text: str) -> None:
        """Say what may be typed, while nothing is."""
        line = self.lineEdit()
        if line is not None:
            line.setPlaceholderText(text)

    def set_entries(self, entries: Sequence[tuple[str, str] | None]) -> None:
        """Offer ``(text, value)`` entries, ``None`` for a line between; what is picked stays."""
        self._text = None
        with QSignalBlocker(self):
            self.clear()
            for entry in entries:
                if entry is None:
                    self.insertSeparator(self.count())
                else:
                    self.addItem(entry[0], entry[1])
        self.set_value(self._value)

    def set_value(self, value: str) -> None:
        """Show an entry, or the value itself where there is none; no signal is sent."""
        if value == self._value and self.currentText() == self._text:
            return
        self._value = value
        index = self.findData(value)
        self._text = self.itemText(index) if index >= 0 else value
        with QSignalBlocker(self):
            self.setCurrentIndex(index)
            self.setEditText(self._text)
        line = self.lineEdit()
        if line is not None:
            line.setCursorPosition(0)

    @Slot(int)
    def _activated(self, index: int) -> None:
        value = self.itemData(index)
        if isinstance(value, str):
            self._pick(value)

    @Slot()
    def _typed(self) -> None:
        text = self.currentText().strip()
        index = self.findText(text, Qt.MatchFlag.MatchFixedString)
        self._pick(self.itemData(index) if index >= 0 else text)

    @Slot()
    def _left(self) -> None:
        """Whoever leaves the field without Return has not picked anything."""
        line = self.lineEdit()
        if line is not None and not line.hasFocus():
            self.set_value(self._value)

    def _pick(self, value: str) -> None:
        before = self._value
        if not value or value == before:
            self.set_value(before)
            return
        self.set_value(value)
        self.picked.emit(value)
