"""The readable answer: a block for one photo, columns for two, a line each for many."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from engine.cli.faults import printable
from engine.images import InputImage
from engine.pipeline import Inspection
from engine.placement import Patch, PlacedPatch
from engine.predictions import Predictions
from engine.sweep import Sweep
from engine.threat import PatchThreat
from engine.verdict import Verdict

__all__ = ["Answer", "block", "columns", "header", "line", "scope"]

_STYLES = {
    "certified": "bold green",
    "consistent": "bold yellow",
    "alert": "bold red",
    "undecided": "bold magenta",
    "error": "bold red",
}
_LISTED = 5  # windows, and clusters, that are told one by one
_NAME, _PHOTO = 24, 40  # widest columns of a line


@dataclass(frozen=True, eq=False)
class Answer:
    """An inspection that has come to its verdict, with what its readers need beside it.

    Parameters
    ----------
    image : InputImage
    inspection : Inspection
    pasted : (Patch, PlacedPatch), optional
    notes : tuple of str
    """

    image: InputImage
    inspection: Inspection
    pasted: tuple[Patch, PlacedPatch] | None
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Its verdict."""
        assert self.inspection.verdict is not None
        return self.inspection.verdict

    @property
    def sweep(self) -> Sweep:
        """Its sweep."""
        assert self.inspection.sweep is not None
        return self.inspection.sweep

    @property
    def milliseconds(self) -> float:
        """Time of all stages."""
        return sum(self.inspection.timing_ms.values())


def scope(threat: PatchThreat) -> str:
    """For what a certificate holds."""
    if threat.height == threat.width:
        patch = f"one square patch of up to {threat.height} px"
    else:
        patch = f"one patch of up to {threat.height} x {threat.width} px (height x width)"
    return f"for {patch} ({threat.share:.2%} of the model's input) anywhere, on this model, if this image was clean"


def block(answer: Answer) -> RenderableType:
    """Everything about one photo."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, fact in _facts(answer):
        grid.add_row(name, fact)
    return Group(_title(answer), grid)


def columns(answers: Sequence[tuple[str, Answer]]) -> RenderableType:
    """Several photos, or one photo in several states, beside each other; each under its heading."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for heading, _ in answers:
        table.add_column(heading, overflow="fold", ratio=1)
    facts = [dict(_facts(answer)) for _, answer in answers]
    for name in dict.fromkeys(name for found in facts for name in found):
        table.add_row(Text(name, "dim"), *(found.get(name, Text("")) for found in facts))
    return table


def header(photos: Sequence[str]) -> Text:
    """Names of the columns of :func:`line`."""
    cells = (
        *(("photo", _photo_width(photos)), ("verdict", 10), ("base label", _NAME + 6), ("full model", _NAME + 6)),
        *(("disagree", 9), ("certified", 9), ("passes", 6), ("ms", 6)),
    )
    return Text("  ".join(set_cell_size(name, width) for name, width in cells).rstrip(), "dim")


def line(photos: Sequence[str], photo: str, answer: Answer | None) -> Text:
    """One photo among many.

    Parameters
    ----------
    photos : sequence of str
        The names of all, which decide how wide their column is.
    photo : str
    answer : Answer, optional
        ``None`` if there was an error.
    """
    word = answer.verdict.word if answer else "error"
    text = Text(_fit(photo, _photo_width(photos)) + "  ")
    text.append(set_cell_size(word, 10), _STYLES[word])
    if answer is None:
        return text
    verdict, labels = answer.verdict, answer.inspection.classifier.labels
    certificate = verdict.certificate
    differing = len(_differing(verdict))
    for predictions in (verdict.base, verdict.full):
        text.append(f"  {set_cell_size(_name(predictions, 0, labels), _NAME)} {_percent(predictions, 0):>5}")
    share = _share(certificate.certified_places, certificate.locations.size) if certificate.computed else "-"
    text.append(f"  {differing:>4}/{len(verdict.windows):<4}  {share:>9}")
    text.append(f"  {answer.sweep.passes:>6}  {answer.milliseconds:>6.0f}")
    return text


def _title(answer: Answer) -> Text:
    width, height = answer.image.size
    title = Text(printable(answer.image.path or answer.image.name), "bold")
    return title.append(f"  {width} x {height} px", "not bold dim")


