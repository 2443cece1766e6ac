"""The report: every number as the inspection has it, plain JSON, and as the document publishes it."""

import json
from dataclasses import replace

import numpy as np
import published
import pytest
import torch
from torch import nn
from toys import Toy

from engine.classifiers.assembly import assemble
from engine.classifiers.preprocessing import Preprocessing
from engine.images import InputImage
from engine.pipeline import Inspection, Inspector
from engine.placement import Patch, Placement, paste
from engine.report import error_report, inspection_report
from engine.settings import Settings

SETTINGS = Settings(model="toy", layer="stem", patch="4x5", top=0.3, backend="torch", rule="hicert", tau=0.7, label=2)
VIEW = np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8)
IMAGE = InputImage("photo.png", "photo.png", "ab" * 32, np.zeros((30, 40, 3), np.uint8), ("Something was done.",))


@pytest.fixture(scope="module")
def inspector() -> Inspector:
    network = Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=5.0)
    return Inspector(assemble(Settings(model="toy"), network, Preprocessing((20, 24))))


def last(inspector: Inspector, settings: Settings = SETTINGS, batches: int | None = None) -> Inspection:
    """The last stage of an inspection, stopped after some batches if wanted."""
    asked = iter(range(10**6))
    stop = None if batches is None else lambda: next(asked) >= batches
    *_, found = inspector.inspect(VIEW, settings, stop)
    return found


def check(report: dict) -> dict:
    """The report as a reader of the file gets it, held against the schema."""
    read = json.loads(json.dumps(report, allow_nan=False))
    published.check([read])
    assert read == report  # no tuple, no NumPy number
    return read


def test_every_number_is_that_of_the_inspection(inspector: Inspector):
    found = last(inspector)
    report = check(inspection_report(found, IMAGE))
    verdict, sweep, clusters = found.verdict, found.sweep, found.clusters
    assert verdict is not None
    assert sweep is not None
    assert clusters is not None
    assert report["image"] == {
        "path": "photo.png",
        "sha256": "ab" * 32,
        "size": [30, 40],
        "notes": ["Something was done."],
    }
    assert report["model"] == {
        "name": "toy",
        "layer": "stem",
        "input_size": [20, 24],
        "weights_sha256": inspector.classifier.weights_sha256,
        "adapted": None,
        "backend": "torch-cpu",
        "precision": "fp32",
        "batch": 4,
    }
    assert report["threat"] == {"patch_px": [4, 5], "share": 20 / 480, "patch_space": "model input"}
    assert report["settings"] == replace(SETTINGS, window=found.family.side).as_dict()
    assert report["base"] == {
        "label": int(verdict.base.label[0]),
        "name": f"class {verdict.base.label[0]}",
        "confidence": verdict.base.confidence[0],
    }
    assert report["full"]["confidence"] == verdict.full.confidence[0]
    assert report["sins"]["k"] == found.count == round(0.3 * 4 * 20 * 24)
    assert report["sins"]["kept_share"] == found.count / 1920
    assert [cluster["size"] for cluster in report["sins"]["clusters"]] == [each.size for each in clusters.clusters]
    assert report["sins"]["clusters"][0]["center_px"] == list(clusters.clusters[0].center_px)
    assert report["sins"]["clusters"][0]["std_px"] == clusters.clusters[0].std_px
    assert [window["box_px"] for window in report["windows"]] == found.family.boxes_px.tolist()
    assert [window["label"] for window in report["windows"]] == verdict.windows.label.tolist()
    assert [window["margin"] for window in report["windows"]] == verdict.windows.margin.tolist()
    assert [window["sin_share"] for window in report["windows"]] == (sweep.sins_inside / found.count).tolist()
    assert [window["skipped"] for window in report["windows"]] == sweep.skipped.tolist()
    assert report["verdict"] == verdict.word
    assert report["complete"]
    assert report["certificate"] == {
        "holds": verdict.certificate.holds,
        "computed": True,
        "label": 2,
        "label_given": True,
        "locations": {"total": 17 * 20, "certified": int((verdict.certificate.locations > 0).sum())},
        "min_margin": verdict.min_margin,
        "selection": "per_window",
        "rule": "hicert",
        "tau": 0.7,
    }
    assert report["passes"] == sweep.passes
    assert report["timing_ms"] == {**found.timing_ms, "total": pytest.approx(sum(found.timing_ms.values()))}


