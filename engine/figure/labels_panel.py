"""The labels that the windows say, and what the verdict rests on."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from engine.figure.agreement import Agreement, State, Vote
from engine.figure.marks import label_name, percent, plural
from engine.figure.sheet import AGREES, DIFFERS, INK, MUTED, SMALL, Sheet, Slot
from engine.pipeline import Inspection
from engine.verdict import Verdict

__all__ = ["label_numbers", "labels_panel"]

LABELS_NAMED = 8

_ROW, _FACT, _FACTS = 0.36, 0.19, 4  # inches a row of labels and a row of facts take; how many facts there are


def label_numbers(agreement: Agreement, slot: Slot) -> dict[int, int]:
    """Numbers, from 1, of the labels that differ and have room in the list; windows are marked with them."""
    others = [vote.label for vote in agreement.votes if vote.label != agreement.base]
    rows = int((slot.height - _FACT * _FACTS - 0.1) / _ROW) - 1  # the base label has the first
    kept = min(rows, LABELS_NAMED)
    if len(others) > kept:
        kept = min(rows - 1, LABELS_NAMED)  # a row says how many more there are
    return {label: number for number, label in enumerate(others[: max(kept, 0)], start=1)}


def labels_panel(
    sheet: Sheet,
    slot: Slot,
    inspection: Inspection,
    verdict: Verdict,
    agreement: Agreement,
    numbers: Mapping[int, int],
) -> None:
    """The base label, then the labels that differ, each with its number of windows; under them some facts."""
    sheet.heading(slot, "e", "What the windows say", "number of windows, and the highest confidence")
    axes = sheet.axes(slot, "labels")
    axes.set(xlim=(0, slot.width), ylim=(slot.height, 0))
    axes.axis("off")
    total = len(inspection.family)
    base = next((vote for vote in agreement.votes if vote.label == agreement.base), Vote(agreement.base, 0, 0.0))
    is_known = inspection.sweep is not None and inspection.sweep.base is not None
    _row(
        sheet, axes, slot, 0, "base", label_name(inspection, base.label) if is_known else "not computed", base, total
    )
    others = [vote for vote in agreement.votes if vote.label != agreement.base]
    for vote in others[: len(numbers)]:
        number = numbers[vote.label]
        _row(sheet, axes, slot, number, str(number), label_name(inspection, vote.label), vote, total)
    said = ""
    if rest := others[len(numbers) :]:
        windows = sum(vote.windows for vote in rest)
        said = f"and {plural(len(rest), 'more label')} in {plural(windows, 'window')} (+)"
    elif not others and agreement.count(State.AGREES, State.TIMID):
        said = "No window says another label."
    axes.text(0, _ROW * (len(numbers) + 1) + 0.14, said, fontsize=SMALL, va="baseline", color=MUTED)
    for index, (name, value) in enumerate(reversed(_facts(inspection, verdict))):
        line = slot.height - _FACT * index
        axes.plot([0, slot.width], [line - 0.145] * 2, color="#D9D9D9", linewidth=0.6)
        axes.text(0, line, name, fontsize=SMALL, va="baseline", color=MUTED)
        axes.text(slot.width, line, value, fontsize=SMALL, va="baseline", ha="right", color=INK)


def _row(sheet: Sheet, axes: Axes, slot: Slot, index: int, key: str, name: str, vote: Vote, total: int) -> None:
    """Key, name, windows and highest confidence of a label, and a bar for its share of the windows."""
    line, size = _ROW * index + 0.14, SMALL + 0.5
    count = f"{vote.windows:,}" + (f"   {percent(vote.confidence, 1)}" if vote.windows else "")
    indent = sheet.lettering.width(key, SMALL, "bold") + 0.09
    room = slot.width - indent - sheet.lettering.width(count, SMALL) - 0.12
    name = sheet.lettering.elide(name, room, size)
    families = sheet.lettering.families(name)
    axes.text(0, line, key, fontsize=SMALL, weight="bold", va="baseline", color=INK)
    axes.text(indent, line, name, fontsize=size, va="baseline", color=INK, family=families)
    axes.text(slot.width, line, count, fontsize=SMALL, va="baseline", ha="right", color=MUTED)
    axes.add_patch(Rectangle((0, line + 0.05), slot.width, 0.08, facecolor="#EBEBEB", linewidth=0))
    if not vote.windows:
        return
    bar = Rectangle(
        (0, line + 0.05), max(slot.width * vote.windows / total, 0.03), 0.08, facecolor=AGREES, linewidth=0
    )
    if index:
        bar.set(facecolor=to_rgba(DIFFERS, 0.55), edgecolor=DIFFERS, hatch="//////")
    axes.add_patch(bar)


def _facts(inspection: Inspection, verdict: Verdict) -> list[tuple[str, str]]:
    sweep, certificate = inspection.sweep, verdict.certificate
    assert sweep is not None
    places = f"{certificate.certified_places:,} of {certificate.locations.size:,}"
    return [
        ("Windows computed", f"{int(sweep.done.sum()):,} of {len(sweep.family):,}"),
        ("Windows without a SIN", f"{int(sweep.skipped.sum()):,}"),
        ("Smallest margin, in logits", "not computed" if sweep.base is None else f"{verdict.min_margin:.4g}"),
        ("Places certified", places if certificate.computed else "not computed"),
    ]
