"""The dialog of all keys, read from the same table as the menus."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from gui.actions import Command

__all__ = ["MOUSE", "ShortcutsDialog"]

# What no menu holds: keys and mouse on the canvas.
MOUSE = (
    ("On the canvas", "Move the patch by 1 px", "Arrows"),
    ("On the canvas", "Move the patch by 8 px", "Shift+Arrows"),
    ("On the canvas", "Move, size and turn the patch", "Drag it or its handles"),
    ("On the canvas", "Put the patch on a place", "Click the location map"),
    ("On the canvas", "Zoom, move the view", "Wheel, drag beside the patch"),
    ("In the filmstrip", "Photo before, photo after", "Left, Right"),
)


class ShortcutsDialog(QDialog):
    """Every command with its keys by menu, with a line to search in."""

    def __init__(self, parent: QWidget, commands: Iterable[Command]) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Shortcuts")
        self.line = QLineEdit()
        self.line.setPlaceholderText("Search for a command or a key")
        self.line.setAccessibleName("Search")
        self.line.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Shortcuts")
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels(["Command", "Keys", "What it does"])
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(self.fontMetrics().height())
        self._groups: dict[str, QTreeWidgetItem] = {}
        for command in commands:
            if command.keys:
                self._add(command.place, command.title, command.shown_keys, command.tip)
        for group, title, keys in MOUSE:
            self._add(group, title, keys, "")
        self.tree.expandAll()
        for column in range(2):
            self.tree.resizeColumnToContents(column)
            self.tree.setColumnWidth(column, self.tree.columnWidth(column) + self.fontMetrics().height())
        self.line.textChanged.connect(self._filter)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column_layout = QVBoxLayout(self)
        column_layout.addWidget(self.line)
        column_layout.addWidget(self.tree)
        column_layout.addWidget(buttons)
        letter = self.fontMetrics().averageCharWidth()
        self.resize(letter * 140, self.fontMetrics().height() * 42)

    def _add(self, group: str, title: str, keys: str, tip: str) -> None:
        if group not in self._groups:
            head = QTreeWidgetItem(self.tree, [group])
            head.setFirstColumnSpanned(True)
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            self._groups[group] = head
        QTreeWidgetItem(self._groups[group], [title, keys, tip])

    @Slot(str)
    def _filter(self, query: str) -> None:
        wanted = query.lower().strip()
        for head in self._groups.values():
            shown = 0
            for index in range(head.childCount()):
                row = head.child(index)
                if row is not None:
                    hidden = not any(wanted in row.text(column).lower() for column in range(3))
                    row.setHidden(hidden)
                    shown += not hidden
            head.setHidden(shown == 0)
