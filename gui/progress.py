"""The one progress bar, bound to the worker, and what runs where."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QWidget

from gui.snapshot import Snapshot
from gui.state import Phase, State

__all__ = ["ProgressStrip"]


class ProgressStrip(QWidget):
    """For the status bar: busy while something loads, windows done while they are swept, else the model's name.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._what = QLabel()
        self._what.setObjectName("progressText")
        self._bar = QProgressBar()
        self._bar.setObjectName("progressBar")
        self._bar.setAccessibleName("Progress")
        self._bar.setToolTip("What the engine is doing (Esc stops it)")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(self.fontMetrics().averageCharWidth() * 18)
        self._bar.setMaximumHeight(self.fontMetrics().height())
        # Its room is kept while it is hidden, so that nothing jumps.
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        self._model = QLabel()
        self._model.setObjectName("modelStatus")
        self._model.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, self.fontMetrics().averageCharWidth(), 0)
        row.setSpacing(self.fontMetrics().averageCharWidth() * 2)
        row.addWidget(self._what)
        row.addWidget(self._bar)
        row.addWidget(self._model, 0, Qt.AlignmentFlag.AlignRight)
        state.phase_changed.connect(self._follow)
        state.snapshot_changed.connect(self._advance)
        self._follow(state.phase)

    @Slot(object)
    def _follow(self, phase: Phase) -> None:
        busy = phase in (Phase.LOADING, Phase.COMPUTING, Phase.PARTIAL)
        if busy and not self._bar.isVisible():
            self._bar.setRange(0, 0)
        self._bar.setVisible(busy)
        words = {
            Phase.LOADING: f"Loading {self._state.loading}",
            Phase.COMPUTING: "Updating",
            Phase.STALE: "Live is off; F5 runs",
            Phase.CANCELLED: "Stopped; F5 runs",
            Phase.ERROR: "Failed",
        }
        if phase is not Phase.PARTIAL:
            self._what.setText(words.get(phase, ""))
        if phase in (Phase.LOADING, Phase.COMPUTING):
            self._bar.setRange(0, 0)

    @Slot(object)
    def _advance(self, snapshot: Snapshot) -> None:
        windows = snapshot.windows
        self._model.setText(f"{snapshot.network}  ·  {snapshot.backend}")
        self._model.setToolTip(f"Layer {snapshot.layer}, {snapshot.neurons} superficial neurons")
        if self._state.phase is Phase.PARTIAL and windows is not None:
            done = int(windows.done.sum())
            self._bar.setRange(0, len(windows))
            self._bar.setValue(done)
            kind = "Preview: windows" if snapshot.request.preview else "Windows"
            self._what.setText(f"{kind} {done} of {len(windows)}")
        elif self._state.phase is Phase.PARTIAL:
            self._what.setText("Updating")
