"""The defenses to choose from; those that cannot run say why."""

from collections.abc import Iterable

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from gui.batching import Offer
from gui.panels.plots.frame import ElidedLabel
from gui.panels.words import count, in_two_lines
from gui.widgets import Note

__all__ = ["DefenseList"]

_AT_FIRST = frozenset({"scalecert", "minority_reports_pc"})
_KINDS = {"detection": "Detection", "recovery": "Recovery"}
_MEANS = {
    "detection": "Certified: the answer is the label or an alert, whatever the patch",
    "recovery": "Certified: the answer is the label, whatever the patch",
}


class DefenseList(QWidget):
    """A box for each defense, recoveries and detections apart: the two promise different things.

    Signals
    -------
    changed
        Other defenses are chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = set(_AT_FIRST)
        self._offers: tuple[Offer, ...] = ()
        self.boxes: dict[str, QCheckBox] = {}
        self.notes: dict[str, ElidedLabel] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(self.fontMetrics().height() // 6)
        self._hint = Note("Which defenses can run is found out once there are photos and a model.")
        self._column.addWidget(self._hint)
        self._column.addStretch(1)

    def chosen(self) -> tuple[str, ...]:
        """Names of the defenses that are chosen and can run."""
        return tuple(offer.name for offer in self._offers if offer.name in self._chosen and not offer.refusal)

    def show_offers(self, offers: Iterable[Offer]) -> None:
        """Show what can run, and why the others cannot."""
        self._offers = tuple(offers)
        if not self.boxes and self._offers:
            self._build()
        self._hint.setVisible(not self._offers and not self.boxes)
        known = {offer.name: offer for offer in self._offers}
        for name, box in self.boxes.items():
            offer = known.get(name)
            can = offer is not None and not offer.refusal
            box.blockSignals(True)
            box.setEnabled(can)
            box.setChecked(can and name in self._chosen)
            box.blockSignals(False)
            box.setToolTip((offer.refusal or f"{name}: {offer.needs}") if offer is not None else "")
            note = self.notes[name]
            note.setEnabled(can)
            note.setText(_told(offer) if offer is not None else "")
            note.setVisible(bool(note.text()))

    def _build(self) -> None:
        place = 0
        for kind, title in _KINDS.items():
            heading = QLabel(f"<b>{title}</b>")
            heading.setToolTip(_MEANS[kind])
            heading.setAccessibleDescription(_MEANS[kind])
            self._column.insertWidget(place, heading)
            heading.show()  # with its notes, and not a moment after them
            place += 1
            # Those that can run stand first.
            for offer in sorted(self._offers, key=lambda one: (bool(one.refusal), one.name not in _AT_FIRST)):
                if offer.kind == kind:
                    box, note = QCheckBox(in_two_lines(offer.title)), ElidedLabel()
                    box.setAccessibleName(offer.title)
                    box.setObjectName(f"batch_{offer.name}")
                    box.toggled.connect(self._choose)
                    note.setContentsMargins(self.fontMetrics().height() * 3 // 2, 0, 0, 0)
                    self.boxes[offer.name], self.notes[offer.name] = box, note
                    for widget in (box, note):
                        self._column.insertWidget(place, widget)
                        widget.show()
                        place += 1

    @Slot(bool)
    def _choose(self, _checked: bool) -> None:
        for name, box in self.boxes.items():
            if box.isEnabled():
                (self._chosen.add if box.isChecked() else self._chosen.discard)(name)
        self.changed.emit()


def _told(offer: Offer) -> str:
    if offer.refusal:
        return f"Cannot run here: {offer.refusal}"
    return f"{count(offer.kept)} photos are answered already." if offer.kept else ""
