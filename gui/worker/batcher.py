"""Evaluates photos for the window: the command line's mechanism, with the work in processes of low priority."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.classifiers import Classifier
from engine.datasets.named import data_folder
from engine.defenses import DEFENSES, Subject
from engine.errors import ImageError
from engine.evaluation.executors import Processes
from engine.evaluation.photos import LabelledPhoto, labelled_photos, plain_photos
from engine.evaluation.plan import Plan, make_plan, sort_defenses, without_labels
from engine.evaluation.report import write_report
from engine.evaluation.rows import RowStore
from engine.evaluation.run import Progress, evaluate
from engine.evaluation.summary import summary_of
from engine.outputs import make_folder
from engine.threat import PatchThreat
from gui.batching import BatchRequest, BatchSurvey, BatchView, Offer
from gui.worker.batch_lines import Lines, sums_of
from gui.worker.inspectors import Inspectors

__all__ = ["Batcher"]

_FRAME = 0.25  # seconds between what is told
_SHARE = 20  # counting all rows anew may take one part in so many of the time

Stop = Callable[[], bool]


class Batcher:
    """Serves one request after the other.

    Parameters
    ----------
    announce : callable
        Told what is being prepared, for the window to show.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._inspectors = Inspectors(lambda model: announce(f"loading {model}"), most=1)

    def serve(self, request: BatchRequest, stop: Stop) -> Iterator[BatchSurvey | BatchView]:
        """Look at what can be done, or do it and tell how it goes.

        Parameters
        ----------
        request : BatchRequest
        stop : callable
            Once it says yes, what is finished is kept and reported.

        Raises
        ------
        SinscopeError
            If model, photos, settings or folder do not fit.
        """
        inspector = self._inspectors.get(request.settings)
        if stop():
            return
        classifier, settings = inspector.classifier, request.settings
        photos, why_not = _photos(request, classifier)
        threat = PatchThreat.parse(settings.patch, classifier.preprocessing.input_size)
        subject = Subject(inspector, settings)
        is_labelled = photos[0].label is not None
        if not request.defenses:
            offers = _offers(request, subject, threat, photos, is_labelled)
            if not stop():
                yield BatchSurvey(request, len(photos), is_labelled, why_not, offers)
            return
        self._announce("looking at the photos")
        plan = make_plan(subject, settings, request.defenses, threat)
        plan = plan if is_labelled else without_labels(plan)
        yield from _run(request, plan, photos, classifier, stop)


def _run(
    request: BatchRequest, plan: Plan, photos: list[LabelledPhoto], classifier: Classifier, stop: Stop
) -> Iterator[BatchView]:
    out = Path(request.out)
    tables = out / "tables"
    make_folder(tables)
    store = RowStore(out / "rows")
    keys = [one.key for one in plan.chosen]
    names = [photo.name for photo in photos]
    lines = Lines(plan, photos, classifier.labels)
    lines.add(store.read(keys))
    told = _Telling(request, plan, lines, names)
    for progress in evaluate(plan, photos, None, store, Processes(request.workers, tables, gentle=True), stop):
        lines.add(progress.rows)
        if told.take(progress):
            yield told.view()
    rows = store.read(keys)
    reports: Sequence[Path] = ()
    if rows:
        summary = summary_of(plan, rows, names, request.data, classifier.name, classifier.weights_sha256)
        reports = write_report(summary, out)
    yield told.view(tuple(str(path) for path in reports))


class _Telling:
    """How far it has come, and when that is to be told."""

    def __init__(self, request: BatchRequest, plan: Plan, lines: Lines, names: Sequence[str]) -> None:
        self._request, self._plan, self._lines, self._names = request, plan, lines, names
        self._progress = Progress(0, len(names))
        self._before: int | None = None
        self._began = self._shown = self._counted = time.monotonic()
        self._cost = 0.0
        self._sums = sums_of(plan, lines.rows(), names)
        self._faults: list[str] = []

    def take(self, progress: Progress) -> bool:
        """Whether this progress is to be shown."""
        self._progress = progress
        now = time.monotonic()
        if self._before is None:
            self._before, self._began = progress.done, now
        if progress.fault:
            self._faults.append(progress.fault)
        if now - self._shown < _FRAME and progress.photo:
            return False
        self._shown = now
        return True

    def view(self, reports: tuple[str, ...] = ()) -> BatchView:
        """What is to be shown."""
        now = time.monotonic()
        if reports or now - self._counted >= _SHARE * self._cost:
            self._sums = sums_of(self._plan, self._lines.rows(), self._names)
            self._counted = time.monotonic()
            self._cost = self._counted - now
        progress = self._progress
        return BatchView(
            self._request,
            self._plan.labelled,
            progress.done,
            progress.photos,
            progress.done - (self._before or 0),
            now - self._began,
            self._lines.told,
            len(self._lines.told),
            tuple(self._faults),
            self._sums,
            reports,
        )


def _photos(request: BatchRequest, classifier: Classifier) -> tuple[list[LabelledPhoto], str]:
    """The photos, with labels if they are wanted and can be told; and if not, why."""
    folder = data_folder(request.data)
    if not request.wants_labels:
        return plain_photos(folder, request.limit), ""
    try:
        return labelled_photos(folder, classifier.labels, request.limit), ""
    except ImageError as error:
        return plain_photos(folder, request.limit), str(error)


def _offers(
    request: BatchRequest,
    subject: Subject,
    threat: PatchThreat,
    photos: Sequence[LabelledPhoto],
    is_labelled: bool,
) -> tuple[Offer, ...]:
    """Every defense, whether it can run here, and how many photos it has answered already."""
    plan = sort_defenses(subject, request.settings, list(DEFENSES), threat)
    refusals, kept = dict(plan.refused), _kept(request, plan, photos, is_labelled)
    return tuple(
        Offer(name, row.title, row.kind, row.requires, refusals.get(row.title, ""), kept.get(name, 0))
        for name, row in DEFENSES.items()
    )


def _kept(request: BatchRequest, plan: Plan, photos: Sequence[LabelledPhoto], is_labelled: bool) -> dict[str, int]:
    """How many photos each defense has answered already, by name."""
    rows = Path(request.out) / "rows"
    if not rows.is_dir():
        return {}
    plan = plan if is_labelled else without_labels(plan)
    names = {one.key: one.text for one in plan.chosen}
    wanted = {photo.name for photo in photos}
    count = dict.fromkeys(names.values(), 0)
    for row in RowStore(rows).read(names):
        count[names[row.key]] += row.photo in wanted
    return count
