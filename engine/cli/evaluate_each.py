"""``evaluate cifar10`` without a model: each defense on the one that was made for it."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.cli.console import Screen
from engine.cli.evaluate import ROWS, show_summary
from engine.cli.inspectors import Inspectors
from engine.cli.watch import code_of, counted_photos, tell_left_out, watch
from engine.cli.worker_options import executor_from
from engine.datasets.named import data_folder
from engine.defenses import TableStore
from engine.evaluation.limits import Limits
from engine.evaluation.parts import count, measure, prepare
from engine.evaluation.report import write_report
from engine.evaluation.rows import RowStore
from engine.evaluation.summary import merged
from engine.outputs import make_folder
from engine.settings import Settings
from engine.tables.lines import made_for

__all__ = ["evaluate_each"]


def evaluate_each(
    arguments: argparse.Namespace, defenses: Sequence[str], settings: Settings, inspectors: Inspectors
) -> int:
    """Run such an evaluation, or go on with it; the exit code.

    The patch is meant on the photos, which is the same as in the models' input.

    Raises
    ------
    SinscopeError
        If it cannot be run as asked.
    """
    out = Path(arguments.out)
    tables = out / "tables"
    make_folder(tables)
    screen = Screen()
    started = time.perf_counter()
    lines = made_for(defenses)
    limits, data = Limits(arguments.limit), data_folder(arguments.data)
    parts = prepare(lines, data, settings, inspectors.get, [settings.patch], limits, TableStore(tables))
    tell_left_out(screen, parts)
    rows = RowStore(out / ROWS)
    photos = sum(len(part.photos) for part in parts if part.plan is not None and part.plan.chosen)
    watched = watch(screen, photos, measure(parts, rows, executor_from(arguments, tables)))
    counted = [count(part, rows, arguments.data) for part in parts]
    refused = tuple(pair for part in parts for pair in part.sentences.items())
    summary = replace(merged([one for one in counted if one is not None]), refused=refused, faults=watched.faults)
    for path in write_report(summary, out):
        screen.show(f"{path} written", wrap=False)
    show_summary(screen, summary)
    screen.show(
        f"{watched.done} of {counted_photos(photos, parts)}, {time.perf_counter() - started:.1f} s", wrap=False
    )
    return max(watched.code, code_of(parts))
