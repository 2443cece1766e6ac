"""``demo``: a sample photo, clean and with a patch, side by side."""

import argparse
import importlib.resources
import json
from pathlib import Path

from engine.cli import exits
from engine.cli.answer import columns
from engine.cli.arguments import settings_from
from engine.cli.bench import Bench, Pasting
from engine.cli.console import Screen
from engine.cli.inspect import as_document, draw
from engine.cli.inspectors import Inspectors
from engine.cli.references import guard_inputs
from engine.errors import PatchError
from engine.outputs import check_output, make_folder, write_output
from engine.placement import read_patch
from engine.report import inspection_report

__all__ = ["demonstrate", "sample_patch"]

PHOTO = "sample:china"
PATCH = "toaster-5pct.png"
PLACE = 64, 100  # X and Y, on the lower storeys of the building


def demonstrate(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Inspect the sample photo twice, print both answers, write report and figures; the exit code.

    An alert is what the demonstration is there to show, so that it is no failure.

    Raises
    ------
    SinscopeError
        If something of it cannot be done as asked.
    """
    settings = settings_from(arguments)
    pasting = Pasting(read_patch(arguments.paste)) if arguments.paste else _sample_pasting()
    folder = Path(arguments.out)
    make_folder(folder)
    outputs = {name: folder / name for name in ("report.json", "figure-clean.png", "figure-patch.png")}
    for path in outputs.values():
        check_output(path)
    guard_inputs(outputs.values(), [name for name in (arguments.paste, settings.weights, settings.labels) if name])

    screen = Screen()
    bench = Bench(settings, getattr(arguments, "label", None), inspectors, screen)
    with screen.progress(2):
        clean = bench.inspect(PHOTO)
        patched = bench.inspect(PHOTO, pasting, done=1)
    screen.show(columns([("clean", clean), ("with a patch", patched)]))
    reports = [
        json.dumps(inspection_report(answer.inspection, answer.image, pasted=answer.pasted, notes=answer.notes))
        for answer in (clean, patched)
    ]
    write_output(outputs["report.json"], as_document(reports))
    write_output(outputs["figure-clean.png"], draw(clean, "china"))
    write_output(outputs["figure-patch.png"], draw(patched, "china with a patch"))
    screen.show(f"report and figures written to {folder.resolve()}", wrap=False)
    return exits.QUIET


def sample_patch() -> Path:
    """The patch that comes with the program.

    Raises
    ------
    PatchError
        If it is not there.
    """
    patch = Path(str(importlib.resources.files("assets") / "patches" / PATCH))
    if not (patch.is_file() and patch.with_suffix(".json").is_file()):
        raise PatchError(
            f"The sample patch {patch} is not complete; install SINscope again, or give one with --paste."
        )
    return patch


def _sample_pasting() -> Pasting:
    """The sample patch, beside the middle of the photo."""
    return Pasting(read_patch(sample_patch()), PLACE)
