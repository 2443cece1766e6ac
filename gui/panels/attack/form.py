"""What an attack is to do: photos, target, size, place, steps, and against what."""

from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.attacks.settings import TOASTER, AttackSettings
from engine.errors import SinscopeError
from engine.threat import PatchThreat
from gui.panels.classes import class_entries, find_class
from gui.panels.controls.group import choices
from gui.patch_fit import patch_size, size_on_photo
from gui.snapshot import ModelInfo
from gui.state import State
from gui.widgets import InlineMessage, Picker, Scroller, dress_number, tame_wheels

__all__ = ["AttackForm", "Wishes"]

_UNTARGETED = "untargeted"
_NAMED = "toaster"
_STEPS = {"photo": 500, "folder": 1000}
_ASIDE = 0.125, 0.78  # shares of the way down and across: beside the middle, where most photos have their object
_MOST_PHOTOS = 64
_BATCH = 8
_RATE = 0.1  # for one photo, which nothing has to be learned beyond: three times the usual one is quicker
_COPIES = 2  # of one photo a step, with the patch at as many places


@dataclass(frozen=True)
class Wishes:
    """What the form says: the arguments of :meth:`gui.attack.Attack.start`, beside the settings."""

    source: str
    limit: int
    attack: AttackSettings


class AttackForm(Scroller):
    """A column of fields; nothing in it changes the document.

    Parameters
    ----------
    state : State

    Signals
    -------
    changed
        Something else is wished for, or can be.
    """

    changed = Signal()

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._labels: tuple[str, ...] | None = None
        self._folder = ""
        self.source = choices({"photo": "This photo", "folder": "The folder"}, "What to attack", "")
        self.source.setObjectName("attackSource")
        self.limit = _number(1, 5000, _MOST_PHOTOS, "Photos at most", "The patch is trained on so many photos of it")
        self.target = Picker()
        self.target.setObjectName("attackTarget")
        self.target.setAccessibleName("Target class")
        self.target.setToolTip(
            "What the model is to say wherever the patch lies: type a part of a class's name, or its index.\n"
            "Untargeted: anything but what it says now."
        )
        self.extent = QLabel()
        self.extent.setObjectName("attackSize")
        self.extent.setToolTip("The size of the feared patch: change it under Controls")
        self.place = choices(
            {"one": "One place", "any": "Anywhere"},
            "Place of the patch",
            "One place: where the patch on the photo lies, or beside the middle. Much quicker than a patch for all.",
        )
        self.place.setObjectName("attackPlace")
        self.steps = _number(1, 100_000, _STEPS["photo"], "Steps", "Each moves the patch's pixels once")
        self.steps.setObjectName("attackSteps")
        self.against = choices(
            {"plain": "Plain model", "pruned": "Pruned model"},
            "Model that is attacked",
            "The plain model, or the one that keeps only the SINs of the settings under Controls",
        )
        self.against.setObjectName("attackAgainst")
        self.alpha = QDoubleSpinBox()
        self.alpha.setRange(0, 1000)
        self.alpha.setSingleStep(0.5)
        self.alpha.setSpecialValueText("off")
        self.alpha.setPrefix("α ")
        self.alpha.setObjectName("attackAlpha")
        dress_number(
            self.alpha,
            "Hide from importance, alpha",
            "Weight of a penalty on superficial activation (Eq. 6): the patch hides, and is weaker for it",
        )
        self.message = InlineMessage()
        self._column = QWidget()
        self._lay_out()
        tame_wheels(self)
        self.source.currentIndexChanged.connect(self._choose_source)
        self.target.picked.connect(self._pick_target)
        for changed in (self.place.currentIndexChanged, self.against.currentIndexChanged):
            changed.connect(self._follow)
        state.document_changed.connect(self._follow)
        state.model_changed.connect(self._follow)
        self.target.set_value(_UNTARGETED)
        self.set_folder("")

    def wishes(self) -> Wishes:
        """What is asked for.

        Raises
        ------
        SettingsError, PatchError
            If it cannot be.
        """
        settings = self._state.settings
        from_folder = self.source.currentData() == "folder"
        target = None if self.target.value() == _UNTARGETED else int(self.target.value())
        anywhere = self.place.currentData() == "any"
        attack = AttackSettings(
            target=target,
            patch=settings.patch,
            steps=self.steps.value(),
            batch=min(_BATCH, self.limit.value()) if from_folder else _COPIES if anywhere else 1,
            rate=None if from_folder else _RATE,
            places=None if anywhere else self._one_place(),
            defended=self.against.currentData() == "pruned",
            alpha=self.alpha.value(),
            seed=settings.seed,
        )
        source = self._folder if from_folder else self._state.document.image or ""
        return Wishes(source, self.limit.value() if from_folder else 1, attack)

    def obstacle(self) -> str:
        """Why no attack can be started, in a sentence; empty if one can."""
        if self.source.currentData() == "photo" and self._state.document.image is None:
            return "There is no photo to attack; open one first."
        return "" if self._state.model is not None else "The model is not loaded yet; wait, or press F5."

    @Slot(str, int)
    def set_folder(self, folder: str, photos: int = 0) -> None:
        """Take over the folder of the filmstrip; empty if it is put away."""
        self._folder = folder
        model = self.source.model()
        assert isinstance(model, QStandardItemModel)
        item = model.item(1)
        item.setEnabled(bool(folder))
        item.setText(f"The folder ({photos})" if folder else "The folder")
        tip = "All photos of the filmstrip's folder, one patch for them all" if folder else "Open a folder first"
        item.setToolTip(tip)
        self.source.setToolTip(f"What the patch is trained on: this photo, or the folder. {tip}.")
        if not folder and self.source.currentData() == "folder":
            self.source.setCurrentIndex(0)
        self._follow()

    @Slot()
    def clear_folder(self) -> None:
        """The filmstrip was put away."""
        self.set_folder("")

    def set_running(self, running: bool) -> None:
        """Nothing can be wished for while an attack is running."""
        self._column.setEnabled(not running)

    def _lay_out(self) -> None:
        gap = self.fontMetrics().height() // 3
        form = QFormLayout()
        form.setContentsMargins(0, 0, gap, 0)
        form.setVerticalSpacing(gap)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        rows: tuple[tuple[str, QWidget], ...] = (
            *(("Attack", self.source), ("Photos", self.limit), ("Target", self.target), ("Size", self.extent)),
            *(("Place", self.place), ("Steps", self.steps), ("Against", self.against), ("Hide", self.alpha)),
        )
        for caption, field in rows:
            form.addRow(caption, field)
        self._form = form
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.message)
        column.addLayout(form)
        column.addStretch(1)
        self.setWidget(self._column)
        bar = self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(self._column.minimumSizeHint().width() + bar)

    @Slot()
    def _follow(self, _what: object = None) -> None:
        """Show what document and model say."""
        model = self._state.model
        if model is not None and model.labels != self._labels:
            self._offer(model)
        height, width = model.input_size if model is not None else (224, 224)
        try:
            threat = PatchThreat.parse(self._state.settings.patch, (height, width))
            self.extent.setText(f"{threat.height} × {threat.width} px ({threat.share:.1%})")
        except SinscopeError:
            self.extent.setText(self._state.settings.patch)
        from_folder = self.source.currentData() == "folder"
        self._form.setRowVisible(self.limit, from_folder)
        self.changed.emit()

    def _offer(self, model: ModelInfo) -> None:
        """Offer the classes of another model; the paper's target if it has that."""
        before, self._labels = self._labels, model.labels
        self.target.set_entries([("Untargeted", _UNTARGETED), None, *class_entries(model.labels)])
        has_toaster = len(model.labels) > TOASTER and _NAMED in model.labels[TOASTER].casefold()
        if before is None or not self.target.value().isdecimal() or int(self.target.value()) >= len(model.labels):
            self.target.set_value(str(TOASTER) if has_toaster else _UNTARGETED)

    def _one_place(self) -> tuple[int, int]:
        """Where the patch on the photo lies, moved inside if it is to be larger; else beside the middle."""
        state = self._state
        view = state.model.input_size if state.model is not None else (224, 224)
        threat = PatchThreat.parse(state.settings.patch, view)
        document = state.document
        top, left = _ASIDE[0] * (view[0] - threat.height), _ASIDE[1] * (view[1] - threat.width)
        if document.patch is not None and document.patch_on:
            at = document.placement
            size = patch_size(document.patch)
            height, width = (size_on_photo(size, at) if size else None) or (threat.height, threat.width)
            top, left = at.top + (height - threat.height) / 2, at.left + (width - threat.width) / 2
        return (
            int(min(max(left, 0), view[1] - threat.width)),
            int(min(max(top, 0), view[0] - threat.height)),
        )

    @Slot()
    def _choose_source(self) -> None:
        kind = self.source.currentData()
        with QSignalBlocker(self.place):
            self.place.setCurrentIndex(self.place.findData("any" if kind == "folder" else "one"))
        self.steps.setValue(_STEPS[kind])
        self._follow()

    @Slot(str)
    def _pick_target(self, value: str) -> None:
        self.message.say("")
        if value != _UNTARGETED:
            try:
                self.target.set_value(str(find_class(value, self._labels or ())))
            except SinscopeError as error:
                self.message.say(str(error))
                self.target.set_value(_UNTARGETED)
        self.changed.emit()


def _number(low: int, high: int, value: int, name: str, tip: str) -> QSpinBox:
    field = QSpinBox()
    field.setRange(low, high)
    field.setValue(value)
    dress_number(field, name, tip)
    return field