def _facts(answer: Answer) -> list[tuple[str, Text]]:
    found, verdict, sweep = answer.inspection, answer.verdict, answer.sweep
    labels, clusters = found.classifier.labels, found.clusters
    assert clusters is not None
    certificate, places = verdict.certificate, verdict.certificate.locations.size
    kept = found.count / found.superficial.neurons
    facts = [
        ("verdict", Text(verdict.word, _STYLES[verdict.word]).append(f"  {verdict.reason}", "not bold default")),
        ("scope", Text(scope(found.threat))),
        ("base label", Text(f"{_predicted(verdict.base, 0, labels)}  from the SINs alone")),
        ("full model", Text(_predicted(verdict.full, 0, labels))),
        *([("network", Text(found.classifier.title))] if found.classifier.adapted else []),
        ("SINs", Text(f"k = {found.count:,}, {kept:.1%} of the neurons of {found.cut.layer}")),
    ]
    for index, cluster in enumerate(clusters.clusters[:_LISTED]):
        row, column = cluster.center_px
        more = len(clusters.clusters) - _LISTED
        ending = f"  and {more} more" if index == _LISTED - 1 and more > 0 else ""
        where = f"{cluster.size} SINs around row {row:.0f}, column {column:.0f}, s_c {cluster.std_px:.0f} px{ending}"
        facts.append((f"cluster {index + 1}", Text(where)))
    facts.append(("windows", Text(_windows(answer))))
    facts.append(("disagreeing", Text(_disagreeing(answer) or "none")))
    proved = f"{certificate.certified_places:,} of {places:,} ({_share(certificate.certified_places, places)})"
    label = labels[certificate.label] if certificate.label >= 0 else "no label"
    given = " (given)" if certificate.label_given else ""
    facts += [
        ("certified places", Text(f"{proved if certificate.computed else 'not computed'}  for {label}{given}")),
        ("smallest margin", Text(f"{verdict.min_margin:.4g}")),
        ("work", Text(f"{sweep.passes} passes, {answer.milliseconds:,.0f} ms in all, on {found.backend_name}")),
    ]
    if answer.pasted:
        patch, placed = answer.pasted
        facts.append(("pasted", Text(f"{printable(patch.name)} at {_where(placed.box)}")))
    return facts + [("note", Text("\n".join(notes))) for notes in [_notes(answer)] if notes]


def _notes(answer: Answer) -> tuple[str, ...]:
    return (*answer.image.notes, *answer.inspection.notes, *answer.notes)


def _windows(answer: Answer) -> str:
    family, sweep, verdict = answer.inspection.family, answer.sweep, answer.verdict
    rule = verdict.rule if verdict.rule == "consistency" else f"{verdict.rule}, tau {verdict.tau:g}"
    skipped = int(sweep.skipped.sum())
    return (
        f"{len(family)} of {family.side} x {family.side} cells, {skipped} without a SIN; "
        f"{int(verdict.firing.sum())} fire the rule ({rule})"
    )


def _disagreeing(answer: Answer) -> str:
    differing = _differing(answer.verdict)
    window_of = np.flatnonzero(answer.sweep.done)
    boxes, windows = answer.inspection.family.boxes_px, answer.verdict.windows
    lines = [
        f"{_where(boxes[window_of[row]])}: {_predicted(windows, row, answer.inspection.classifier.labels)}"
        for row in differing[:_LISTED]
    ]
    if len(differing) > _LISTED:
        lines.append(f"and {len(differing) - _LISTED} more")
    return "\n".join(lines)


def _differing(verdict: Verdict) -> list[int]:
    """Rows of the windows that say another label than the base prediction, the surest first."""
    rows = np.flatnonzero(verdict.windows.label != verdict.base.label[0])
    order = np.argsort(-verdict.windows.confidence[rows], kind="stable")
    return [int(row) for row in rows[order]]


def _where(box: Sequence[int]) -> str:
    """Its first and last rows and columns."""
    top, left, bottom, right = (int(side) for side in box)
    return f"rows {top}-{bottom - 1}, columns {left}-{right - 1}"


def _predicted(predictions: Predictions, row: int, labels: tuple[str, ...]) -> str:
    return f"{_name(predictions, row, labels)} {_percent(predictions, row)}".rstrip()


def _name(predictions: Predictions, row: int, labels: tuple[str, ...]) -> str:
    label = int(predictions.label[row])
    return labels[label] if label >= 0 else "no finite logits"


def _percent(predictions: Predictions, row: int) -> str:
    return f"{predictions.confidence[row]:.1%}" if predictions.label[row] >= 0 else ""


def _share(count: int, total: int) -> str:
    """A percentage, rounded down: 100.0 % is said of nothing less."""
    return f"{count * 1000 // total / 10:.1f}%"


def _photo_width(photos: Sequence[str]) -> int:
    return max(5, min(_PHOTO, max(map(cell_len, photos), default=0)))


def _fit(text: str, width: int) -> str:
    """Text of exactly so many cells; what is too long loses its beginning, where photos' names differ least."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    while cell_len(text) > width - 1:
        text = text[1:]
    return set_cell_size("…" + text, width)
