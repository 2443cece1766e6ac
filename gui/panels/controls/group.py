"""What every group of controls does alike: ask for a change, and say in place why it cannot be."""

from typing import Any

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from engine.errors import SinscopeError
from engine.settings import Settings
from gui.fitting import refit
from gui.state import State
from gui.widgets import FloatSlider, InlineMessage, Section

__all__ = ["Group", "choices", "choose"]


class Group(Section):
    """A section of controls that follows the document.

    Parameters
    ----------
    title : str
    state : State
    """

    def __init__(self, title: str, state: State, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.state = state
        self.message = InlineMessage()
        self._dragged_from: Settings | None = None
        state.document_changed.connect(self._follow)
        state.snapshot_changed.connect(self._follow)
        state.phase_changed.connect(self._follow)
        state.model_changed.connect(self._follow)

    def refresh(self) -> None:
        """Show what the document and the newest snapshot say; sends nothing."""

    def ask(self, text: str, also: dict[str, Any] | None = None, **knobs: Any) -> bool:
        """Change settings, with those taken back that no longer fit; say so if a value is impossible.

        ``also`` holds what else of the document is changed in the same step.
        """
        try:
            # While a slider is held, what its drag took back comes again when it goes back.
            base = self._dragged_from or self.state.settings
            settings = refit(base, self.state.snapshot, **knobs)
            self.state.change(text, settings=settings, **(also or {}))
        except SinscopeError as error:
            return self.refuse(str(error))
        return self.accept()

    def refuse(self, sentence: str) -> bool:
        """Say why a change cannot be, and show the document again."""
        self.message.say(sentence)
        self.refresh()
        return False

    def accept(self) -> bool:
        """Take an old message away."""
        self.message.say("")
        return True

    def follow_drags(self, slider: FloatSlider) -> None:
        """Make a drag of a slider one step of undo."""
        slider.gesture.connect(self._hold)

    @Slot(bool)
    def _hold(self, holding: bool) -> None:
        self._dragged_from = self.state.settings if holding else None
        self.state.hold(holding)

    @Slot(object)
    def _follow(self, _what: object) -> None:
        self.refresh()


def choices(entries: dict[str, str], name: str, tip: str) -> QComboBox:
    """A list of named values: ``{value: text}``."""
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(10)
    for value, text in entries.items():
        box.addItem(text, value)
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box


def choose(box: QComboBox, value: str) -> None:
    """Show a value in a list; no signal is sent."""
    with QSignalBlocker(box):
        box.setCurrentIndex(box.findData(value))
