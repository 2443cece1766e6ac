"""A table measured again: one evaluation for each model and patch, all in one set of rows, and rows compared."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.defenses import Subject, TableStore
from engine.defenses.registry import make_defense
from engine.defenses.result import Kind
from engine.errors import DefenseError, SinscopeError
from engine.evaluation.photos import LabelledPhoto, labelled_photos
from engine.evaluation.plan import Chosen, Plan, sort_defenses
from engine.evaluation.rows import RowStore
from engine.evaluation.run import Progress, evaluate
from engine.evaluation.summary import Line, summary_of
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.tables.limits import Limits
from engine.tables.lines import PaperTable, TableLine
from engine.tables.published import Published, published_table
from engine.threat import PatchThreat

__all__ = ["Compared", "Part", "compare", "measure", "prepare"]


@dataclass(frozen=True, eq=False)
class Part:
    """The lines of a table that share a model, a patch and photos: one evaluation.

    Parameters
    ----------
    lines : tuple of TableLine
    patch : str
        As the table names it.
    subject : Subject, optional
    plan : Plan, optional
    photos : tuple of LabelledPhoto
    sentences : dict
        By a line's defense, why it cannot run.
    """

    lines: tuple[TableLine, ...]
    patch: str
    subject: Subject | None
    plan: Plan | None
    photos: tuple[LabelledPhoto, ...]
    sentences: dict[str, str]


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


def prepare(
    table: PaperTable,
    data: Path,
    settings: Settings,
    load: Callable[[Settings], Inspector],
    patches: Sequence[str],
    limits: Limits,
    tables: TableStore | None = None,
) -> tuple[Part, ...]:
    """Load the models, and settle what there is to measure.

    A model that cannot be loaded leaves its rows empty, with the reason, and the others stand.

    Parameters
    ----------
    table : PaperTable
    data : Path
        Folder of labelled photos.
    settings : Settings
        Backend, precision and seed.
    load : callable
        From settings to the inspector of their model.
    patches : sequence of str
    limits : Limits
    tables : TableStore, optional

    Raises
    ------
    SinscopeError
        If no row can run, a patch does not fit, or photos do not say their classes.
    """
    grouped: dict[tuple[str, int | None], list[TableLine]] = {}
    for line in table.lines:
        grouped.setdefault((line.model, limits.of(line.defense)), []).append(line)
    parts: list[Part] = []
    fault: SinscopeError | None = None
    for (model, limit), lines in grouped.items():
        asked = replace(settings, model=model)
        try:
            subject = Subject(load(asked), asked, tables)
        except SinscopeError as error:
            fault = error
            parts += [_without(lines, patch, str(error)) for patch in patches]
            continue
        photos = tuple(labelled_photos(data, subject.classifier.labels, limit))
        parts += [_part(lines, patch, subject, asked, photos) for patch in patches]
    if not any(part.plan and part.plan.chosen for part in parts):
        sentence = next((sentence for part in parts for sentence in part.sentences.values()), "")
        raise fault or DefenseError(f"No row of Table {table.number} can run here: {sentence}")
    return tuple(parts)


def _without(lines: Sequence[TableLine], patch: str, sentence: str) -> Part:
    return Part(tuple(lines), patch, None, None, (), {line.defense: sentence for line in lines})


def _part(
    lines: Sequence[TableLine],
    patch: str,
    subject: Subject,
    settings: Settings,
    photos: tuple[LabelledPhoto, ...],
) -> Part:
    threat = PatchThreat.parse(patch, subject.classifier.preprocessing.input_size)
    chosen: list[Chosen] = []
    sentences: dict[str, str] = {}
    for line in lines:  # one at a time: two lines may be the same defense with other knobs
        plan = sort_defenses(subject, settings, [line.defense], threat)
        chosen += plan.chosen
        if plan.refused:
            sentences[line.defense] = plan.refused[0][1]
    return Part(tuple(lines), patch, subject, Plan(settings, threat, None, tuple(chosen), ()), photos, sentences)


def measure(
    parts: Sequence[Part],
    rows: RowStore,
    workers: int = 1,
    tables: Path | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Progress]:
    """Measure what is not measured yet.

    Parameters
    ----------
    parts : sequence of Part
    rows : RowStore
    workers, tables, stop
        As :func:`engine.evaluation.run.evaluate` takes them.

    Yields
    ------
    Progress
        Over the photos of all parts.
    """
    open_parts = [(part.plan, part.subject, part.photos) for part in parts if part.plan and part.plan.chosen]
    known = [_measured(plan, some, rows) for plan, _, some in open_parts]
    photos, done = sum(len(some) for *_, some in open_parts), sum(known)
    yield Progress(done, photos)
    for (plan, subject, some), before in zip(open_parts, known, strict=True):
        assert subject is not None  # wherever there is a plan
        done -= before
        of_part = 0
        for step in evaluate(plan, some, subject, rows, workers, tables, stop):
            of_part = step.done
            if step.photo:
                yield replace(step, done=done + of_part, photos=photos)
        done += of_part
        if stop is not None and stop():
            return


def _measured(plan: Plan, photos: Sequence[LabelledPhoto], rows: RowStore) -> int:
    """Photos that have all their rows, unless their files have changed."""
    keys = [one.key for one in plan.chosen]
    found = {(row.key, row.photo) for row in rows.read(keys)}
    return sum(all((key, photo.name) in found for key in keys) for photo in photos)


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
        lines = _lines(part, rows)
        threat = str(part.plan.threat) if part.plan else ""
        weights = part.subject.classifier.weights_sha256 if part.subject else ""
        for line in part.lines:
            found.append(
                Compared(
                    line.name,
                    part.patch,
                    threat,
                    make_defense(line.defense).kind,
                    line.model,
                    weights,
                    published.row(line.name, kind_of_data, part.patch),
                    lines.get(line.defense),
                    part.sentences.get(line.defense, ""),
                )
            )
    order = {line.name: index for index, line in enumerate(table.lines)}
    return tuple(sorted(found, key=lambda row: order[row.name]))


def _lines(part: Part, rows: RowStore) -> dict[str, Line]:
    if part.plan is None or part.subject is None:
        return {}
    mine = rows.read(one.key for one in part.plan.chosen)
    classifier = part.subject.classifier
    names = [photo.name for photo in part.photos]
    summary = summary_of(part.plan, mine, names, "", classifier.name, classifier.weights_sha256)
    return {line.defense: line for line in summary.lines}
