"""What an inspection found, as the published JSON: ``docs/report-schema.md`` explains every field."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.classifiers.adaptation import Adaptation
from engine.images import InputImage
from engine.pipeline import Inspection
from engine.placement import Patch, PlacedPatch
from engine.predictions import Predictions
from engine.sweep import Sweep
from engine.verdict import Verdict

__all__ = ["ERROR_SCHEMA", "REPORT_SCHEMA", "error_report", "inspection_report"]

REPORT_SCHEMA = "sinscope.report/1"
ERROR_SCHEMA = "sinscope.error/1"

Json = dict[str, Any]


def inspection_report(
    inspection: Inspection,
    image: InputImage,
    *,
    pasted: tuple[Patch, PlacedPatch] | None = None,
    notes: Sequence[str] = (),
) -> Json:
    """The report on one photo.

    Parameters
    ----------
    inspection : Inspection
        At its last stage, ``verdict``.
    image : InputImage
        The photo that ``inspection.view`` was made of.
    pasted : (Patch, PlacedPatch), optional
        The patch that was put into the view.
    notes : sequence of str
        Sentences to stand beside those of the image.

    Returns
    -------
    dict
        Plain JSON of the schema ``sinscope.report/1``: no NaN, no infinity, no NumPy numbers.

    Raises
    ------
    ValueError
        If the inspection has not come to its verdict.
    """
    sweep, verdict, clusters = inspection.sweep, inspection.verdict, inspection.clusters
    if sweep is None or verdict is None or clusters is None:
        raise ValueError(f"an inspection at stage {inspection.stage!r} has no report yet")
    labels = inspection.classifier.labels
    threat, certificate = inspection.threat, verdict.certificate
    return {
        "schema": REPORT_SCHEMA,
        "image": {
            "path": image.path if image.path is not None else f"sample:{image.name}",
            "sha256": image.sha256,
            "size": [image.size[1], image.size[0]],
            "notes": [*image.notes, *inspection.notes, *([verdict.reason] if inspection.coarse else []), *notes],
        },
        "patch": _patch(pasted),
        "model": {
            "name": inspection.classifier.name,
            "layer": inspection.cut.layer,
            "input_size": list(inspection.cut.input_size),
            "weights_sha256": inspection.classifier.weights_sha256,
            "adapted": _adapted(inspection.cut.adaptation),
            "backend": inspection.backend_name,
            "precision": inspection.computation.precision,
            "batch": inspection.computation.batch,
        },
        "threat": {
            "patch_px": [threat.height, threat.width],
            "share": threat.share,
            "patch_space": threat.patch_space,
        },
        "settings": inspection.settings.as_dict(),
        "base": _prediction(verdict.base, 0, labels),
        "full": _prediction(verdict.full, 0, labels),
        "sins": {
            "k": inspection.count,
            "kept_share": inspection.count / inspection.superficial.neurons,
            "clusters": [
                {"center_px": list(cluster.center_px), "std_px": cluster.std_px, "size": cluster.size}
                for cluster in clusters.clusters
            ],
        },
        "windows": _windows(inspection.family.boxes_px, sweep, verdict, labels),
        "verdict": verdict.word,
        "complete": sweep.complete,
        "certificate": {
            "holds": certificate.holds,
            "computed": certificate.computed,
            "label": certificate.label if certificate.label >= 0 else None,
            "label_given": certificate.label_given,
            "locations": {
                "total": int(certificate.locations.size),
                "certified": certificate.certified_places,
            },
            "min_margin": verdict.min_margin,
            "selection": verdict.selection,
            "rule": verdict.rule,
            "tau": verdict.tau,
        },
        "passes": sweep.passes,
        "timing_ms": {**inspection.timing_ms, "total": math.fsum(inspection.timing_ms.values())},
    }


def error_report(path: str, sentence: str) -> Json:
    """What stands in the place of a report for a photo that could not be inspected."""
    return {"schema": ERROR_SCHEMA, "image": {"path": path}, "error": sentence}


def _adapted(adaptation: Adaptation | None) -> Json | None:
    if adaptation is None:
        return None
    return {
        "name": adaptation.name,
        "sha256": adaptation.sha256,
        "original_sha256": adaptation.to.weights_sha256,
        "rate": adaptation.to.rate,
    }


def _patch(pasted: tuple[Patch, PlacedPatch] | None) -> Json | None:
    if pasted is None:
        return None
    patch, placed = pasted
    return {"path": patch.path, "sha256": patch.sha256, "box_px": list(placed.box)}


def _prediction(predictions: Predictions, row: int, labels: tuple[str, ...]) -> Json:
    label = int(predictions.label[row])
    if label < 0:  # not computed, or a logit that is not finite
        return {"label": None, "name": None, "confidence": None}
    return {"label": label, "name": labels[label], "confidence": float(predictions.confidence[row])}


def _windows(boxes: NDArray[np.int64], sweep: Sweep, verdict: Verdict, labels: tuple[str, ...]) -> list[Json]:
    # The verdict has a row only for the windows that are done.
    row_of = np.cumsum(sweep.done) - 1
    nothing: Json = {"label": None, "name": None, "confidence": None}
    found = []
    for window, box in enumerate(boxes.tolist()):
        row = int(row_of[window])
        prediction = _prediction(verdict.windows, row, labels) if sweep.done[window] else nothing
        seen = prediction["label"] is not None
        found.append(
            {
                "box_px": box,
                **prediction,
                "margin": float(verdict.windows.margin[row]) if seen else None,
                "sin_share": int(sweep.sins_inside[window]) / sweep.count,
                "skipped": bool(sweep.skipped[window]),
            }
        )
    return found
