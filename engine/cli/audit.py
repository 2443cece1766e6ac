"""``audit``: photos attacked where they are weakest, and whether a certificate gave way."""

import argparse
import json
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.attacks.audit import Audit, AuditSettings, audit
from engine.attacks.audit_report import audit_report, finished_photos, photo_report
from engine.attacks.photos import read_photos, split
from engine.cli import exits
from engine.cli.arguments import settings_from
from engine.cli.console import Screen
from engine.cli.faults import printable
from engine.cli.inspectors import Inspectors
from engine.cli.references import guard_inputs
from engine.errors import SettingsError
from engine.outputs import check_output, write_output

__all__ = ["audit_photos", "code_of", "summary"]


def audit_photos(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Audit photos, print a line for each and the counts; the exit code.

    Raises
    ------
    SinscopeError
        If what was asked for cannot be done, or the report not be written.
    """
    screen, settings = Screen(), settings_from(arguments)
    given = {name: getattr(arguments, name) for name in ("steps", "restarts", "windows")}
    given = {name: value for name, value in given.items() if value is not None}
    how = AuditSettings(seed=settings.seed, **given)
    path = None if arguments.json is None else Path(arguments.json)
    if path is not None:
        check_output(path)
        guard_inputs([path], [arguments.source])
    elif arguments.resume:
        raise SettingsError("--resume goes on from an audit's report; name it with --json FILE.")
    references, _ = split(arguments.source, arguments.limit)
    inspector = inspectors.get(settings)
    classifier = inspector.pruned_cut(settings).classifier
    known = finished_photos(path, settings, how, classifier) if path is not None and arguments.resume else {}
    with screen.progress(len(references)):
        photos = read_photos(references, classifier.preprocessing, lambda done: screen.advance("reading", "", done))
    reports = [known[sha256] for sha256 in photos.sha256 if sha256 in known]
    left = photos.without(known)
    interrupted = False
    started = time.monotonic()
    try:
        with screen.progress(len(photos)), closing(audit(inspector, left, settings, how)) as found:
            screen.advance("auditing", "", len(reports))
            for done, each in enumerate(found, start=1):
                reports.append(photo_report(each, classifier))
                to_go = (time.monotonic() - started) / done * (len(left) - done)
                progress = f"{len(reports)}/{len(photos)}, {to_go / 60:.0f} min left"
                screen.show(_line(reports[-1], classifier.labels, progress), wrap=False)
                screen.advance("auditing", "", len(reports))
                if path is not None:
                    _write(path, audit_report(reports, settings, how, classifier))
    except KeyboardInterrupt:
        interrupted = True
    counts = Audit.of([(report["certified"], report["broken"]) for report in reports])
    screen.show(summary(counts))
    if path is not None:
        _write(path, audit_report(reports, settings, how, classifier))
        screen.show(f"report written to {path}", wrap=False)
    if interrupted:
        remedy = "the same command with --resume goes on" if path is not None else "--json FILE would keep them"
        screen.tell(f"interrupted after {len(reports)} of {len(photos)} photos; {remedy}")
    return code_of(counts, interrupted)


def summary(counts: Audit) -> str:
    """What was found, in words."""
    photos = "1 photo" if counts.audited == 1 else f"{counts.audited} photos"
    text = (
        f"{photos} audited: {counts.certified} with a certificate, of which {counts.certified_broken} "
        f"broken; {counts.audited - counts.certified} without, of which {counts.uncertified_broken} broken"
    )
    if counts.certified_broken:
        text += (
            "\nA certificate was broken. That is a bug in SINscope and not in your photos: please report it, with "
            "the file that --json writes."
        )
    return text


def code_of(counts: Audit, interrupted: bool) -> int:
    """The exit code; a broken certificate outranks an interruption."""
    if counts.certified_broken:
        return exits.BROKEN
    return exits.INTERRUPTED if interrupted else exits.QUIET


def _line(report: dict[str, Any], labels: tuple[str, ...], progress: str) -> str:
    certified = report["certified"]
    if report["broken"]:
        proof = "CERTIFICATE BROKEN" if certified else "not certified, and broken"
        answer = report["attacked_base"]
        outcome = f"{proof}: silently answers {labels[answer]} instead of {report['label_name'] or 'no label'}"
    else:
        proof = "certificate holds" if certified else "not certified"
        outcome = f"{proof}; not broken (with the patch: {report['attacked_verdict']})"
    return f"{printable(report['name'])}: {report['verdict']}, {outcome} [{progress}]"


def _write(path: Path, report: dict[str, Any]) -> None:
    write_output(path, (json.dumps(report, indent=1, allow_nan=False) + "\n").encode())
