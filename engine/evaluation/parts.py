"""Defenses over a data set, each on the model made for it: one evaluation for each model, all in one set of rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.defenses import Subject, TableStore
from engine.errors import DefenseError, SinscopeError
from engine.evaluation.executors import Executor
from engine.evaluation.limits import Limits
from engine.evaluation.photos import LabelledPhoto, labelled_photos
from engine.evaluation.plan import Chosen, Plan, sort_defenses
from engine.evaluation.rows import RowStore
from engine.evaluation.run import Progress, evaluate
from engine.evaluation.summary import Summary, summary_of
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat

__all__ = ["DefenseLine", "Part", "count", "measure", "prepare"]


@dataclass(frozen=True)
class DefenseLine:
    """A defense and the model that it is measured on.

    Parameters
    ----------
    name : str
        What the line is called, such as the paper's table calls it.
    defense : str
        As ``evaluate --defense`` takes it.
    model : str
    """

    name: str
    defense: str
    model: str


@dataclass(frozen=True, eq=False)
class Part:
    """Lines that share a model, a patch and photos: one evaluation.

    Parameters
    ----------
    lines : tuple of DefenseLine
    patch : str
        As it was asked for.
    subject : Subject, optional
    plan : Plan, optional
    photos : tuple of LabelledPhoto
    sentences : dict
        By a line's defense, why it cannot run.
    """

    lines: tuple[DefenseLine, ...]
    patch: str
    subject: Subject | None
    plan: Plan | None
    photos: tuple[LabelledPhoto, ...]
    sentences: dict[str, str]


def prepare(
    lines: Sequence[DefenseLine],
    data: Path,
    settings: Settings,
    load: Callable[[Settings], Inspector],
    patches: Sequence[str],
    limits: Limits,
    tables: TableStore | None = None,
) -> tuple[Part, ...]:
    """Load the models, and settle what there is to measure.

    A model that cannot be loaded leaves its lines empty, with the reason, and the others stand.

    Parameters
    ----------
    lines : sequence of DefenseLine
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
        If no defense can run, a patch does not fit, or photos do not say their classes.
    """
    grouped: dict[tuple[str, int | None], list[DefenseLine]] = {}
    for line in lines:
        grouped.setdefault((line.model, limits.of(line.defense)), []).append(line)
    parts: list[Part] = []
    fault: SinscopeError | None = None
    for (model, limit), some in grouped.items():
        asked = replace(settings, model=model)
        try:
            subject = Subject(load(asked), asked, tables)
        except SinscopeError as error:
            fault = error
            parts += [_without(some, patch, str(error)) for patch in patches]
            continue
        photos = tuple(labelled_photos(data, subject.classifier.labels, limit))
        parts += [_part(some, patch, subject, asked, photos) for patch in patches]
    if not any(part.plan and part.plan.chosen for part in parts):
        sentence = next((sentence for part in parts for sentence in part.sentences.values()), "")
        raise fault or DefenseError(f"No defense that was asked for can run here: {sentence}")
    return tuple(parts)


def _without(lines: Sequence[DefenseLine], patch: str, sentence: str) -> Part:
    return Part(tuple(lines), patch, None, None, (), {line.defense: sentence for line in lines})


def _part(
    lines: Sequence[DefenseLine],
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
    executor: Executor | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Progress]:
    """Measure what is not measured yet.

    Parameters
    ----------
    parts : sequence of Part
    rows : RowStore
    executor, stop
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
        for step in evaluate(plan, some, subject, rows, executor, stop):
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


def count(part: Part, rows: RowStore, data: str) -> Summary | None:
    """The rows of a part counted; ``None`` if there is nothing that runs."""
    if part.plan is None or part.subject is None or not part.plan.chosen:
        return None
    classifier = part.subject.classifier
    mine = rows.read(one.key for one in part.plan.chosen)
    names = [photo.name for photo in part.photos]
    return summary_of(part.plan, mine, names, data, classifier.name, classifier.weights_sha256)
