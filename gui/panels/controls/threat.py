"""The patch that is feared: the size a certificate speaks of."""

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from engine.errors import ThreatError
from engine.threat import PatchThreat
from gui.panels.controls.group import Group
from gui.state import State
from gui.widgets import Chip, Field, FloatSlider, set_range

__all__ = ["ThreatGroup"]

_PRESETS = (1, 2, 3, 5, 8)
_TEXT = "Patch size"


class ThreatGroup(Group):
    """Its share of the input as a slider, the shares of the literature as buttons, its sides in px as numbers."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Feared patch", state, parent)
        self.area = FloatSlider(0.2, 20.0, 0.2, decimals=1, suffix=" %", lowest=0.1)
        self.area.field.setMaximum(100.0)
        self.area.slider.setObjectName("patchSizeSlider")
        self.area.describe("Size of the feared patch, share of the input", "How large a patch is feared (Alt+S)")
        self.follow_drags(self.area)
        self.body.addWidget(Field("&Size, share of the input", self.area))
        self.presets: dict[int, Chip] = {}  # by percent; no QButtonGroup, out of which Tab picks one
        row = QHBoxLayout()
        row.setSpacing(3)
        for percent in _PRESETS:
            tip = f"A patch of {percent} % of the input, as the literature measures"
            button = Chip(f"{percent} %", f"Feared patch of {percent} percent", tip)
            button.clicked.connect(self._preset)
            self.presets[percent] = button
            row.addWidget(button, 1)
        self.body.addLayout(row)
        self.height_px, self.width_px = _pixels("height"), _pixels("width")
        sides = QHBoxLayout()
        sides.addWidget(QLabel("In pixels"), 1)
        sides.addWidget(self.height_px)
        sides.addWidget(QLabel("×"))
        sides.addWidget(self.width_px)
        self.body.addLayout(sides)
        self.body.addWidget(self.message)
        self.area.moved.connect(self._slide)
        self.height_px.valueChanged.connect(self._type_height)
        self.width_px.valueChanged.connect(self._type_width)
        self.refresh()

    def refresh(self) -> None:
        """Show the feared patch in % and px."""
        text = self.state.settings.patch
        threat = self._threat()
        percent = float(text.strip().removesuffix("%")) if text.strip().endswith("%") and threat else None
        for share, button in self.presets.items():
            button.setChecked(percent == share)
        if threat is None:
            return
        self.area.set_value(percent if percent is not None else threat.share * 100)
        for field, value, most in (
            (self.height_px, threat.height, threat.input_height),
            (self.width_px, threat.width, threat.input_width),
        ):
            with QSignalBlocker(field):
                set_range(field, field.minimum(), most)
                field.setValue(value)

    def _threat(self) -> PatchThreat | None:
        model = self.state.model
        try:
            return PatchThreat.parse(self.state.settings.patch, model.input_size if model else (224, 224))
        except ThreatError as error:
            self.message.say(str(error))
            return None

    @Slot(float)
    def _slide(self, percent: float) -> None:
        self.ask(_TEXT, patch=f"{percent:g}%")

    @Slot()
    def _preset(self) -> None:
        pressed = self.sender()
        for percent, button in self.presets.items():
            if button is pressed:
                self.ask(_TEXT, patch=f"{percent}%")
        self.refresh()

    @Slot(int)
    def _type_height(self, height: int) -> None:
        # A square stays one until its width is given on its own.
        threat = self._threat()
        square = threat is None or threat.height == threat.width
        self._type(height, height if square else self.width_px.value())

    @Slot(int)
    def _type_width(self, width: int) -> None:
        self._type(self.height_px.value(), width)

    def _type(self, height: int, width: int) -> None:
        self.ask(_TEXT, patch=str(height) if height == width else f"{height}x{width}")


def _pixels(side: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(1, 4096)
    field.setSuffix(" px")
    field.setKeyboardTracking(False)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setAccessibleName(f"Feared patch, {side} in px")
    field.setToolTip(f"Its {side} in pixels of the model's input")
    return field
