"""``table``: Tables 5, 6 and 7 of the paper, measured again beside what was published."""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from engine.cli.arguments import settings_from
from engine.cli.console import Screen
from engine.cli.inspectors import Inspectors
from engine.cli.watch import code_of, counted_photos, tell_left_out, watch
from engine.cli.worker_options import check_workers, executor_from
from engine.datasets.named import CIFAR10, data_folder, imagenet_folder
from engine.outputs import make_folder

if TYPE_CHECKING:  # they import torch: only once the command line is found right
    from engine.defenses.result import Kind
    from engine.tables.compare import Compared
    from engine.tables.report import TableReport

__all__ = ["measure_table"]


def measure_table(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    """Measure a table, or go on with it; the exit code.

    Raises
    ------
    SinscopeError
        If it cannot be measured as asked.
    """
    settings = settings_from(arguments)
    check_workers(arguments)

    from engine.defenses import TableStore
    from engine.evaluation.limits import Limits
    from engine.evaluation.parts import measure, prepare
    from engine.evaluation.rows import RowStore
    from engine.tables.compare import compare
    from engine.tables.lines import DataKind, paper_table
    from engine.tables.report import TableReport, write_table

    limits = Limits.parse(arguments.limit) if arguments.limit else Limits()
    data = imagenet_folder() if arguments.data is None else data_folder(arguments.data)
    kind: DataKind = "cifar10" if arguments.data == CIFAR10 else "imagenet"
    table = paper_table(int(arguments.number), kind)
    if hasattr(arguments, "model"):
        table = replace(table, lines=tuple(replace(line, model=settings.model) for line in table.lines))
    patches = _patches(arguments.patches) or table.patches
    out = Path(arguments.out or f"sinscope-table{table.number}")
    make_folder(out)
    tables = out / "tables"
    make_folder(tables)
    screen = Screen()
    started = time.perf_counter()
    parts = prepare(table.lines, data, settings, inspectors.get, patches, limits, TableStore(tables))
    tell_left_out(screen, parts)
    rows = RowStore(out / "rows")
    photos = sum(len(part.photos) for part in parts if part.plan is not None and part.plan.chosen)
    watched = watch(screen, photos, measure(parts, rows, executor_from(arguments, tables)))
    named = str(data) if arguments.data is None else arguments.data
    report = TableReport(table.number, table.head, named, compare(table, kind, parts, rows))
    for path in write_table(report, out):
        screen.show(f"{path} written", wrap=False)
    _show(screen, report)
    screen.show(
        f"{watched.done} of {counted_photos(photos, parts)}, {time.perf_counter() - started:.1f} s", wrap=False
    )
    return max(watched.code, code_of(parts))


def _patches(text: str | None) -> tuple[str, ...]:
    """The patches that were asked for, each once."""
    asked = [part.strip() for part in (text or "").split(",") if part.strip()]
    return tuple(dict.fromkeys(asked))


def _show(screen: Screen, report: "TableReport") -> None:
    kinds: tuple[Kind, ...] = ("recovery", "detection")
    for kind in kinds:
        rows = report.of_kind(kind)
        if not rows:
            continue
        table = Table(
            title=f"Table {report.number}, {kind}: clean/certified in %",
            title_justify="left",
            box=SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            pad_edge=False,
        )
        table.add_column(report.head, overflow="fold")
        for head in ("patch", "published", "measured", "n", "passes", "ms"):
            table.add_column(head, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(row.name, row.patch, _published(row), *_measured(row))
        screen.show(table)


def _published(row: "Compared") -> str:
    known = row.published
    if known is None or known.clean is None or known.certified is None:
        return "–"
    return f"{known.clean:.1f}/{known.certified:.1f}"


def _measured(row: "Compared") -> list[str]:
    line = row.line
    if line is None or not line.images:
        return ["cannot run" if row.sentence else "–", "0", "–", "–"]
    clean, certified = (100 * line.shares[name].value for name in ("clean", "certified"))
    return [f"{clean:.1f}/{certified:.1f}", str(line.images), f"{line.passes:.0f}", f"{line.ms:.0f}"]
