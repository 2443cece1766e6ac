"""Tables and pages as text: Markdown, and HTML that stands on its own."""

import base64
import html
from collections.abc import Iterable, Sequence

__all__ = ["html_list", "html_page", "html_picture", "html_table", "markdown_table", "number"]

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.25rem .7rem;border-bottom:1px solid #ccc;text-align:right}"
    "td:first-child,th:first-child{text-align:left}img{max-width:100%}"
)


def number(mean: float) -> str:
    """A mean, short: three digits, or whole from 100 on."""
    return f"{mean:,.0f}" if mean >= 100 else f"{mean:.3g}"


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table whose first column is text and whose others are figures."""
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


def html_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The same in HTML."""
    return ["<table>", _row("th", heads), *(_row("td", row) for row in rows), "</table>"]


def html_list(items: Iterable[str]) -> str:
    """A list with bullets."""
    return "<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in items) + "</ul>"


def html_picture(png: bytes, words: str) -> str:
    """A picture in the page itself, with words for who cannot see it."""
    return f'<p><img alt="{html.escape(words)}" src="data:image/png;base64,{base64.b64encode(png).decode()}"></p>'


def html_page(title: str, body: Iterable[str]) -> str:
    """A page that needs no other file."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"
