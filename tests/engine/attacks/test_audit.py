"""The audit breaks what can be broken, never what is proved, and finds a certificate that lies."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import toys
from attacking import photos_of
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.attacks.audit import Audit, AuditedPhoto, AuditSettings, audit, audit_photo
from engine.attacks.audit_report import audit_report, finished_photos, photo_report
from engine.attacks.weakness import obstacles, openings
from engine.attacks.windowed import WindowedModel
from engine.classifiers.footprint import AxisFootprint, Footprints
from engine.errors import OutputError, SettingsError
from engine.pipeline import Inspector
from engine.predictions import Guard, Predictions
from engine.settings import Settings
from engine.superficial import to_pixels
from engine.verdict import supporting

SIZE = 24
SETTINGS = Settings(layer="act", patch="6", top=1.0, backend="torch")
HOW = AuditSettings(steps=30, restarts=3)
GREY = np.full((SIZE, SIZE, 3), 128, np.uint8)


class Brightness(nn.Module):
    """Two classes: whether the mean of the photo is above a threshold (class 1)."""

    def __init__(self, threshold: float, gain: float = 100.0) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 1, 1, bias=False)
        self.act = nn.ReLU()
        self.fc = nn.Linear(1, 2)
        with torch.no_grad():
            self.stem.weight.fill_(1 / 3)
            self.fc.weight.copy_(torch.tensor([[0.0], [gain]]))
            self.fc.bias.copy_(torch.tensor([0.0, -gain * threshold]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.act(self.stem(x)).mean((2, 3)))


def brightness(threshold: float) -> Inspector:
    return Inspector(toys.classifier(Brightness(threshold), SIZE, (0, 0, 0), (1, 1, 1)))


def spotted() -> np.ndarray:
    """Grey, bright by one white spot alone: whoever hides the spot makes it dark."""
    view = GREY.copy()
    view[9:15, 8:14] = 255
    return view


def audited(inspector: Inspector, view: np.ndarray, settings: Settings = SETTINGS) -> AuditedPhoto:
    found = audit_photo(inspector, view, settings, HOW, name="photo.png")
    assert found is not None
    return found


def test_a_photo_that_hangs_on_one_spot_is_broken_silently() -> None:
    found = audited(brightness(0.52), spotted())
    assert not found.certified
    assert found.word == "alert"
    assert found.broken
    assert found.moved
    assert (found.label, found.answer) == (1, 0)
    assert found.attacked_word in ("certified", "consistent")
    # The patch reported does what is said of it.
    view = spotted()
    top, left = found.opening.top, found.opening.left
    view[top : top + 6, left : left + 6] = found.patch
    after = toys.inspect(brightness(0.52), view, **SETTINGS.as_dict())
    assert after.verdict is not None
    assert after.verdict.word == found.attacked_word
    assert int(after.verdict.base.label[0]) == 0


def test_on_a_certified_photo_the_base_prediction_moves_and_the_alert_is_raised() -> None:
    # A white patch brings the mean from 0.50 to 0.53.
    found = audited(brightness(0.52), GREY)
    assert found.certified
    assert found.word == "certified"
    assert found.moved
    assert not found.broken
    assert (found.label, found.answer, found.attacked_word) == (0, 1, "alert")


def test_a_certificate_that_lies_is_found_out() -> None:
    inspector = brightness(0.51)
    cut, _ = inspector.cut("act")
    # As if every line of pixels reached a cell of the upper left quarter: windows hide the wrong cells.
    lines = np.arange(SIZE) // 2
    lie = AxisFootprint(lines, lines + 1, SIZE)
    inspector._cuts["act"] = cut, Footprints((lie,), (lie,))
    found = audited(inspector, GREY)
    assert found.certified
    assert found.broken
    assert Audit.of([(found.certified, found.broken)]).certified_broken == 1


@pytest.mark.parametrize(("rule", "tau"), [("confident", 0.6), ("hicert", 0.6)])
def test_the_other_rules_are_attacked_too(rule: str, tau: float) -> None:
    settings = Settings(**{**SETTINGS.as_dict(), "rule": rule, "tau": tau})
    assert audited(brightness(0.52), spotted(), settings).broken
    assert not audited(brightness(0.52), GREY, settings).broken


@pytest.mark.parametrize("network", [toys.Toy(nn.Conv2d(3, 4, 3, padding=1), 4), toys.Skip(4)], ids=["toy", "skip"])
@pytest.mark.parametrize("selection", ["per_window", "global"])
def test_the_windows_with_gradients_are_the_sweeps(network: nn.Module, selection: str) -> None:
    inspector = Inspector(toys.classifier(network, 16))
    knobs = {"layer": "stem" if isinstance(network, toys.Toy) else "mid", "top": 0.4, "patch": "4"}
    view = toys.picture(16, 5)
    found = toys.inspect(inspector, view, **knobs, selection=selection, backend="torch")
    assert found.sweep is not None
    assert found.sweep.base is not None
    model = WindowedModel(found.cut, found.count, found.settings, torch.device("cpu"), mixed=False)
    pixels = to_pixels(view).requires_grad_()
    logits = model(pixels, [None, *(found.family[index] for index in range(len(found.family)))])
    expected = np.vstack([found.sweep.base, found.sweep.logits])
    assert np.allclose(logits.detach().numpy(), expected, atol=1e-5)
    logits.sum().backward()
    assert pixels.grad is not None
    assert bool((pixels.grad != 0).any())


def test_no_gradient_comes_through_a_window_that_hides_the_patch() -> None:
    inspector = Inspector(toys.classifier(toys.Toy(nn.Conv2d(3, 4, 3, padding=1), 4), 16))
    found = toys.inspect(inspector, toys.picture(16, 5), layer="stem", top=0.4, patch="4", backend="torch")
    model = WindowedModel(found.cut, found.count, found.settings, torch.device("cpu"), mixed=False)
    for index, (top, left, bottom, right) in enumerate(found.family.boxes_px):
        pixels = to_pixels(found.view).requires_grad_()
        model(pixels, [found.family[index]])[0, 0].backward()
        assert pixels.grad is not None
        assert not bool(pixels.grad[..., top:bottom, left:right].any())
        assert bool(pixels.grad.any())


def says(labels: list[int], confidences: list[float]) -> Predictions:
    count = len(labels)
    return Predictions(np.array(labels), np.array(confidences), np.ones(count), np.ones(count, bool), np.zeros(count))


@pytest.mark.parametrize(
    ("rule", "barred"),
    [
        ("consistency", [True, True, False, False, True]),
        ("confident", [True, False, False, False, True]),
        ("hicert", [True, True, False, True, True]),
    ],
)
def test_what_stands_in_the_way_of_a_label(rule: str, barred: list[bool]) -> None:
    windows = says([0, 0, 1, 1, -1], [0.9, 0.4, 0.9, 0.4, 0.0])
    assert obstacles(windows, 1, rule, 0.5).tolist() == barred  # type: ignore[arg-type]


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.floats(0, 1)), min_size=1, max_size=8),
    st.sampled_from(["consistency", "confident", "hicert"]),
    st.floats(0, 1),
    st.integers(0, 3),
)
def test_a_window_that_proves_a_label_stands_in_the_way_of_every_other(rows, rule, tau, label) -> None:
    windows = says([row[0] for row in rows], [row[1] if row[0] >= 0 else 0.0 for row in rows])
    proves = supporting(windows, label, rule, tau, Guard(0, 0))
    for target in set(range(4)) - {label}:
        assert (obstacles(windows, target, rule, tau) | ~proves).all()


def test_openings_are_places_without_obstacles_or_the_weakest_ones() -> None:
    draw = np.random.default_rng(0)
    weak = toys.inspect(brightness(0.52), spotted(), **SETTINGS.as_dict())
    assert weak.verdict is not None
    for opening in openings(weak, 4, draw):
        assert weak.verdict.certificate.locations[opening.top, opening.left] == 0
        assert opening.target == 0
    firm = toys.inspect(brightness(0.52), GREY, **SETTINGS.as_dict())
    assert firm.verdict is not None
    locations = firm.verdict.certificate.locations
    for opening in openings(firm, 4, draw):
        assert locations[opening.top, opening.left] == locations.min()
        assert opening.target == 1


def test_counts() -> None:
    outcomes = [(True, False), (True, True), (False, True), (False, True), (False, False)]
    assert Audit.of(outcomes) == Audit(5, 2, 1, 2)
    assert Audit.of([]) == Audit(0, 0, 0, 0)


def test_an_audit_stops_when_told_and_keeps_what_is_finished() -> None:
    inspector, photos = brightness(0.52), photos_of(3, SIZE)
    steps = HOW.steps * HOW.restarts
    found = list(audit(inspector, photos, SETTINGS, HOW, stop=toys.stop_after(steps + 5)))
    assert [each.name for each in found] == ["0.png"]


def test_the_report_is_where_an_audit_goes_on(tmp_path: Path) -> None:
    inspector = brightness(0.52)
    classifier = inspector.classifier
    entry = photo_report(audited(inspector, spotted()), classifier)
    assert entry["patch_png"]
    report = audit_report([entry], SETTINGS, HOW, classifier)
    assert report["counts"] == {"audited": 1, "certified": 0, "certified_broken": 0, "uncertified_broken": 1}
    path = tmp_path / "audit.json"
    assert finished_photos(path, SETTINGS, HOW, classifier) == {}
    path.write_text(json.dumps(report))
    assert finished_photos(path, SETTINGS, HOW, classifier) == {"": entry}
    with pytest.raises(OutputError, match="with other settings"):
        finished_photos(path, SETTINGS, AuditSettings(steps=7), classifier)
    path.write_text("[]")
    with pytest.raises(OutputError, match="is no report of an audit"):
        finished_photos(path, SETTINGS, HOW, classifier)


@pytest.mark.parametrize(
    ("knob", "value"), [("steps", 0), ("restarts", 0), ("windows", 0), ("rate", 0.0), ("seed", -1)]
)
def test_settings_out_of_range_are_one_sentence(knob: str, value: float) -> None:
    with pytest.raises(SettingsError, match=r"\.$"):
        AuditSettings(**{knob: value})  # type: ignore[arg-type]
