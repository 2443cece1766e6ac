"""Measured rows of a table, each beside what was published."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.defenses.registry import make_defense
from engine.defenses.result import Kind
from engine.evaluation.parts import Part, count
from engine.evaluation.rows import RowStore
from engine.evaluation.summary import Line
from engine.tables.lines import PaperTable
from engine.tables.published import Published, PublishedTable, published_table
from engine.threat import PatchThreat

__all__ = ["Compared", "compare"]


@dataclass(frozen=True)
class Compared:
    """One row of a table: what was published, and what was measured.

    Parameters
    ----------
    name, patch, threat : str
        In the table, and the patch in px.
    kind : str
    model, weights : str
    published : Published, optional
    line : Line, optional
        Counted from the rows; ``None`` if the defense cannot run.
    sentence : str
        Why not.
    """

    name: str
    patch: str
    threat: str
    kind: Kind
    model: str
    weights: str
    published: Published | None
    line: Line | None
    sentence: str = ""


def compare(table: PaperTable, kind_of_data: str, parts: Sequence[Part], rows: RowStore) -> tuple[Compared, ...]:
    """Count the rows, and put what was published beside them; in the table's order.

    Parameters
    ----------
    table : PaperTable
    kind_of_data : str
        Whose published rows: ``cifar10`` or ``imagenet``.
    parts : sequence of Part
    rows : RowStore
    """
    published = published_table(table.number)
    found: list[Compared] = []
    for part in parts:
        summary = count(part, rows, kind_of_data)
        lines = {line.defense: line for line in summary.lines} if summary else {}
        threat = str(part.plan.threat) if part.plan else ""
        weights = part.subject.classifier.weights_sha256 if part.subject else ""
        model = part.subject.classifier.name if part.subject else None
        share = _share(published, part)
        for line in part.lines:
            found.append(
                Compared(
                    line.name,
                    part.patch,
                    threat,
                    make_defense(line.defense).kind,
                    model or line.model,
                    weights,
                    published.row(line.name, kind_of_data, share),
                    lines.get(line.defense),
                    part.sentences.get(line.defense, ""),
                )
            )
    order = {line.name: index for index, line in enumerate(table.lines)}
    return tuple(sorted(found, key=lambda row: order[row.name]))


def _share(published: PublishedTable, part: Part) -> str:
    """The published size that a part's patch is, which may have been asked for in px."""
    if part.plan is None or part.subject is None:
        return part.patch
    size = part.subject.classifier.preprocessing.input_size
    shares = {row.patch for row in published.rows if row.patch is not None}
    same = (share for share in sorted(shares) if PatchThreat.parse(share, size) == part.plan.threat)
    return next(same, part.patch)
