"""What an audit leaves: one JSON document, from which an interrupted audit goes on."""

import base64
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from engine.attacks.audit import Audit, AuditedPhoto, AuditSettings
from engine.classifiers import Classifier
from engine.errors import OutputError
from engine.settings import Settings

__all__ = ["SCHEMA", "audit_report", "finished_photos", "photo_report"]

SCHEMA = "sinscope.audit/1"


def photo_report(found: AuditedPhoto, classifier: Classifier) -> dict[str, Any]:
    """What came of one photo, in JSON's types; the patch itself only where it broke the defense."""
    report: dict[str, Any] = {
        "name": found.name,
        "sha256": found.sha256,
        "verdict": found.word,
        "certified": found.certified,
        "label": found.label,
        "label_name": classifier.labels[found.label] if found.label >= 0 else None,
        "place_px": {"left": found.opening.left, "top": found.opening.top},
        "target": found.opening.target,
        "broken": found.broken,
        "base_moved": found.moved,
        "attacked_base": found.answer,
        "attacked_verdict": found.attacked_word,
        "steps": found.steps,
        "seconds": round(found.seconds, 2),
    }
    if found.broken:
        buffer = io.BytesIO()
        Image.fromarray(found.patch).save(buffer, "PNG")
        report["patch_png"] = base64.b64encode(buffer.getvalue()).decode()
    return report


def audit_report(
    photos: list[dict[str, Any]], settings: Settings, how: AuditSettings, classifier: Classifier
) -> dict[str, Any]:
    """The whole audit: counts, what it was of, and each photo."""
    counts = Audit.of([(photo["certified"], photo["broken"]) for photo in photos])
    return {
        "schema": SCHEMA,
        "model": classifier.title,
        "weights_sha256": classifier.weights_sha256,
        "settings": settings.as_dict(),
        "attack": asdict(how),
        "counts": asdict(counts),
        "photos": photos,
    }


def finished_photos(
    path: Path, settings: Settings, how: AuditSettings, classifier: Classifier
) -> dict[str, dict[str, Any]]:
    """The photos that an earlier run of the same audit has finished, by the checksum of their files.

    Raises
    ------
    OutputError
        If the file is no such report, or of another audit; it is then not written over.
    """
    if not path.exists():
        return {}
    wanted = audit_report([], settings, how, classifier)
    try:
        report = json.loads(path.read_text("utf-8"))
        same = all(report[name] == wanted[name] for name in ("schema", "weights_sha256", "settings", "attack"))
        photos = {photo["sha256"]: photo for photo in report["photos"]}
    except Exception as error:
        raise OutputError(
            f"{path} is no report of an audit, so it cannot be gone on with; give another name."
        ) from error
    if not same:
        raise OutputError(f"{path} is the report of an audit with other settings; give another name.")
    return photos
