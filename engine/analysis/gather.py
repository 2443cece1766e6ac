"""From the records of single photos to the five analyses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.copies import Photo
from engine.analysis.deep_importance import DeepAgainstSuperficial, MapMeasures, deep_against_superficial
from engine.analysis.detection import Detection, ImageDetection, detection
from engine.analysis.importance_curve import ImportanceCurve, importance_curve
from engine.analysis.look import Look
from engine.analysis.prediction_stability import ImageStability, PredictionStability, prediction_stability
from engine.analysis.records import Record, unpack
from engine.analysis.sin_distribution import ImageDistribution, SinDistribution, sin_distribution
from engine.analysis.study import COPIES, Study

__all__ = ["Evidence", "gather"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The five analyses, each under every look.

    Parameters
    ----------
    curves, distributions, stabilities, deep, detections : tuple
        One a look; ``detections`` over fewer photos, and empty where none was swept.
    """

    curves: tuple[ImportanceCurve, ...]
    distributions: tuple[SinDistribution, ...]
    stabilities: tuple[PredictionStability, ...]
    deep: tuple[DeepAgainstSuperficial, ...]
    detections: tuple[Detection, ...]


def gather(
    study: Study,
    compared: Sequence[tuple[Photo, Record]],
    detected: Sequence[tuple[Photo, Sequence[Record]]],
) -> Evidence:
    """Put together what was measured.

    Parameters
    ----------
    study : Study
        Whose records they are.
    compared : sequence of (Photo, Record)
        Of :meth:`Study.compare`; at least one.
    detected : sequence of (Photo, records)
        Of :meth:`Study.detect`: without a patch, then with each of the study's.
    """
    records = [record for _, record in compared]
    labels = _labels(study, compared, "benign/{look}/stability/whole")
    boxes = np.stack([record["box"] for record in records]).astype(np.int64)
    curves, distributions, stabilities, deep, detections = [], [], [], [], []
    for look in study.looks:
        sides = [f"{copy}/{look.key}/" for copy in COPIES]
        share = study.prepared[look.layer].share
        benign, patched = (np.stack([r[f"{side}curve"] for r in records]).astype(np.float32) for side in sides)
        curves.append(importance_curve(look, share, benign, patched))
        distributions.append(
            sin_distribution(
                look, *([unpack(ImageDistribution, f"{side}clusters/", r) for r in records] for side in sides)
            )
        )
        stable = [[unpack(ImageStability, f"{side}stability/", r) for r in records] for side in sides]
        stabilities.append(prediction_stability(look, labels, study.patch.target, stable[0], stable[1], boxes))
        deep.append(deep_against_superficial(look, study.threat.share, [_maps(study, look, r) for r in records]))
        if detected:
            detections.append(_detection(study, look, detected))
    return Evidence(tuple(curves), tuple(distributions), tuple(stabilities), tuple(deep), tuple(detections))


def _maps(study: Study, look: Look, record: Record) -> list[list[MapMeasures | None]]:
    shallow = [unpack(MapMeasures, f"{copy}/{look.key}/map/", record) for copy in COPIES]
    if study.deep is None:
        return [[*shallow], [None, None]]
    return [[*shallow], [unpack(MapMeasures, f"{copy}/deep/", record) for copy in COPIES]]


def _detection(study: Study, look: Look, detected: Sequence[tuple[Photo, Sequence[Record]]]) -> Detection:
    copies = [
        [unpack(ImageDetection, f"{look.key}/", records[copy]) for _, records in detected]
        for copy in range(1 + len(study.patches))
    ]
    patches = [(each.patch.name, each.alpha) for each in study.patches]
    benign = [(photo, records[0]) for photo, records in detected]
    return detection(look, patches, study.patch.target, _labels(study, benign, "{look}/full"), copies)


def _labels(study: Study, photos: Sequence[tuple[Photo, Record]], name: str) -> NDArray[np.int64]:
    """Class of each photo; where its name says none, what the full model says of it clean."""
    classes = len(study.inspector.classifier.labels)
    key = name.format(look=study.looks[0].key)
    return np.array(
        [
            photo.label
            if photo.label is not None and photo.label < classes
            else int(np.asarray(record[key]).ravel()[-1])
            for photo, record in photos
        ],
        dtype=np.int64,
    )
