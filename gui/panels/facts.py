"""The numbers behind a verdict, in two columns, and notes on what is inspected."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.panels.words import count, margin, prediction, seconds, share
from gui.snapshot import Snapshot
from gui.widgets import InlineMessage

__all__ = ["Facts", "facts_of", "notes_of"]


class Facts(QWidget):
    """A row for each fact; rows that say nothing yet show a dash."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(self.fontMetrics().averageCharWidth() * 2)
        self._grid.setVerticalSpacing(self.fontMetrics().height() // 4)
        self._rows: list[tuple[QLabel, QLabel]] = []
        self.notes = InlineMessage()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._grid)
        layout.addWidget(self.notes)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Fill in what is known."""
        facts = facts_of(snapshot)
        while len(self._rows) < len(facts):
            self._add_row()
        for row, (caption, value) in enumerate(self._rows):
            caption.setVisible(row < len(facts))
            value.setVisible(row < len(facts))
            if row < len(facts):
                caption.setText(facts[row][0])
                value.setText(facts[row][1])
                value.setAccessibleName(f"{facts[row][0]}: {facts[row][1]}")
        self.notes.say("\n".join(notes_of(snapshot)))

    def value(self, caption: str) -> str:
        """What a row says; empty if there is no such row."""
        return next((value.text() for name, value in self._rows if name.text() == caption), "")

    def _add_row(self) -> None:
        caption, value = QLabel(), QLabel()
        caption.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        caption.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        value.setWordWrap(True)
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = len(self._rows)
        self._grid.addWidget(caption, row, 0)
        self._grid.addWidget(value, row, 1)
        self._rows.append((caption, value))


def facts_of(snapshot: Snapshot) -> list[tuple[str, str]]:
    """What is known of a snapshot, as ``(caption, value)``."""
    base, full = snapshot.base, snapshot.full
    differ = base is not None and full is not None and base.label != full.label
    verdict = None if snapshot.request.preview else snapshot.verdict
    facts = [
        ("Pruned model", prediction(base)),
        ("Full model", f"≠ {prediction(full)}" if differ else prediction(full)),
    ]
    if snapshot.adapted:
        facts.append(("Network", snapshot.network))
    if verdict is None:
        return [*facts, ("Places certified", "–"), ("Smallest margin", "–"), ("Passes", "–"), ("Time", "–")]
    if verdict.label_given:
        facts.insert(0, ("Label", snapshot.model.labels[verdict.label]))
    reused = f", {count(verdict.reused)} reused" if verdict.reused else ""
    certified = f"{count(verdict.certified)} of {count(verdict.places)} ({share(verdict.certified, verdict.places)})"
    return [
        *facts,
        ("Places certified", certified),
        ("Smallest margin", margin(verdict.min_margin)),
        ("Passes", f"{count(verdict.passes)} run{reused}"),
        ("Time", seconds(sum(verdict.timing_ms.values()))),
    ]


def notes_of(snapshot: Snapshot) -> list[str]:
    """What to know of the photo, the models and the patch that lies on it."""
    notes = list(snapshot.notes)
    base, full = snapshot.base, snapshot.full
    if base is not None and full is not None and base.label != full.label:
        notes.append("Pruned and full model disagree: the certificate is about the pruned one.")
    box = snapshot.patch_box
    if box is not None:
        height, width = box[2] - box[0], box[3] - box[1]
        feared = snapshot.threat_px
        if height > feared[0] or width > feared[1]:
            notes.append(
                f"The patch on the photo, {height} × {width} px, is larger than the feared one, "
                f"{feared[0]} × {feared[1]} px: nothing here speaks of it."
            )
    return notes
