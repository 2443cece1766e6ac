"""All controls in one column that scrolls, over the switch that says whether they are followed at once."""

from PySide6.QtCore import QSignalBlocker, QSize, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.placement import Placement
from gui.panels.controls.model import ModelGroup
from gui.panels.controls.patch import PatchGroup
from gui.panels.controls.rule import RuleGroup
from gui.panels.controls.sweep import SweepGroup
from gui.panels.controls.threat import ThreatGroup
from gui.state import State
from gui.widgets import Line, Scroller, Switch, tame_wheels

__all__ = ["ControlsPanel"]


class ControlsPanel(QWidget):
    """Every knob of the engine and the patch on the photo.

    Signals
    -------
    patch_file_wanted
        The user wants to choose a patch picture from a file; :meth:`put_patch` takes it.
    adapted_file_wanted
        The user wants to choose a file of adapted weights.
    """

    patch_file_wanted = Signal()
    adapted_file_wanted = Signal()

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.model = ModelGroup(state)
        self.threat = ThreatGroup(state)
        self.patch = PatchGroup(state)
        self.sweep = SweepGroup(state)
        self.rule = RuleGroup(state)
        self.live = Switch("Live")
        self.live.setObjectName("liveToggle")
        self.live.setToolTip("Follow every change at once (L); off: only when asked (F5)")
        column = QWidget()
        body = QVBoxLayout(column)
        gap = self.fontMetrics().height()
        body.setContentsMargins(gap * 2 // 3, gap // 2, gap * 2 // 3, gap)
        body.setSpacing(gap * 2 // 3)
        groups = (self.model, self.sweep, self.threat, self.patch, self.rule)
        for index, group in enumerate(groups):
            if index:
                body.addWidget(Line())
            body.addWidget(group)
        body.addStretch(1)
        self.scroller = Scroller()
        self.scroller.setWidget(column)
        foot = QHBoxLayout()
        foot.setContentsMargins(gap * 2 // 3, gap // 3, gap * 2 // 3, gap // 3)
        foot.addWidget(self.live)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.scroller, 1)
        layout.addWidget(Line())
        layout.addLayout(foot)
        tame_wheels(self)
        self.patch.patch_file_wanted.connect(self.patch_file_wanted)
        self.model.adapted_file_wanted.connect(self.adapted_file_wanted)
        self.live.toggled.connect(state.set_live)
        state.live_changed.connect(self._show_live)
        self._show_live(state.live)

    def sizeHint(self) -> QSize:
        """Wide enough for every control, no wider than a narrow screen can spare."""
        return QSize(max(280, self.fontMetrics().averageCharWidth() * 40), 640)

    def put_patch(self, reference: str, at: Placement | None = None) -> None:
        """Put a patch picture on the photo: at a place, or where it fits."""
        self.patch.put_on(reference, at)

    @Slot(bool)
    def _show_live(self, live: bool) -> None:
        with QSignalBlocker(self.live):
            self.live.setChecked(live)
