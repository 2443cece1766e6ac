"""The measures of an evaluation with their 95 % intervals; recoveries and detections apart."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.evaluation.wording import wording
from gui.batching import BatchView, ShareView, Sums
from gui.panels.words import count
from gui.widgets import Note, Ringed

__all__ = ["MeasureTable"]

_MORE = {"photos": "Photos that it has answered", "passes": "Forward passes a photo", "ms": "Milliseconds a photo"}


class _Tree(Ringed, QTreeWidget):
    """A tree that shows the keyboard's focus."""


class MeasureTable(QWidget):
    """A line for each defense under its kind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree = _Tree()
        self.tree.setObjectName("batchMeasures")
        self.tree.setAccessibleName("Measures of each defense")
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setIndentation(self.fontMetrics().height() // 2)
        self.tree.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.note = Note("Shares in %, with 95 % intervals (Wilson), are counted here as photos are answered.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(self.fontMetrics().height() // 4)
        layout.addWidget(self.note)
        layout.addWidget(self.tree, 1)
        self.tree.hide()

    def show_view(self, view: BatchView | None) -> None:
        """Show what has been counted."""
        self.tree.setVisible(view is not None)
        if view is None:
            return
        words = wording(view.is_labelled)
        named, kinds, tips = words.measures, words.kinds, words.meanings
        heads = ["Defense", *named.values(), *_MORE]
        bars = (self.tree.horizontalScrollBar(), self.tree.verticalScrollBar())
        at = [bar.value() for bar in bars]
        self.tree.clear()
        self.tree.setColumnCount(len(heads))
        self.tree.setHeaderLabels(heads)
        for column, tip in enumerate(["Name of the defense", *(tips[name] for name in named), *_MORE.values()]):
            self.tree.headerItem().setToolTip(column, tip)
            self.tree.headerItem().setTextAlignment(column, _right(column))
        for kind, told in kinds.items():
            sums = [one for one in view.sums if one.kind == kind]
            if sums:
                group = QTreeWidgetItem([told])
                self.tree.addTopLevelItem(group)
                group.setFirstColumnSpanned(True)
                group.addChildren([_item(one, named) for one in sums])
        self.tree.expandAll()
        header = self.tree.header()
        header.setStretchLastSection(False)
        for column in range(len(heads)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        for bar, value in zip(bars, at, strict=True):
            bar.setValue(value)
        self.note.setText(_note(view))


def _item(sums: Sums, named: Mapping[str, str]) -> QTreeWidgetItem:
    shares = [_share(sums.shares[name]) if sums.photos else "–" for name in named]
    more = [count(sums.photos), f"{sums.passes:,.0f}", f"{sums.ms:,.0f}"]
    item = QTreeWidgetItem([sums.title, *shares, *more])
    for column in range(item.columnCount()):
        item.setTextAlignment(column, _right(column))
    return item


def _right(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _share(share: ShareView) -> str:
    return f"{100 * share.value:.1f} ({100 * share.low:.0f}–{100 * share.high:.0f})"


def _note(view: BatchView) -> str:
    if view.is_labelled:
        return f"Shares in %, with 95 % intervals (Wilson), over {count(view.done)} of {count(view.photos)} photos."
    return (
        f"Without labels nothing says whether an answer is right: shares in % of {count(view.done)} of "
        f"{count(view.photos)} photos, with 95 % intervals (Wilson), of what each defense says."
    )
