"""An evaluation's report: Markdown, HTML with plots, CSV, and rows for a LaTeX table."""

import csv
import html
import io
from collections.abc import Iterable
from pathlib import Path

from engine.evaluation.forms import html_list, html_page, html_picture, html_table, markdown_table, number
from engine.evaluation.metrics import METRICS
from engine.evaluation.plots import accuracy_plot, cost_plot
from engine.evaluation.summary import Line, Summary
from engine.evaluation.wording import wording
from engine.outputs import write_output

__all__ = ["write_report"]

_COSTS = ("passes", "at inference", "ms")


def write_report(summary: Summary, folder: Path) -> list[Path]:
    """Write every form of the report; the files' paths.

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    forms = {
        "report.md": _markdown(summary),
        "report.html": _html(summary),
        "results.csv": _csv(summary),
        "results.tex": _latex(summary),
    }
    for name, text in forms.items():
        write_output(folder / name, text.encode())
    return [folder / name for name in forms]


def _facts(summary: Summary) -> list[str]:
    networks = [f"{model}, weights {weights[:16]}" for model, weights in summary.networks]
    counted = {line.images for line in summary.lines}
    photos = f"{summary.photos} photos" if counted == {summary.photos} else f"{summary.photos} photos, not all done"
    return [
        f"Model: {'; '.join(networks)}",
        f"Data: {summary.data}, {photos}",
        f"Patch: {summary.patch}; its size is meant in: {summary.patch_space}",
        f"Backend: {summary.backend}",
        *(f"Not answered: {fault}" for fault in summary.faults),
    ]


def _heads(summary: Summary) -> tuple[str, ...]:
    return ("defense", *wording(summary.labelled).measures.values(), *_COSTS)


def _cells(line: Line, measures: Iterable[str]) -> list[str]:
    name = line.defense if line.images else f"{line.defense} (no photo yet)"
    shares = [str(line.shares[metric]) for metric in measures]
    return [name, *shares, *(number(mean) for mean in (line.passes, line.inference_passes, line.ms))]


def _claims(lines: Iterable[Line]) -> list[str]:
    return [
        f"{line.title} ({line.defense}): the published criterion holds on {line.claimed} % of the photos, and proves "
        f"nothing for patches near the border; it is no certificate."
        for line in lines
        if line.claimed is not None
    ]


def _settings(summary: Summary) -> list[str]:
    return [
        f"{line.title} ({line.defense}{_on(line, summary)}): {line.configuration}. {line.requires} {line.citation}."
        for line in summary.lines
    ]


def _on(line: Line, summary: Summary) -> str:
    return "" if len(summary.networks) == 1 else f", on {line.model}"


def _markdown(summary: Summary) -> str:
    words = wording(summary.labelled)
    parts = [f"# {words.title}", "", *(f"- {fact}" for fact in _facts(summary))]
    for kind, title in words.kinds.items():
        if lines := summary.of_kind(kind):
            parts += ["", f"## {title}", "", "Shares in %, with 95 % Wilson intervals.", ""]
            parts += markdown_table(_heads(summary), (_cells(line, words.measures) for line in lines))
            parts += ["", summary.settings_of(kind), *_claims(lines)]
    parts += ["", *(f"{note}\n" for note in words.notes), "## Settings", ""]
    parts += [f"- {setting}" for setting in _settings(summary)]
    if summary.refused:
        parts += ["", "## Cannot run on this model", ""]
        parts += [f"- {title}: {sentence}" for title, sentence in summary.refused]
    return "\n".join(parts).rstrip() + "\n"


def _html(summary: Summary) -> str:
    words = wording(summary.labelled)
    body = [f"<h1>{words.title}</h1>", html_list(_facts(summary))]
    for kind, title in words.kinds.items():
        lines = summary.of_kind(kind)
        if not lines:
            continue
        body += [f"<h2>{html.escape(title)}</h2>", "<p>Shares in %, with 95 % Wilson intervals.</p>"]
        body += html_table(_heads(summary), (_cells(line, words.measures) for line in lines))
        body += [f"<p>{html.escape(sentence)}</p>" for sentence in (summary.settings_of(kind), *_claims(lines))]
        body += [html_picture(accuracy_plot(lines, measures=words.measures), f"{words.title}, {kind}")]
        body += [html_picture(cost_plot(lines), f"{words.title} against passes, {kind}")]
    body += [*(f"<p>{html.escape(note)}</p>" for note in words.notes), "<h2>Settings</h2>"]
    body.append(html_list(_settings(summary)))
    if summary.refused:
        body += ["<h2>Cannot run on this model</h2>"]
        body.append(html_list(f"{title}: {sentence}" for title, sentence in summary.refused))
    return html_page(words.title, body)


def _csv(summary: Summary) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    bounds = [f"{metric}{end}" for metric in METRICS for end in ("", "_low", "_high")]
    table.writerow(
        ["kind", "defense", "configuration", "model", "patch", "images", *bounds, "passes", "inference_passes", "ms"]
    )
    for line in summary.lines:
        all_shares = [line.shares[metric] for metric in METRICS]
        shares = [f"{number:.6f}" for share in all_shares for number in (share.value, *share.interval)]
        start = [line.kind, line.defense, line.configuration, line.network, summary.patch, line.images]
        table.writerow([*start, *shares, f"{line.passes:.6g}", f"{line.inference_passes:.6g}", f"{line.ms:.6g}"])
    return text.getvalue()


def _latex(summary: Summary) -> str:
    """Rows of defense, clean and certified accuracy in %; recoveries and detections apart."""
    rows = []
    for kind in wording(summary.labelled).kinds:
        lines = summary.of_kind(kind)
        if lines:
            rows.append(f"% {kind}: defense, clean, certified; {summary.photos} photos, patch {summary.patch}")
        for line in lines:
            name = line.title.replace("&", "\\&").replace("_", "\\_")
            clean, certified = (100 * line.shares[metric].value for metric in ("clean", "certified"))
            rows.append(f"{name} & {clean:.1f} & {certified:.1f} \\\\")
    return "\n".join(rows) + "\n"
