"""The tab Attack: wishes on the left, loss and success in the middle, the patch on the right."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from engine.errors import SinscopeError
from gui.attack import Attack
from gui.long_work import Stand
from gui.panels import words
from gui.panels.attack.curve import AttackCurve
from gui.panels.attack.form import AttackForm
from gui.panels.attack.preview import PatchPreview
from gui.panels.plots.frame import ElidedLabel
from gui.state import State
from gui.training import TrainingView
from gui.widgets import enable_button, named_button

__all__ = ["AttackPanel"]

_FALLEN = 0.5  # success from which on nobody needs advice
_NO_PATCH = "There is no patch yet; start an attack first"
_NARROW = 100  # letters: below it, wishes and course take turns


class AttackPanel(QWidget):
    """Starts and stops an attack and shows how it goes.

    Parameters
    ----------
    state : State
    attack : Attack

    Signals
    -------
    use_wanted, save_wanted
        The best patch so far is to be put on the photo, or to be saved.
    changed
        Something can be done that could not, or the reverse.
    """

    use_wanted = Signal()
    save_wanted = Signal()
    changed = Signal()

    def __init__(self, state: State, attack: Attack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._attack = state, attack
        self.setAccessibleName("Attack")
        self.form = AttackForm(state)
        self.curve = AttackCurve()
        self.preview = PatchPreview()
        self.status = ElidedLabel()
        self.status.setObjectName("attackStatus")
        self.progress = QProgressBar()
        self.progress.setObjectName("attackProgress")
        self.progress.setAccessibleName("Progress of the attack")
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(self.fontMetrics().height() // 2)
        self.start_button = named_button("Start attack", "attackStart")
        self.stop_button = named_button("Stop", "attackStop")
        self.wishes_button = named_button("Settings", "attackSettings")
        self.wishes_button.setCheckable(True)
        self.wishes_button.setToolTip("What the attack is to do, in the place of how it goes")
        self.use_button = named_button("Use on the canvas", "attackUse")
        self.save_button = named_button("Save…", "attackSave")
        self._lay_out()
        self.start_button.clicked.connect(self.start)
        self.stop_button.clicked.connect(attack.stop)
        self.use_button.clicked.connect(self.use_wanted)
        self.save_button.clicked.connect(self.save_wanted)
        self.wishes_button.toggled.connect(self._arrange)
        self.form.changed.connect(self._refresh)
        attack.changed.connect(self._refresh)
        self.wishes_button.setChecked(True)
        self._refresh()

    def obstacle(self) -> str:
        """Why no attack can be started now, in a sentence; empty if one can."""
        return "An attack is running; stop it first." if self._attack.is_busy else self.form.obstacle()

    @Slot()
    def start(self) -> None:
        """Start the attack that the form asks for, or say why it cannot be."""
        if self.obstacle():
            return
        try:
            wishes = self.form.wishes()
        except SinscopeError as error:
            self.form.message.say(str(error))
            self.wishes_button.setChecked(True)
            return
        self.form.message.say("")
        self.curve.clear(wishes.attack.steps)
        self.wishes_button.setChecked(False)
        self._attack.start(wishes.source, wishes.limit, wishes.attack, self._state.settings)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side, or by turns where there is little room."""
        super().resizeEvent(event)
        self._arrange()

    def _lay_out(self) -> None:
        gap = self.fontMetrics().height() // 2
        head = QHBoxLayout()
        head.setSpacing(gap)
        for button in (self.start_button, self.stop_button, self.wishes_button):
            head.addWidget(button)
        head.addStretch(1)
        for button in (self.use_button, self.save_button):
            head.addWidget(button)
        self._course = QWidget()
        course = QVBoxLayout(self._course)
        course.setContentsMargins(0, 0, 0, 0)
        course.setSpacing(gap // 3)
        course.addWidget(self.status)
        course.addWidget(self.progress)
        row = QHBoxLayout()
        row.setSpacing(gap)
        row.addWidget(self.curve, 1)
        row.addWidget(self.preview)
        course.addLayout(row, 1)
        body = QHBoxLayout()
        body.setSpacing(gap)
        body.addWidget(self.form, 2)
        body.addWidget(self._course, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(gap, gap // 2, gap, gap // 2)
        layout.setSpacing(gap // 2)
        layout.addLayout(head)
        layout.addLayout(body, 1)

    @Slot()
    def _arrange(self, _checked: bool = False) -> None:
        narrow = self.width() < _NARROW * self.fontMetrics().averageCharWidth()
        self.wishes_button.setVisible(narrow)
        self.form.setVisible(not narrow or self.wishes_button.isChecked())
        self._course.setVisible(not narrow or not self.wishes_button.isChecked())

    @Slot()
    def _refresh(self) -> None:
        """Show how it goes, and what can be done."""
        attack = self._attack
        view = attack.view
        self.form.set_running(attack.is_busy)
        enable_button(self.start_button, self.obstacle(), "Train a patch")
        enable_button(
            self.stop_button, "" if attack.can_stop else "No attack is running", "Stop and keep the best patch (Esc)"
        )
        for button, tip in (
            (self.use_button, "Put the best patch on the photo"),
            (self.save_button, "Keep the best patch as PNG, with a JSON of how it was made"),
        ):
            enable_button(button, "" if view is not None else _NO_PATCH, tip)
        if view is not None:
            is_at_work = attack.is_busy
            self.curve.show_view(view, is_over=not is_at_work)
            what = f"The patch after step {view.step}" if is_at_work else "The best patch"
            self.preview.show_patch(view.patch if is_at_work else view.best, what)
        else:
            self.preview.show_patch(None, "")
        self._show_progress(view)
        self.status.setText(_told(attack, self.obstacle()))
        self.changed.emit()

    def _show_progress(self, view: TrainingView | None) -> None:
        busy = self._attack.is_busy
        if busy and view is None:
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, view.steps if view is not None else 1)
            self.progress.setValue(view.step if view is not None else 0)


def _told(attack: Attack, obstacle: str) -> str:
    """How the attack goes, in a line."""
    view = attack.view
    if attack.problem is not None:
        return attack.problem.sentence
    if attack.stand is Stand.PREPARING:
        return f"{attack.preparing.capitalize()} …"
    if view is None:
        return obstacle or "Start trains a patch against the model; here its loss and success are drawn."
    found = f"loss {view.loss:.3g}, {view.target or 'another label'} in {words.percent(view.success)}"
    if attack.stand is Stand.RUNNING:
        return f"Step {view.step} of {view.steps}, {words.duration(view.seconds_left)} left: {found}"
    if attack.stand is Stand.STOPPING:
        return f"Stopping after step {view.step}: {found}"
    if attack.stand is Stand.STOPPED:
        return f"Stopped after {view.step} of {view.steps} steps, the best patch is kept: {found}"
    told = f"{view.steps} steps in {words.duration(view.seconds)}: {found}"
    if view.success >= _FALLEN:
        return told
    return f"{told}. A larger feared patch, another place or another target is easier."
