"""A slider for a number: a ``QSlider`` on integer steps beside a number field; keyboard, mouse and typing agree."""

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QSpinBox, QWidget

__all__ = ["FloatSlider", "set_range"]

_MOVING_KEYS = {
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
}


def set_range(field: QSpinBox | QDoubleSpinBox, low: float, high: float) -> None:
    """Give a number field another range; the one it has would lay out all that is around it anew."""
    if (field.minimum(), field.maximum()) != (low, high):
        field.setRange(low, high)


class FloatSlider(QWidget):
    """A number in a range.

    The slider moves by ``step``; the field takes any number of ``decimals`` places, also below the slider's
    range if ``lowest`` is. A drag, and a key held down, begin and end a gesture.

    Parameters
    ----------
    low, high, step : float
        Of the slider.
    decimals : int
        Places shown in the field.
    suffix : str
        Unit, as `` %``.
    lowest : float, optional
        Of the field, if below ``low``.

    Signals
    -------
    moved : float
        The user set another value.
    gesture : bool
        A drag or a held key began, or ended.
    """

    moved = Signal(float)
    gesture = Signal(bool)

    def __init__(
        self,
        low: float,
        high: float,
        step: float = 1.0,
        decimals: int = 0,
        suffix: str = "",
        lowest: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._step = step
        self._value = low
        self._held = False
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.field = QDoubleSpinBox()
        self.field.setDecimals(decimals)
        self.field.setSuffix(suffix)
        self.field.setSingleStep(step)
        self.field.setKeyboardTracking(False)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setMinimumWidth(self.field.fontMetrics().horizontalAdvance("0000000 cells"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.field)
        self.set_range(low, high, lowest)
        self.setFocusProxy(self.slider)
        self.slider.installEventFilter(self)
        self.slider.valueChanged.connect(self._slid)
        self.slider.sliderPressed.connect(self._press)
        self.slider.sliderReleased.connect(self._release)
        self.field.valueChanged.connect(self._typed)

    def value(self) -> float:
        """The number, unrounded."""
        return self._value

    def set_value(self, value: float | None) -> None:
        """Show a number, or a dash where it is not known yet; no signal is sent.

        A number outside the range widens the field's, so that what is shown is true.
        """
        with QSignalBlocker(self.field):
            if value is None or not self._is_known:
                self.field.setSpecialValueText("–" if value is None else "")
            if value is None:
                self.field.setValue(self.field.minimum())
                return
            set_range(self.field, min(self.field.minimum(), value), max(self.field.maximum(), value))
        self._value = value
        if not self.slider.isSliderDown() or self._steps(value) != self.slider.value():
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._steps(value))
        with QSignalBlocker(self.field):
            self.field.setValue(value)

    def set_range(self, low: float, high: float, lowest: float | None = None) -> None:
        """Set another range; the value stays what it is, though it may lie outside."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.field):
            self.slider.setRange(self._steps(low), self._steps(high))
            self.slider.setPageStep(max(1, round((high - low) / self._step / 10)))
            set_range(self.field, low if lowest is None else lowest, high)
        self.set_value(self._value if self._is_known else None)

    def describe(self, name: str, tip: str) -> None:
        """Name both parts for those who cannot see them, and say what they do."""
        self.slider.setAccessibleName(name)
        self.field.setAccessibleName(f"{name}, number")
        for part in (self.slider, self.field):
            part.setToolTip(tip)
            part.setAccessibleDescription(tip)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A held key is one gesture, as a drag is."""
        if watched is self.slider:
            kind = event.type()
            if isinstance(event, QKeyEvent) and event.key() in _MOVING_KEYS and not event.isAutoRepeat():
                if kind == QEvent.Type.KeyPress:
                    self._press()
                elif kind == QEvent.Type.KeyRelease:
                    self._release()
            elif kind in (QEvent.Type.FocusOut, QEvent.Type.Hide):
                self._release()
        return False

    @Slot(int)
    def _slid(self, steps: int) -> None:
        self._take(min(max(steps * self._step, self.field.minimum()), self.field.maximum()))

    @Slot(float)
    def _typed(self, value: float) -> None:
        self._take(value)

    def _take(self, value: float) -> None:
        if value != self._value or not self._is_known:
            self.set_value(value)
            self.moved.emit(value)

    @Slot()
    def _press(self) -> None:
        if not self._held:
            self._held = True
            self.gesture.emit(True)

    @Slot()
    def _release(self) -> None:
        if self._held:
            self._held = False
            self.gesture.emit(False)

    @property
    def _is_known(self) -> bool:
        return not self.field.specialValueText()

    def _steps(self, value: float) -> int:
        return round(value / self._step)
