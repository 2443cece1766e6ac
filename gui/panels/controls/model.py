"""Which classifier, cut where, run by what."""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.models import MODELS
from gui.fitting import names_code
from gui.panels.controls.group import Group, choices, choose
from gui.patch_fit import patch_size, rescaled
from gui.snapshot import ModelInfo
from gui.state import Phase, State
from gui.widgets import Field, Fold, Note, Picker

__all__ = ["ModelGroup"]

_INPUT, _ADAPTED = "input", "Adapted weights"
_FILE = "\0file"


class ModelGroup(Group):
    """Model and superficial layer; below, folded, the model's files and the backend.

    Signals
    -------
    adapted_file_wanted
        The user wants to choose a file of adapted weights.
    """

    adapted_file_wanted = Signal()

    def __init__(self, state: State, parent: QWidget | None = None) -> None:
        super().__init__("Model and layer", state, parent)
        self._shown: ModelInfo | None = None
        self.model = Picker()
        self.model.setObjectName("modelCombo")
        self.model.setAccessibleName("Model")
        self.model.setToolTip(
            "The classifier (Alt+M). Pick an embedded one, or type torchvision:resnet50, timm:convnext_tiny,\n"
            "or module:function for a network of your own: its code is then run."
        )
        self.model.set_hint("torchvision:…, timm:…, module:function")
        self.model.set_entries(_model_entries())
        self.layer = Picker()
        self.layer.setObjectName("layerCombo")
        self.layer.setAccessibleName("Superficial layer")
        self.layer.setToolTip(
            "Where the network is cut (Alt+Y): the neurons ranked and occluded are this layer's.\n"
            "Type a part of a module's name to find it."
        )
        self.layer.set_hint("1, 2, 3, input or a module's name")
        self.note = Note()
        self.body.addWidget(Field("&Model", self.model))
        self.body.addWidget(Field("Superficial la&yer", self.layer, note=self.note))
        self.body.addWidget(self.message)
        self.fold = Fold("Weights, backend")
        self.body.addWidget(self.fold)
        self._texts: list[tuple[QLineEdit, str, Callable[[Any], str]]] = []
        self.adapted = Picker()
        self.adapted.setEditable(False)
        self.adapted.setObjectName("adaptedCombo")
        self.adapted.setAccessibleName(_ADAPTED)
        self.adapted.setToolTip(
            "Weights below the layer, adapted to SIN pruning. Automatic: the program's own, where they were made\n"
            "for this model, layer, rate and fill. A file, made by the command adapt, is used at any rate."
        )
        self._add_files()
        self.fold.body.insertWidget(1, Field(_ADAPTED, self.adapted))
        self.backend = choices(
            {"auto": "Automatic", "torch": "PyTorch", "openvino": "OpenVINO"},
            "Backend",
            "What runs the network. A certificate holds for the backend and precision it was made with.",
        )
        self.precision = choices(
            {"fp32": "Single (fp32)", "fp16": "Half (fp16)", "bf16": "Half (bf16)"},
            "Precision",
            "Arithmetic of the network.",
        )
        self.fold.body.addWidget(Field("Backend", self.backend))
        self.fold.body.addWidget(Field("Precision", self.precision))
        self.model.picked.connect(self._pick_model)
        self.layer.picked.connect(self._pick_layer)
        self.adapted.picked.connect(self._pick_adapted)
        self.backend.activated.connect(self._pick_backend)
        self.precision.activated.connect(self._pick_precision)
        self.refresh()

    def refresh(self) -> None:
        """Show the document's model and layer, and the names the model has."""
        settings, model = self.state.settings, self.state.model
        if model is not self._shown:
            self._shown = model
            self.layer.set_entries(_layer_entries(model))
        elif model is None and self.layer.count() == 0:
            self.layer.set_entries(_layer_entries(None))
        self.model.follow(settings.model)
        self.layer.follow(settings.layer)
        if self.adapted.findData(settings.adapted) < 0:
            self.adapted.set_entries(_adapted_entries(settings.adapted))
        self.adapted.set_value(settings.adapted)
        choose(self.backend, settings.backend)
        choose(self.precision, settings.precision)
        for line, knob, write in self._texts:
            if not line.hasFocus() or not line.isModified():
                line.setText(write(getattr(settings, knob)))
        self._say_what_is_known()

    def _say_what_is_known(self) -> None:
        if self.state.phase is Phase.LOADING:
            self.note.setText(f"Loading {self.state.loading} …")
        elif (snapshot := self.state.snapshot) is not None:
            height, width = snapshot.model.input_size
            cells = snapshot.largest_window + 1
            adapted = f"; {snapshot.adapted}" if snapshot.adapted else ""
            self.note.setText(
                f"{snapshot.layer}: {cells} cells a side, input {height} × {width} px, "
                f"run by {snapshot.backend}{adapted}"
            )
        else:
            self.note.setText("")

    def _add_files(self) -> None:
        rows: list[tuple[str, str, str, str, Callable[[Any], str]]] = [
            ("Weights", "weights", "the model's own", "A file of weights, or `random` for untrained ones.", _plain),
            ("Input size, px", "input_size", "the model's own", "Height and width: 224, or 224x256.", _sides_text),
            ("Class names", "labels", "the model's own", "A file of names: one a line, or JSON.", _plain),
            (
                "Mean",
                "mean",
                "the model's own",
                "Normalisation of pixels in [0, 1]: 0.5 or 0.5,0.5,0.5.",
                _floats_text,
            ),
            ("Standard deviation", "std", "the model's own", "Normalisation: 0.25 or 0.2,0.2,0.2.", _floats_text),
        ]
        for caption, knob, hint, tip, write in rows:
            line = QLineEdit()
            line.setObjectName(f"{knob}Edit")
            line.setPlaceholderText(hint)
            line.setAccessibleName(caption)
            line.setToolTip(tip)
            line.editingFinished.connect(self._take_texts)
            self._texts.append((line, knob, write))
            self.fold.body.addWidget(Field(caption, line))

    @Slot(str)
    def _pick_model(self, name: str) -> None:
        before, document = MODELS.get(self.state.settings.model), self.state.document
        after, size = MODELS.get(name), patch_size(document.patch) if document.patch is not None else None
        also = {}
        if before is not None and after is not None and size is not None and before.input_size != after.input_size:
            also["placement"] = rescaled(document.placement, size, before.input_size, after.input_size)
        if self.ask("Model", also, model=name) and names_code(name):
            self.fold.open()

    @Slot(str)
    def _pick_layer(self, name: str) -> None:
        model = self.state.model
        if model is not None and model.name == self.state.settings.model:
            numbers = [str(number) for number in range(1, len(model.usual_layers) + 1)]
            if name not in (*numbers, *model.layers):
                near = difflib.get_close_matches(name, model.layers, n=3, cutoff=0.4) or model.layers[:3]
                self.refuse(f"{model.name} has no layer {name!r}; nearest: {', '.join(near)}.")
                return
        self.ask("Superficial layer", layer=name)

    @Slot(str)
    def _pick_adapted(self, value: str) -> None:
        if value == _FILE:
            self.adapted.set_value(self.state.settings.adapted)
            self.adapted_file_wanted.emit()
        else:
            self.ask(_ADAPTED, adapted=value)

    @Slot(int)
    def _pick_backend(self, _index: int) -> None:
        self.ask("Backend", backend=self.backend.currentData())

    @Slot(int)
    def _pick_precision(self, _index: int) -> None:
        self.ask("Precision", precision=self.precision.currentData())

    @Slot()
    def _take_texts(self) -> None:
        for line, knob, write in self._texts:
            text = line.text().strip()
            line.setModified(False)
            if text == write(getattr(self.state.settings, knob)):
                continue
            try:
                value = _READERS.get(knob, str)(text) if text else None
            except ValueError:
                self.refuse(f"Cannot read {text!r} as {line.accessibleName().lower()}. {line.toolTip()}")
                continue
            self.ask(line.accessibleName(), **{knob: value})


