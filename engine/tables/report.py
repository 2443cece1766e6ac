"""A measured table beside the published one: Markdown, HTML with a plot, CSV, and rows for a LaTeX table."""

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.defenses.result import Kind
from engine.evaluation.forms import html_list, html_page, html_picture, html_table, markdown_table, number
from engine.evaluation.plots import accuracy_plot
from engine.evaluation.wording import wording
from engine.outputs import write_output
from engine.tables.compare import Compared
from engine.tables.published import published_table

__all__ = ["TableReport", "write_table"]

_SHARES = ("vanilla", "pruned", "clean", "certified", "false_alert")
_NOTES = (
    "Published and measured in %, measured with 95 % Wilson intervals over n photos; the difference is measured "
    "minus published certified accuracy, in points. Model: the undefended one; pruned: what the defense leans to.",
    "Clean: right and silent; an alert on a clean photo counts as wrong. Certified: clean, and proved at every place "
    "of the patch. Passes: forward passes a photo for answer and certificate together; ms: time a photo.",
)


@dataclass(frozen=True)
class TableReport:
    """A table that was measured.

    Parameters
    ----------
    number : int
        5, 6 or 7.
    head : str
        Of the rows' names.
    data : str
        As it was named.
    rows : tuple of Compared
    """

    number: int
    head: str
    data: str
    rows: tuple[Compared, ...]

    @property
    def title(self) -> str:
        """Number and title."""
        return f"Table {self.number}: {published_table(self.number).title}"

    def of_kind(self, kind: Kind) -> tuple[Compared, ...]:
        """The rows of recoveries or of detections, which are not ranked together."""
        return tuple(row for row in self.rows if row.kind == kind)


