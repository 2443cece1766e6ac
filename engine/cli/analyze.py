"""``analyze``: the evidence behind the method, measured on a folder of photos and written to another."""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli import exits
from engine.cli.arguments import settings_from
from engine.cli.command_line import command_line
from engine.cli.console import Screen
from engine.cli.inspectors import Inspectors
from engine.errors import ImageError, SettingsError
from engine.outputs import check_output, make_folder, write_output

if TYPE_CHECKING:  # they import torch
    from engine.analysis.copies import Choice, Photo
    from engine.analysis.gather import Evidence
    from engine.analysis.page import Run
    from engine.analysis.records import Record, Records
    from engine.analysis.study import Study

__all__ = ["analyze_photos"]

MEASURED = "measured"
_TOLD_EVERY_S = 30.0
_DETAILS = {"compare": "benign against patched", "detect": "detection"}


def analyze_photos(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Measure, and write figures, arrays, tables and the page; the exit code.

    Raises
    ------
    SinscopeError
        If it cannot be done as asked, or a result cannot be written.
    """
    settings = settings_from(arguments)
    layers = _layers(arguments.layers)
    for name, least in (("limit", 1), ("sweep_limit", 0)):
        if (given := getattr(arguments, name)) < least:
            raise SettingsError(f"--{name.replace('_', '-')} must be at least {least}, not {given}.")
    folder, out = Path(arguments.photos), Path(arguments.figures)
    if arguments.reference:
        check_output(Path(arguments.reference))

    from engine.analysis.copies import choose_photos
    from engine.analysis.patches import adaptive_patches, studied_patch
    from engine.analysis.records import Records
    from engine.analysis.study import Study

    patch = studied_patch(arguments.patch_file)
    adaptive = adaptive_patches(arguments.adaptive_patches or (), patch)
    trained_on = frozenset().union(*(each.trained_on or () for each in (patch, *adaptive)))
    choice = choose_photos(folder, arguments.limit, trained_on)
    make_folder(out)
    screen = Screen()
    if screen.watched and not inspectors.ready(settings):
        screen.tell(f"Loading {settings.model} ...")
    study = Study(inspectors.get(settings), settings, layers, patch, adaptive)
    records = Records(out / MEASURED, study.decides)
    work = _Work(study, records, screen, choice, arguments.sweep_limit)
    try:
        with screen.progress(work.total, "steps"):
            work.all()
    except KeyboardInterrupt:
        screen.tell(
            f"interrupted after {work.done} of {work.total} steps; what was measured is kept in "
            f"{out / MEASURED}, and the same command goes on from there"
        )
        return exits.INTERRUPTED
    if not work.compared:
        raise ImageError(f"None of the {len(choice.photos)} photos of {folder} could be read; name other photos.")
    _write(study, work, arguments, out)
    screen.show(
        f"{len(work.compared)} photos: evidence written to {out / 'evidence.md'} and evidence.html", wrap=False
    )
    return exits.ERROR if work.unreadable else exits.QUIET


class _Work:
    """The measurements of one command, taken from the records or made, one after another."""

    def __init__(
        self, study: "Study", records: "Records", screen: Screen, choice: "Choice", sweep_limit: int
    ) -> None:
        from engine.images import spread

        self._study, self._records, self._screen = study, records, screen
        self._patches = [("benign", None), *((each.patch.sha256[:16], each) for each in study.patches)]
        self._copies = len(self._patches)
        by_path = {photo.path: photo for photo in choice.photos}
        self.choice = choice
        self._swept = [by_path[path] for path in spread(list(by_path), sweep_limit)]
        self.total = len(choice.photos) + self._copies * len(self._swept)
        self.done = 0
        self.compared: list[tuple[Photo, Record]] = []
        self.detected: list[tuple[Photo, list[Record]]] = []
        self.unreadable: list[str] = []
        self._began = self._told = time.monotonic()
        self._made = 0  # steps that were not taken from records

    def all(self) -> None:
        """Measure what no record holds."""
        for photo in self.choice.photos:
            record = self._one(photo, "compare", partial(self._study.compare, photo))
            if record is not None:
                self.compared.append((photo, record))
        for photo in self._swept:
            if photo.path.name in self.unreadable:
                self.done += self._copies
                continue
            records = [
                self._one(photo, f"detect-{name}", partial(self._study.detect, photo, each))
                for name, each in self._patches
            ]
            if None not in records:
                self.detected.append((photo, [record for record in records if record is not None]))

    def _one(self, photo: "Photo", kind: str, measure: "Callable[[], Record]") -> "Record | None":
        """A record that there is, or a new one; ``None`` if the photo cannot be read."""
        record = self._records.read(kind, photo.sha256)
        if record is None:
            self._tell(photo, kind.partition("-")[0])
            try:
                record = measure()
            except ImageError as error:
                self._screen.error(str(error))
                self.unreadable.append(photo.path.name)
            else:
                self._records.write(kind, photo.sha256, record)
            self._made += 1
        self.done += 1
        return record

    def _tell(self, photo: "Photo", kind: str) -> None:
        self._screen.advance(photo.path.name, _DETAILS[kind], self.done)
        now = time.monotonic()
        if not self._screen.watched and self._made and now - self._told >= _TOLD_EVERY_S:
            self._told = now
            left = (now - self._began) / self._made * (self.total - self.done)
            self._screen.tell(f"{self.done} of {self.total} steps, {left / 60:.0f} min left")


def _layers(text: str) -> tuple[str, ...]:
    layers = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not all(layers):
        raise SettingsError(f"{text!r} is not a list of layers; write 1,2,3 or names of modules with commas between.")
    return layers


def _write(study: "Study", work: _Work, arguments: argparse.Namespace, out: Path) -> None:
    from engine.analysis.gather import gather
    from engine.analysis.page import Run, as_html, as_markdown
    from engine.analysis.reference import reference_document

    evidence = gather(study, work.compared, work.detected)
    _save(study, evidence, work, out)
    run = Run(
        command_line(arguments.words), work.choice, len(work.compared), len(work.detected), tuple(work.unreadable)
    )
    page = as_markdown(study, evidence, run)
    write_output(out / "evidence.md", page.encode())
    write_output(out / "evidence.html", as_html(page).encode())
    if arguments.reference:
        made = _made(study, run)
        write_output(Path(arguments.reference), reference_document(evidence.distributions, made))


def _save(study: "Study", evidence: "Evidence", work: _Work, out: Path) -> None:
    """Arrays, tables and figures of every analysis."""
    from engine.analysis.map_example import map_example
    from engine.analysis.plots.curve_plot import curve_figure
    from engine.analysis.plots.deep_plot import deep_figure
    from engine.analysis.plots.detection_plot import detection_figure
    from engine.analysis.plots.distribution_plot import distribution_figure
    from engine.analysis.plots.stability_plot import stability_figure
    from engine.analysis.results import as_npz, save_results

    save_results(evidence.curves, out, "importance-curve", curve_figure(evidence.curves))
    save_results(evidence.distributions, out, "sin-distribution", distribution_figure(evidence.distributions))
    save_results(evidence.stabilities, out, "prediction-stability", stability_figure(evidence.stabilities))
    if evidence.detections:
        save_results(evidence.detections, out, "detection", detection_figure(evidence.detections))
    fooled = evidence.stabilities[0].fooled(model=1)
    photo, _ = work.compared[int(fooled.argmax())]  # the first that the patch fools, or the first
    example = map_example(study, photo)
    labels = study.inspector.classifier.labels
    save_results(evidence.deep, out, "deep-importance", deep_figure(example, labels))
    write_output(out / "deep-importance-maps.npz", as_npz(example.arrays()))


def _made(study: "Study", run: "Run") -> dict[str, Any]:
    """How a reference distribution was made; it names no folder."""
    classifier, patch = study.inspector.classifier, study.patch
    return {
        "model": classifier.name,
        "weights_sha256": classifier.weights_sha256,
        "layers": {layer: ready.cut.layer for layer, ready in study.prepared.items()},
        "photos": run.measured,
        "patch": patch.patch.name,
        "patch_sha256": patch.patch.sha256,
        "patch_px": [study.threat.height, study.threat.width],
        "seed": study.settings.seed,
        "command": run.command,
    }