def _model_entries() -> list[tuple[str, str] | None]:
    """The embedded models, a line between those for one data set and those for another."""
    found: list[tuple[str, str] | None] = []
    for name, model in MODELS.items():
        last = found[-1] if found else None
        if last is not None and MODELS[last[1]].data != model.data:
            found.append(None)
        found.append((name, name))
    return found


def _layer_entries(model: ModelInfo | None) -> list[tuple[str, str] | None]:
    names = model.usual_layers if model else ("",) * 3
    usual: list[tuple[str, str] | None] = [
        (f"{number} · {name}" if name else str(number), str(number)) for number, name in enumerate(names, 1)
    ]
    pixels = ("input (pixels)", _INPUT)
    others = [(name, name) for name in (model.layers if model else ()) if name != _INPUT]
    return [*usual, pixels, *([None, *others] if others else [])]


def _adapted_entries(chosen: str) -> list[tuple[str, str] | None]:
    """By rule, none, the file that is in use, and another file."""
    named = [("Automatic", "auto"), ("Off: original weights", "off")]
    if chosen not in dict(named).values():
        named.append((Path(chosen).name, chosen))
    return [*named, None, ("From a file…", _FILE)]


def _plain(value: str | None) -> str:
    return value or ""


def _sides_text(value: tuple[int, int] | None) -> str:
    return "" if value is None else f"{value[0]}x{value[1]}" if value[0] != value[1] else str(value[0])


def _floats_text(value: tuple[float, ...] | None) -> str:
    return "" if value is None else ",".join(f"{number:g}" for number in value)


def _read_sides(text: str) -> tuple[int, int]:
    height, _, width = text.lower().replace("×", "x").removesuffix("px").partition("x")
    sides = int(height), int(width or height)
    if min(sides) < 1:
        raise ValueError(text)
    return sides


def _read_floats(text: str) -> tuple[float, ...]:
    numbers = tuple(float(part) for part in text.split(","))
    if len(numbers) not in (1, 3):
        raise ValueError(text)
    return numbers


_READERS: dict[str, Callable[[str], Any]] = {"input_size": _read_sides, "mean": _read_floats, "std": _read_floats}