def write_table(report: TableReport, folder: Path) -> list[Path]:
    """Write every form of the table; the files' paths.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    forms = {".md": _markdown(report), ".html": _html(report), ".csv": _csv(report), ".tex": _latex(report)}
    paths = [folder / f"table{report.number}{ending}" for ending in forms]
    for path, text in zip(paths, forms.values(), strict=True):
        write_output(path, text.encode())
    return paths


def _heads(report: TableReport) -> list[str]:
    shares = ["model", *(name.replace("_", " ") for name in _SHARES[1:])]
    return [report.head, "patch", *_published_heads(report), "weights of", "n", *shares, "difference", "passes", "ms"]


def _published_heads(report: TableReport) -> list[str]:
    names = ("published clean", "published certified")
    return ["published model", *names] if _has_models(report) else list(names)


def _has_models(report: TableReport) -> bool:
    return any(row.model is not None for row in published_table(report.number).rows)


def _cells(row: Compared, models: bool) -> list[str]:
    start = [row.name, row.patch, *_published(row, models), row.model]
    line = row.line
    if line is None or not line.images:
        return [*start, "cannot run" if row.sentence else "0", *["–"] * (len(_SHARES) + 3)]
    shares = [str(line.shares[name]) for name in _SHARES]
    return [*start, str(line.images), *shares, _difference(row), number(line.passes), number(line.ms)]


def _published(row: Compared, models: bool) -> list[str]:
    found = row.published
    if found is None:
        return ["–"] * (3 if models else 2)
    if found.note:
        return [*(["–"] if models else []), found.note, "–"]
    figures = (found.model, found.clean, found.certified) if models else (found.clean, found.certified)
    return ["–" if figure is None else f"{figure:.1f}" for figure in figures]


def _difference(row: Compared) -> str:
    if row.line is None or row.published is None or row.published.certified is None:
        return "–"
    return f"{100 * row.line.shares['certified'].value - row.published.certified:+.1f}"


def _facts(report: TableReport) -> list[str]:
    threats = dict.fromkeys(f"{row.patch}: {row.threat}" for row in report.rows if row.threat)
    weights = dict.fromkeys(f"{row.model} {row.weights[:16]}" for row in report.rows if row.weights)
    table = published_table(report.number)
    facts = [
        f"Data: {report.data}",
        f"Patches: {'; '.join(threats)}",
        f"Weights: {', '.join(weights)}",
        f"Published: {table.source}",
    ]
    return [*facts, table.note] if table.note else facts


def _settings(report: TableReport) -> list[str]:
    lines = {(row.name, row.line.defense): row.line for row in report.rows if row.line is not None}
    return [f"{name} ({defense}): {line.configuration}. {line.citation}." for (name, defense), line in lines.items()]


def _refused(report: TableReport) -> list[str]:
    return [f"{row.name}, patch {row.patch}, {row.model}: {row.sentence}" for row in report.rows if row.sentence]


def _markdown(report: TableReport) -> str:
    parts = [f"# {report.title}", "", *(f"- {fact}" for fact in _facts(report))]
    models = _has_models(report)
    for kind, title in wording(labelled=True).kinds.items():
        if rows := report.of_kind(kind):
            parts += ["", f"## {title}", "", *markdown_table(_heads(report), (_cells(row, models) for row in rows))]
    parts += ["", *(f"{note}\n" for note in _NOTES), "## Settings", ""]
    parts += [f"- {setting}" for setting in _settings(report)]
    if refused := _refused(report):
        parts += ["", "## Cannot run", "", *(f"- {sentence}" for sentence in refused)]
    return "\n".join(parts).rstrip() + "\n"


def _html(report: TableReport) -> str:
    body = [f"<h1>{html.escape(report.title)}</h1>", html_list(_facts(report))]
    models = _has_models(report)
    for kind, title in wording(labelled=True).kinds.items():
        rows = report.of_kind(kind)
        if not rows:
            continue
        body += [f"<h2>{html.escape(title)}</h2>", *html_table(_heads(report), (_cells(row, models) for row in rows))]
        if any(row.line is not None and row.line.images for row in rows):
            body.append(html_picture(_plot(rows), f"Clean and certified accuracy, {kind}, beside the published"))
    body += [*(f"<p>{html.escape(note)}</p>" for note in _NOTES), "<h2>Settings</h2>", html_list(_settings(report))]
    if refused := _refused(report):
        body += ["<h2>Cannot run</h2>", html_list(refused)]
    return html_page(report.title, body)


def _plot(rows: Sequence[Compared]) -> bytes:
    measured = [(row, row.line) for row in rows if row.line is not None and row.line.images]
    return accuracy_plot(
        [line for _, line in measured],
        [f"{row.name}, {row.patch}" for row, _ in measured],
        [(row.published.clean, row.published.certified) if row.published else (None, None) for row, _ in measured],
    )


def _csv(report: TableReport) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    bounds = [f"{name}{end}" for name in _SHARES for end in ("", "_low", "_high")]
    published = ["published_model", "published_clean", "published_certified"]
    table.writerow(
        ["kind", report.head, "patch", "defense", "model", "weights", *published, "images", *bounds, "passes", "ms"]
    )
    for row in report.rows:
        known = row.published
        figures = (known.model, known.clean, known.certified) if known else (None, None, None)
        line = row.line
        start = [row.kind, row.name, row.patch, line.defense if line else "", row.model, row.weights]
        if line is None:
            table.writerow([*start, *("" if one is None else one for one in figures), 0, *[""] * (len(bounds) + 2)])
            continue
        shares = [line.shares[name] for name in _SHARES]
        numbers = [f"{figure:.6f}" for share in shares for figure in (share.value, *share.interval)]
        known_figures = ["" if one is None else one for one in figures]
        table.writerow([*start, *known_figures, line.images, *numbers, f"{line.passes:.6g}", f"{line.ms:.6g}"])
    return text.getvalue()


def _latex(report: TableReport) -> str:
    """Rows of name, patch, published clean and certified, and measured clean and certified accuracy in %."""
    rows = []
    for kind in wording(labelled=True).kinds:
        if some := report.of_kind(kind):
            rows.append(f"% {kind}: {report.head}, patch, published clean, certified, measured clean, certified")
        for row in some:
            line = row.line
            measured = ["--", "--"]
            if line is not None and line.images:
                measured = [f"{100 * line.shares[name].value:.1f}" for name in ("clean", "certified")]
            known = [cell.replace("–", "--") for cell in _published(row, False)]
            cells = [row.name, row.patch, *known, *measured]
            escaped = (cell.replace("%", "\\%").replace("&", "\\&").replace("_", "\\_") for cell in cells)
            rows.append(" & ".join(escaped) + " \\\\")
    return "\n".join(rows) + "\n"
