"""The command palette: any command by a few letters of its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

__all__ = ["Entry", "Palette", "match"]

_SHOWN = 12
_HITS, _ENTRY = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_PASSED_ON = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Entry:
    """A line of the palette: what it says, under which menu, by which keys, and what it does."""

    title: str
    menu: str
    keys: str
    run: Callable[[], None]


def match(query: str, text: str) -> tuple[float, tuple[int, ...]] | None:
    """How well letters in order are found in a text, and where; ``None`` if they are not.

    Letters that begin words or follow one another count more, and shorter texts win among equals.
    """
    letters, lowered = query.lower().replace(" ", ""), text.lower()
    if not letters:
        return 0.0, ()
    # The place of the first letter decides a lot: each is tried, the others follow as near as they can.
    tried = [_follow(letters, lowered, start) for start, letter in enumerate(lowered) if letter == letters[0]]
    found = [(_score(hits, lowered), hits) for hits in tried if hits]
    return max(found, key=lambda one: one[0]) if found else None


def _follow(letters: str, text: str, start: int) -> tuple[int, ...]:
    """Where the letters stand from a start on: next to the one before, else at a word's beginning, else anywhere."""
    hits = [start]
    for letter in letters[1:]:
        place = hits[-1] + 1
        if place < len(text) and text[place] == letter:
            hits.append(place)
            continue
        beginnings = (i for i in range(place, len(text)) if text[i] == letter and not text[i - 1].isalnum())
        found = next(beginnings, text.find(letter, place))
        if found < 0:
            return ()
        hits.append(found)
    return tuple(hits)


def _score(hits: tuple[int, ...], text: str) -> float:
    beginning = sum(2.0 for hit in hits if hit == 0 or not text[hit - 1].isalnum())
    together = sum(2.0 for before, hit in pairwise(hits) if hit == before + 1)
    return len(hits) + beginning + together - len(text) / 100


class Palette(QDialog):
    """A line to type in and the commands that match, over the window."""

    def __init__(self, parent: QWidget, entries: Sequence[Entry]) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("commandPalette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Command palette")
        self._entries = list(entries)
        self.line = QLineEdit()
        self.line.setObjectName("paletteLine")
        self.line.setPlaceholderText("Type a command: open, dark, layer, export …")
        self.line.setAccessibleName("Command")
        self.line.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setObjectName("paletteList")
        self.list.setAccessibleName("Commands that match")
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        margin = self.fontMetrics().height() // 2
        column.setContentsMargins(margin, margin, margin, margin)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.line.textChanged.connect(self._filter)
        self.line.installEventFilter(self)
        self.line.returnPressed.connect(self.run_current)
        self.list.itemClicked.connect(self.run_current)
        self._filter("")
        width = min(parent.width() - 4 * margin, self.fontMetrics().averageCharWidth() * 84)
        rows = self.list.sizeHintForRow(0) * _SHOWN + 2 * margin
        self.resize(width, self.line.sizeHint().height() + rows + 2 * margin)
        corner = QPoint((parent.width() - width) // 2, self.fontMetrics().height() * 3)
        self.move(parent.mapToGlobal(corner))
        self.line.setFocus()

    @Slot(str)
    def _filter(self, query: str) -> None:
        found = []
        for order, entry in enumerate(self._entries):
            text = f"{entry.title}  {entry.menu}"
            if (hit := match(query, text)) is not None:
                found.append((-hit[0] if query else order, order, hit[1], entry))
        self.list.clear()
        for _, _, hits, entry in sorted(found, key=lambda one: one[:2]):
            item = QListWidgetItem(entry.title)
            item.setData(_HITS, hits)
            item.setData(_ENTRY, entry)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.title}, {entry.menu}, {entry.keys}")
            self.list.addItem(item)
        if not found:
            nothing = QListWidgetItem("Nothing is called that")
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        self.list.setCurrentRow(0)

    @Slot()
    def run_current(self) -> None:
        """Do what is selected, once the palette is gone."""
        item = self.list.currentItem()
        entry = item.data(_ENTRY) if item else None
        if isinstance(entry, Entry):
            self.close()
            entry.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while one types."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _PASSED_ON:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)


class _Row(QStyledItemDelegate):
    """Title with the matching letters underlined, menu and keys at the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(_ENTRY)
        if not isinstance(entry, Entry):
            super().paint(painter, option, index)
            return
        palette, rect = option.palette, option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ink = palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
        faint = ink if selected else palette.color(QPalette.ColorRole.PlaceholderText)
        painter.save()
        if selected:
            painter.fillRect(rect, palette.color(QPalette.ColorRole.Highlight))
        pad = option.fontMetrics.averageCharWidth()
        painter.setPen(ink)
        hits, left = set(index.data(_HITS) or ()), rect.left() + pad
        for place, letter in enumerate(entry.title):
            font = option.font
            font.setBold(place in hits)
            font.setUnderline(place in hits)
            painter.setFont(font)
            width = painter.fontMetrics().horizontalAdvance(letter)
            painter.drawText(QRect(left, rect.top(), width + 1, rect.height()), Qt.AlignmentFlag.AlignVCenter, letter)
            left += width
        font = option.font
        font.setBold(False)
        font.setUnderline(False)
        painter.setFont(font)
        keys_width = max(option.fontMetrics.horizontalAdvance(entry.keys), option.fontMetrics.averageCharWidth() * 14)
        right = QRect(rect.right() - pad - keys_width, rect.top(), keys_width, rect.height())
        alignment = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(right, alignment, entry.keys)
        painter.setPen(faint)
        middle = QRect(left + 2 * pad, rect.top(), right.left() - left - 3 * pad, rect.height())
        painter.drawText(middle, alignment, entry.menu)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(super().sizeHint(option, index).width(), int(option.fontMetrics.height() * 1.7))
