"""``evaluate``: certified defenses over a data set, to rows and a report."""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from engine.cli.arguments import settings_from
from engine.cli.console import Screen
from engine.cli.inspectors import Inspectors, import_engine
from engine.cli.watch import watch
from engine.cli.worker_options import check_workers, executor_from
from engine.datasets.named import CIFAR10, data_folder
from engine.errors import SettingsError
from engine.evaluation.wording import wording
from engine.outputs import make_folder
from engine.threat import PatchThreat

if TYPE_CHECKING:  # they import torch: only once the command line is found right
    from engine.classifiers import Classifier
    from engine.defenses.result import Kind
    from engine.evaluation.photos import LabelledPhoto
    from engine.evaluation.summary import Summary

__all__ = ["ROWS", "evaluate_defenses", "show_summary"]

ROWS = "rows"
_NAME = 8  # least width of a defense's name; longer ones go on in the next line
# Short heads: with the longest name of a defense, a line has 80 characters.
_SHOWN = {
    "vanilla": "vanilla",
    "pruned": "pruned",
    "clean": "clean",
    "certified": "cert.",
    "guaranteed": "guar.",
    "false_alert": "alert",
}


def evaluate_defenses(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Run an evaluation, or go on with one; the exit code.

    Raises
    ------
    SinscopeError
        If it cannot be run as asked.
    """
    settings = settings_from(arguments)
    check_workers(arguments)
    if arguments.limit is not None and arguments.limit < 1:
        raise SettingsError(f"At least 1 photo is evaluated, not {arguments.limit}; try --limit 100.")
    out = Path(arguments.out)
    make_folder(out)
    import_engine()
    from engine.evaluation.plan import asked_for, make_plan, without_labels

    defenses = [text.strip() for text in arguments.defenses.split(",") if text.strip()]
    asked_for(defenses, settings)  # what is wrong whatever the model is, is said before it is loaded
    if arguments.data == CIFAR10 and not hasattr(arguments, "model"):
        from engine.cli.evaluate_each import evaluate_each

        return evaluate_each(arguments, defenses, settings, inspectors)

    from engine.defenses import Subject, TableStore
    from engine.evaluation.photos import check_folder, labelled_photos, plain_photos
    from engine.evaluation.report import write_report
    from engine.evaluation.rows import RowStore
    from engine.evaluation.run import evaluate
    from engine.evaluation.summary import summary_of

    folder = data_folder(arguments.data)
    check_folder(folder, labelled=not arguments.unlabelled)
    screen = Screen()
    inspector = inspectors.get(settings)
    classifier = inspector.classifier
    if arguments.unlabelled:
        photos = plain_photos(folder, arguments.limit)
    else:
        photos = labelled_photos(folder, classifier.labels, arguments.limit)
    threat, photo_size = _threat(arguments.patch_space, settings.patch, photos, classifier)
    tables = out / "tables"
    make_folder(tables)
    subject = Subject(inspector, settings, TableStore(tables))
    plan = make_plan(subject, settings, defenses, threat, photo_size)
    plan = without_labels(plan) if arguments.unlabelled else plan
    for title, sentence in plan.refused:
        screen.tell(f"{title} is left out: {sentence}")
    store = RowStore(out / ROWS)
    started = time.perf_counter()
    watched = watch(screen, len(photos), evaluate(plan, photos, subject, store, executor_from(arguments, tables)))
    rows = store.read(one.key for one in plan.chosen)
    summary = summary_of(
        plan, rows, [photo.name for photo in photos], arguments.data, classifier.name, classifier.weights_sha256
    )
    for path in write_report(replace(summary, faults=watched.faults), out):
        screen.show(f"{path} written", wrap=False)
    show_summary(screen, summary)
    screen.show(f"{watched.done} of {len(photos)} photos, {time.perf_counter() - started:.1f} s", wrap=False)
    return watched.code


def _threat(
    space: str, patch: str, photos: "list[LabelledPhoto]", classifier: "Classifier"
) -> tuple[PatchThreat, tuple[int, int] | None]:
    """The patch in the model's input, and the size that photos must have if it is meant on them."""
    if space == "input":
        return PatchThreat.parse(patch, classifier.preprocessing.input_size), None
    from engine.images import read_image
    from engine.resized_patch import on_photo

    width, height = read_image(photos[0].path).size
    return on_photo(patch, (height, width), classifier.preprocessing), (height, width)


def show_summary(screen: Screen, summary: "Summary") -> None:
    """Print an evaluation's tables."""
    kinds: tuple[Kind, ...] = ("recovery", "detection")
    for kind in kinds:
        lines = summary.of_kind(kind)
        if not lines:
            continue
        table = Table(
            title=f"{kind}, patch {summary.patch}, {lines[0].images} photos: % (95 % intervals in the report)",
            title_justify="left",
            box=SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
        )
        table.add_column("defense", overflow="fold", min_width=_NAME)
        shown = _SHOWN if summary.labelled else wording(labelled=False).measures
        for head in (*shown.values(), "passes", "ms"):
            table.add_column(head, justify="right", no_wrap=True)
        for line in lines:
            shares = [f"{100 * line.shares[metric].value:.1f}" for metric in shown]
            cells = [*shares, f"{line.passes:.0f}", f"{line.ms:.0f}"]
            table.add_row(line.defense, *(cells if line.images else ["–"] * len(cells)))
        screen.show(table)
        screen.show(summary.settings_of(kind))
