"""An evaluation's report: Markdown, HTML with plots, CSV, and rows for a LaTeX table."""

import base64
import csv
import html
import io
from collections.abc import Iterable
from pathlib import Path

from engine.defenses.result import Kind
from engine.evaluation.metrics import METRICS
from engine.evaluation.plots import accuracy_plot, cost_plot
from engine.evaluation.summary import Line, Summary
from engine.outputs import write_output

__all__ = ["write_report"]

_KINDS: dict[Kind, str] = {
    "recovery": "Recovery: certified means that the answer is the label, whatever the patch",
    "detection": "Detection: certified means that the answer is the label or an alert, whatever the patch",
}
_HEADS = ("defense", *METRICS, "passes", "at inference", "ms")
_NOTES = (
    "Clean: right and silent; an alert on a clean photo counts as wrong. Certified: clean, and proved at every place "
    "of the patch. Guaranteed: proved for the true label, silent or not. Pruned: what the defense leans to is right.",
    "Passes: forward passes a photo for answer and certificate together, and at inference alone. Recovery and "
    "detection promise different things and are not ranked together.",
)


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
    counted = {line.images for line in summary.lines}
    photos = f"{summary.photos} photos" if counted == {summary.photos} else f"{summary.photos} photos, not all done"
    return [
        f"Model: {summary.model}, weights {summary.weights[:16]}",
        f"Data: {summary.data}, {photos}",
        f"Patch: {summary.patch}; its size is meant in: {summary.patch_space}",
        f"Backend: {summary.backend}",
    ]


def _cells(line: Line) -> list[str]:
    name = line.defense if line.images else f"{line.defense} (no photo yet)"
    shares = [str(line.shares[metric]) for metric in METRICS]
    return [name, *shares, *(_number(mean) for mean in (line.passes, line.inference_passes, line.ms))]


def _number(mean: float) -> str:
    return f"{mean:,.0f}" if mean >= 100 else f"{mean:.3g}"


def _claims(lines: Iterable[Line]) -> list[str]:
    return [
        f"{line.title} ({line.defense}): the published criterion holds on {line.claimed} % of the photos, and proves "
        f"nothing for patches near the border; it is no certificate."
        for line in lines
        if line.claimed is not None
    ]


def _settings(summary: Summary) -> list[str]:
    return [
        f"{line.title} ({line.defense}): {line.configuration}. {line.requires} {line.citation}."
        for line in summary.lines
    ]


def _markdown(summary: Summary) -> str:
    parts = ["# Certified accuracy", "", *(f"- {fact}" for fact in _facts(summary))]
    for kind, title in _KINDS.items():
        if lines := summary.of_kind(kind):
            parts += ["", f"## {title}", "", "Shares in %, with 95 % Wilson intervals.", ""]
            parts.append("| " + " | ".join(head.replace("_", " ") for head in _HEADS) + " |")
            parts.append("|---|" + "---:|" * (len(_HEADS) - 1))
            parts += ["| " + " | ".join(_cells(line)) + " |" for line in lines]
            parts += ["", summary.settings_of(kind), *_claims(lines)]
    parts += ["", *(f"{note}\n" for note in _NOTES), "## Settings", ""]
    parts += [f"- {setting}" for setting in _settings(summary)]
    if summary.refused:
        parts += ["", "## Cannot run on this model", ""]
        parts += [f"- {title}: {sentence}" for title, sentence in summary.refused]
    return "\n".join(parts).rstrip() + "\n"


def _html(summary: Summary) -> str:
    body = ["<h1>Certified accuracy</h1>", _list(_facts(summary))]
    for kind, title in _KINDS.items():
        lines = summary.of_kind(kind)
        if not lines:
            continue
        body += [f"<h2>{html.escape(title)}</h2>", "<p>Shares in %, with 95 % Wilson intervals.</p>"]
        rows = [_row("th", [head.replace("_", " ") for head in _HEADS])]
        rows += [_row("td", _cells(line)) for line in lines]
        said = (summary.settings_of(kind), *_claims(lines))
        body += ["<table>", *rows, "</table>", *(f"<p>{html.escape(sentence)}</p>" for sentence in said)]
        body += [_picture(accuracy_plot(lines), f"Clean and certified accuracy, {kind}")]
        body += [_picture(cost_plot(lines), f"Certified accuracy against passes, {kind}")]
    body += [*(f"<p>{html.escape(note)}</p>" for note in _NOTES), "<h2>Settings</h2>"]
    body.append(_list(_settings(summary)))
    if summary.refused:
        body += ["<h2>Cannot run on this model</h2>"]
        body.append(_list(f"{title}: {sentence}" for title, sentence in summary.refused))
    style = (
        "body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse}td,th{padding:.25rem .7rem;border-bottom:1px solid #ccc;text-align:right}"
        "td:first-child,th:first-child{text-align:left}img{max-width:100%}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Certified accuracy</title>'
        f"<style>{style}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _list(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in items) + "</ul>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _picture(png: bytes, words: str) -> str:
    return f'<p><img alt="{html.escape(words)}" src="data:image/png;base64,{base64.b64encode(png).decode()}"></p>'


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
    for kind in _KINDS:
        lines = summary.of_kind(kind)
        if lines:
            rows.append(f"% {kind}: defense, clean, certified; {summary.photos} photos, patch {summary.patch}")
        for line in lines:
            name = line.title.replace("&", "\\&").replace("_", "\\_")
            clean, certified = (100 * line.shares[metric].value for metric in ("clean", "certified"))
            rows.append(f"{name} & {clean:.1f} & {certified:.1f} \\\\")
    return "\n".join(rows) + "\n"
