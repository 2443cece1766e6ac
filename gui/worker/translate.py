"""Engine stages turned into what the window draws: plain arrays and words, made in the engine's thread."""

import numpy as np
from numpy.typing import NDArray

from engine.classifiers.cut import layer_names, usual_layers
from engine.clusters import SinClusters
from engine.images import InputImage
from engine.pipeline import Inspection, Inspector
from engine.placement import Patch, PlacedPatch, oversize_notes
from engine.predictions import Guard, Predictions, read_logits
from engine.report import inspection_report
from gui.snapshot import Benign, ClusterShape, ModelInfo, Prediction, Request, Snapshot, VerdictView, WindowsView
from gui.worker.seen import seen_part

__all__ = ["benign_of", "model_info", "snapshot_of"]

Pasted = tuple[Patch, PlacedPatch]


def model_info(inspector: Inspector) -> ModelInfo:
    """What controls need to know of a loaded model."""
    classifier, graph = inspector.classifier, inspector.graph
    return ModelInfo(
        classifier.name,
        classifier.preprocessing.input_size,
        classifier.labels,
        usual_layers(classifier, graph),
        layer_names(graph),
    )


def snapshot_of(
    found: Inspection,
    request: Request,
    model: ModelInfo,
    image: InputImage,
    original: NDArray[np.uint8],
    clean: NDArray[np.uint8],
    pasted: Pasted | None,
) -> Snapshot:
    """A stage of an inspection as the window draws it."""
    labels = found.classifier.labels
    clusters = found.clusters
    sweep = found.sweep
    return Snapshot(
        request=request,
        stage=found.stage,
        settings=found.settings,
        model=model,
        layer=found.cut.layer,
        adapted=found.classifier.adapted,
        original=original,
        clean_view=clean,
        view=found.view,
        patch_box=pasted[1].box if pasted else None,
        notes=(*image.notes, *found.notes),
        threat_px=(found.threat.height, found.threat.width),
        share=found.threat.share,
        heatmap=found.superficial.heatmap,
        curve=found.superficial.curve,
        neurons=found.superficial.neurons,
        count=found.count,
        smallest_window=found.family.smallest,
        largest_window=min(found.cut.shapes[0][1:]) - 1,
        side=found.family.side,
        backend=found.backend_name,
        computation=str(found.computation),
        sins_px=clusters.positions_px if clusters else None,
        cluster_of=clusters.labels if clusters else None,
        clusters=_shapes(clusters),
        base=_prediction(sweep.base if sweep else None, labels),
        full=_prediction(sweep.full if sweep else None, labels),
        windows=_windows(found) if sweep else None,
        verdict=_verdict(found, image, pasted) if found.verdict else None,
        seen=seen_part(found.classifier.preprocessing, *image.rgb.shape[:2]),
    )


def benign_of(found: Inspection) -> Benign:
    """What is shown of the photo without its patch."""
    return Benign(found.superficial.curve, _shapes(found.clusters))


def _shapes(clusters: SinClusters | None) -> tuple[ClusterShape, ...]:
    return tuple(
        ClusterShape(cluster.center_px[1], cluster.center_px[0], cluster.std_px, cluster.size)
        for cluster in (clusters.clusters if clusters else ())
    )


def _prediction(logits: NDArray[np.float32] | None, labels: tuple[str, ...]) -> Prediction | None:
    if logits is None:
        return None
    read = read_logits(logits[None], Guard())
    return _one(read, labels)


def _one(read: Predictions, labels: tuple[str, ...]) -> Prediction | None:
    label = int(read.label[0])
    return Prediction(label, labels[label], float(read.confidence[0])) if label >= 0 else None


def _windows(found: Inspection) -> WindowsView:
    sweep, family = found.sweep, found.family
    assert sweep is not None
    read = read_logits(sweep.logits[sweep.done], Guard())
    label = np.full(len(family), -1, dtype=np.int64)
    confidence, margin = np.zeros(len(family)), np.zeros(len(family))
    label[sweep.done], confidence[sweep.done], margin[sweep.done] = read.label, read.confidence, read.margin
    # Until the rule has been asked, a window that differs from the base prediction is marked.
    if found.verdict is not None:
        firing = found.verdict.firing
    else:
        base = _prediction(sweep.base, found.classifier.labels)
        firing = sweep.done & (label != (base.label if base else -1))
    share = sweep.sins_inside / max(1, sweep.count)
    for array in (label, confidence, margin, share):
        array.setflags(write=False)
    return WindowsView(
        family.boxes_px,
        (len(family.rows), len(family.columns)),
        family.least_px,
        sweep.done,
        sweep.skipped,
        firing,
        label,
        confidence,
        margin,
        share,
    )


def _verdict(found: Inspection, image: InputImage, pasted: Pasted | None) -> VerdictView:
    verdict, sweep = found.verdict, found.sweep
    assert verdict is not None
    assert sweep is not None
    certificate = verdict.certificate
    notes = oversize_notes(pasted[1], found.threat) if pasted else ()
    return VerdictView(
        verdict.word,
        verdict.reason,
        found.threat.scope,
        certificate.locations,
        certificate.certified_places,
        certificate.locations.size,
        certificate.label,
        certificate.label_given,
        verdict.min_margin,
        sweep.passes,
        sweep.reused,
        found.timing_ms,
        inspection_report(found, image, pasted=pasted, notes=notes),
        certificate.computed,
    )
