"""The patch picture that is put on the photo, and where."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QLabel, QSpinBox, QWidget

from engine.errors import SinscopeError
from engine.placement import Placement
from gui.panels.controls.group import Group
from gui.patch_fit import clamped, first_placement, patch_size, size_on_photo, turned
from gui.sources import sample_patches
from gui.state import State
from gui.widgets import Field, InlineMessage, Note, Picker, Switch, dress_number, set_range

__all__ = ["PatchGroup"]

_FILE = "\0file"


class PatchGroup(Group):
    """Which picture, on or off, its place, scale and rotation.

    Signals
    -------
    patch_file_wanted
        The user wants to choose a file.
    """

    patch_file_wanted = Signal()

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Patch on the photo", state, parent)
        self._samples = [(name, f"sample:{name}") for name in sample_patches()]
        self._entries: list[tuple[str, str] | None] = []
        self._size_of: tuple[str, tuple[int, int] | None] | None = None
        self._centre: tuple[Placement, tuple[float, float]] | None = None
        self.toggle = Switch("Patch on")
        self.toggle.setObjectName("patchToggle")
        self.toggle.setToolTip("Put the patch on the photo, or take it off (P)")
        self.source = Picker()
        self.source.setEditable(False)
        self.source.setObjectName("patchCombo")
        self.source.setAccessibleName("Patch picture")
        self.source.setToolTip("Which picture is put on the photo; or drop a patch on the canvas")
        self.left = _whole("Patch, pixels from the left", "Pixels from the left (arrow keys on the canvas)", " px")
        self.top = _whole("Patch, pixels from the top", "Pixels from the top (arrow keys on the canvas)", " px")
        self.scale = _number("Patch, scale", "Its size relative to its own pixels ([ and ])", 0.01, 100.0, 0.05, 2)
        self.scale.setPrefix("× ")
        self.rotation = _number("Patch, rotation", "Degrees counter-clockwise", 0.0, 359.9, 5.0, 1)
        self.rotation.setSuffix("°")
        self.rotation.setWrapping(True)
        self.note = Note()
        self.larger = InlineMessage()
        self.body.addWidget(self.toggle)
        self.body.addWidget(Field("Picture", self.source))
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        captions = ("Left", "Top", "Scale", "Rotation")
        for index, field in enumerate((self.left, self.top, self.scale, self.rotation)):
            caption = QLabel(captions[index])
            caption.setBuddy(field)
            grid.addWidget(caption, index // 2 * 2, index % 2)
            grid.addWidget(field, index // 2 * 2 + 1, index % 2)
            grid.setColumnStretch(index % 2, 1)
        self.body.addLayout(grid)
        self.body.addWidget(self.note)
        self.body.addWidget(self.larger)
        self.body.addWidget(self.message)
        self.toggle.toggled.connect(self._switch)
        self.source.picked.connect(self._pick)
        self.left.valueChanged.connect(self._move)
        self.top.valueChanged.connect(self._move)
        self.scale.valueChanged.connect(self._turn)
        self.rotation.valueChanged.connect(self._turn)
        self.refresh()

    def refresh(self) -> None:
        """Show the document's patch and its place."""
        document = self.state.document
        self._offer(document.patch)
        with QSignalBlocker(self.toggle):
            self.toggle.setChecked(document.patch_on and document.patch is not None)
        placement, view = document.placement, self._view()
        size = self._size()
        on_photo = size_on_photo(size, placement) if size else None
        height, width = on_photo or (0, 0)
        for field, value, most in (
            (self.left, placement.left, view[1] - width),
            (self.top, placement.top, view[0] - height),
        ):
            with QSignalBlocker(field):
                set_range(field, min(0, value), max(most, value, 0))
                field.setValue(value)
        for knob, number in ((self.scale, placement.scale), (self.rotation, placement.rotation % 360)):
            with QSignalBlocker(knob):
                knob.setValue(number)
        for control in (self.left, self.top, self.scale, self.rotation):
            control.setEnabled(document.patch is not None)
        self._describe(on_photo, view)

    def put_on(self, reference: str, at: Placement | None = None) -> None:
        """Put a patch picture on the photo: a file, or a sample; where it fits, unless a place is given."""
        size = patch_size(reference)
        self._size_of = reference, size
        placement = at if at is not None else self.state.document.placement
        if size is not None and at is None:
            snapshot = self.state.snapshot
            feared = snapshot.threat_px if snapshot else (32, 32)
            placement = first_placement(size, feared, self._view())
        self.state.change("Patch picture", patch=reference, patch_on=True, placement=placement)

    def _offer(self, reference: str | None) -> None:
        entries: list[tuple[str, str] | None] = [*self._samples]
        if reference is not None and reference not in [entry[1] for entry in entries if entry]:
            entries.append((Path(reference).name, reference))
        entries += [None, ("From a file…", _FILE)] if entries else [("From a file…", _FILE)]
        if entries != self._entries:
            self._entries = entries
            self.source.set_entries(entries)
        self.source.set_value(reference or "")
        if reference is None:
            self.source.setPlaceholderText("none")

    def _describe(self, on_photo: tuple[int, int] | None, view: tuple[int, int]) -> None:
        document, snapshot = self.state.document, self.state.snapshot
        if document.patch is None:
            self.note.setText("Choose a picture, or drop one on the canvas.")
        elif on_photo is None:
            self.note.setText("")
        else:
            share = on_photo[0] * on_photo[1] / (view[0] * view[1])
            self.note.setText(f"{on_photo[0]} × {on_photo[1]} px of the model's input ({share:.1%})")
        larger = (
            on_photo is not None
            and document.patch_on
            and snapshot is not None
            and (on_photo[0] > snapshot.threat_px[0] or on_photo[1] > snapshot.threat_px[1])
        )
        self.larger.say("Larger than the feared patch: no certificate speaks of it." if larger else "")

    def _view(self) -> tuple[int, int]:
        return self.state.model.input_size if self.state.model else (224, 224)

    def _size(self) -> tuple[int, int] | None:
        reference = self.state.document.patch
        if reference is None:
            return None
        if self._size_of is None or self._size_of[0] != reference:
            self._size_of = reference, patch_size(reference)
        return self._size_of[1]

    @Slot(bool)
    def _switch(self, on: bool) -> None:
        document = self.state.document
        if on and document.patch is None:
            if self._samples:
                self.put_on(self._samples[0][1])
            else:
                self.patch_file_wanted.emit()
                self.refresh()
        else:
            self.state.change("Patch on" if on else "Patch off", patch_on=on)

    @Slot(str)
    def _pick(self, reference: str) -> None:
        if reference == _FILE:
            self.source.set_value(self.state.document.patch or "")
            self.patch_file_wanted.emit()
        else:
            self.put_on(reference)

    @Slot()
    def _move(self) -> None:
        before = self.state.document.placement
        placement = Placement(self.left.value(), self.top.value(), before.scale, before.rotation)
        size = self._size()
        self.state.move_patch(clamped(placement, size, self._view()) if size else placement)

    @Slot()
    def _turn(self) -> None:
        before, size = self.state.document.placement, self._size()
        scale, rotation = self.scale.value(), self.rotation.value()
        try:
            if size is None:
                after = Placement(before.left, before.top, scale, rotation)
            else:
                after = turned(before, size, self._view(), self._middle(before, size), scale, rotation)
        except SinscopeError as error:
            self.refuse(str(error))
            return
        if self._centre is not None:
            self._centre = after, self._centre[1]
        self.state.move_patch(after)
        self.accept()

    def _middle(self, placement: Placement, size: tuple[int, int]) -> tuple[float, float]:
        """The patch's centre; the first one while it is only scaled and turned, so that it does not creep."""
        if self._centre is None or self._centre[0] != placement:
            height, width = size_on_photo(size, placement) or (0, 0)
            self._centre = placement, (placement.left + width / 2, placement.top + height / 2)
        return self._centre[1]


def _whole(name: str, tip: str, suffix: str) -> QSpinBox:
    field = QSpinBox()
    field.setSuffix(suffix)
    dress_number(field, name, tip)
    return field


def _number(name: str, tip: str, low: float, high: float, step: float, decimals: int) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setDecimals(decimals)
    field.setRange(low, high)
    field.setSingleStep(step)
    dress_number(field, name, tip)
    return field