def test_a_stopped_sweep_has_null_where_nothing_was_computed(inspector: Inspector):
    found = last(Inspector(inspector.classifier), batches=3)
    assert found.sweep is not None
    done = found.sweep.done.tolist()
    assert 0 < sum(done) < len(done)
    report = check(inspection_report(found, IMAGE))
    assert report["verdict"] == "undecided"
    assert report["base"]["label"] is not None
    assert not report["complete"]
    assert not report["certificate"]["holds"]
    assert not report["certificate"]["computed"]
    assert report["certificate"]["locations"]["certified"] == 0
    whole = check(inspection_report(last(inspector), IMAGE))
    for window, complete, known in zip(report["windows"], whole["windows"], done, strict=True):
        nothing = {"label": None, "name": None, "confidence": None, "margin": None}
        assert window == (complete if known else {**complete, **nothing})


def test_nothing_at_all_computed_is_null_too(inspector: Inspector):
    report = check(inspection_report(last(Inspector(inspector.classifier), batches=0), IMAGE))
    assert report["base"] == report["full"] == {"label": None, "name": None, "confidence": None}
    assert {window["label"] for window in report["windows"]} == {None}
    assert report["certificate"]["label"] == 2


class Exploding(Toy):
    """Finite on ordinary pictures; its logits overflow on a picture that is white all over."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + torch.where(x.amin((1, 2, 3), keepdim=True)[:, :, 0, 0] >= 1, torch.inf, 0.0)


def test_logits_that_are_not_finite_are_null():
    network = Exploding(nn.Identity(), 3)
    inspector = Inspector(assemble(SETTINGS, network, Preprocessing((20, 24), (0.0,) * 3, (1.0,) * 3)))
    settings = replace(SETTINGS, layer="input", label=None, top=1.0)
    *_, found = inspector.inspect(np.full((20, 24, 3), 255, np.uint8), settings)
    report = check(inspection_report(found, IMAGE))
    assert report["full"] == {"label": None, "name": None, "confidence": None}
    assert report["certificate"]["label"] is None
    assert report["verdict"] == "undecided"


def test_a_pasted_patch_and_a_sample_photo_are_named(inspector: Inspector):
    patch = Patch("here/patch.png", "patch.png", "cd" * 32, np.full((3, 6, 4), 255, np.uint8))
    placed = paste(VIEW, patch, Placement(2, 7))
    sample = replace(IMAGE, path=None, name="china", notes=())
    report = check(inspection_report(last(inspector), sample, pasted=(patch, placed), notes=["Mind this."]))
    assert report["patch"] == {"path": "here/patch.png", "sha256": "cd" * 32, "box_px": [7, 2, 10, 8]}
    assert report["image"]["path"] == "sample:china"
    assert report["image"]["notes"] == ["Mind this."]


def test_there_is_no_report_before_the_verdict(inspector: Inspector):
    with pytest.raises(ValueError, match="stage 'superficial'"):
        inspection_report(next(Inspector(inspector.classifier).inspect(VIEW, SETTINGS)), IMAGE)


def test_an_error_has_a_report_too():
    report = check(error_report("missing.png", "missing.png does not exist; check the path."))
    assert report["image"] == {"path": "missing.png"}


def test_the_schema_refuses_what_the_document_does_not_explain(inspector: Inspector):
    report = check(inspection_report(last(inspector), IMAGE))
    for broken in (
        {**report, "extra": 1},
        {**report, "verdict": "safe"},
        {**report, "passes": -1},
        {name: value for name, value in report.items() if name != "threat"},
    ):
        assert not published.validator().is_valid([broken])
    text = published.DOCUMENT.read_text("utf-8")
    for name in published.validator().schema["$defs"]["report"]["properties"]:
        assert f"`{name}`" in text
