"""When an alert is raised, and which label is certified."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from engine.errors import SettingsError
from gui.panels.classes import class_entries, find_class
from gui.panels.controls.group import Group, choices, choose
from gui.snapshot import ModelInfo
from gui.state import State
from gui.widgets import Field, FloatSlider, Note, Picker

__all__ = ["RuleGroup"]

_BASE = "base"
_MEANING = {
    "consistency": "Alert if any window's label differs from the base prediction.",
    "confident": "Alert if a window differs with a confidence of at least tau.",
    "hicert": "Alert if a window differs, or if one agrees with a confidence below tau.",
}


class RuleGroup(Group):
    """Alert rule, its threshold tau, and the label."""

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Alert rule", state, parent)
        self._shown: ModelInfo | None = None
        self.rule = choices(
            {"consistency": "Consistency", "confident": "Confident", "hicert": "HiCert"},
            "Alert rule",
            "When an alert is raised (Alt+U)",
        )
        self.rule.setObjectName("ruleCombo")
        self.meaning = Note()
        self.tau = FloatSlider(0, 1, 0.01, decimals=2)
        self.tau.slider.setObjectName("tauSlider")
        self.tau.describe("Tau", "Confidence threshold of the rule (Alt+A)")
        self.follow_drags(self.tau)
        self.tau_field = Field("T&au", self.tau)
        self.label = Picker()
        self.label.setObjectName("labelCombo")
        self.label.setAccessibleName("Label to certify")
        self.label.setToolTip(
            "The label that the certificate is about (Alt+C): type a part of its name, or its index"
        )
        self.body.addWidget(Field("R&ule", self.rule, note=self.meaning))
        self.body.addWidget(self.tau_field)
        self.body.addWidget(Field("Label to &certify", self.label))
        self.body.addWidget(self.message)
        self.label.set_entries([("Base prediction", _BASE)])
        self.rule.activated.connect(self._pick_rule)
        self.tau.moved.connect(self._set_tau)
        self.label.picked.connect(self._pick_label)
        self.refresh()

    def refresh(self) -> None:
        """Show rule, tau and label."""
        settings, model = self.state.settings, self.state.model
        choose(self.rule, settings.rule)
        self.meaning.setText(_MEANING[settings.rule])
        self.tau_field.setVisible(settings.rule != "consistency")
        self.tau.set_value(settings.tau)
        if model is not None and model is not self._shown:
            if self._shown is None or self._shown.labels != model.labels:
                self.label.set_entries([("Base prediction", _BASE), None, *class_entries(model.labels)])
            self._shown = model
        self.label.follow(_BASE if settings.label is None else str(settings.label))

    @Slot(int)
    def _pick_rule(self, _index: int) -> None:
        self.ask("Alert rule", rule=self.rule.currentData())

    @Slot(float)
    def _set_tau(self, tau: float) -> None:
        self.ask("Tau", tau=round(tau, 6))

    @Slot(str)
    def _pick_label(self, value: str) -> None:
        if value == _BASE:
            self.ask("Label to certify", label=None)
            return
        labels = self.state.model.labels if self.state.model else ()
        try:
            self.ask("Label to certify", label=find_class(value, labels))
        except SettingsError as error:
            self.refuse(str(error))
