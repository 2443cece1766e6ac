"""Rows of an evaluation turned into what the window shows: a line a photo, and the measures of each defense."""

from collections.abc import Iterable, Sequence

from engine.evaluation.metrics import Share
from engine.evaluation.photos import LabelledPhoto
from engine.evaluation.plan import Plan
from engine.evaluation.rows import Row
from engine.evaluation.summary import summary_of
from gui.batching import Answer, PhotoLine, ShareView, Sums

__all__ = ["Lines", "sums_of"]


class Lines:
    """The photos that have been answered, a line each; told again where more is known.

    Parameters
    ----------
    plan : Plan
    photos : sequence of LabelledPhoto
    labels : sequence of str
        The model's class names.
    """

    def __init__(self, plan: Plan, photos: Sequence[LabelledPhoto], labels: Sequence[str]) -> None:
        self._labels, self._is_labelled = labels, plan.labelled
        self._names = {one.key: one.text for one in plan.chosen}
        self._paths = {photo.name: photo.path for photo in photos}
        self._rows: dict[str, dict[str, Row]] = {}
        self.told: list[PhotoLine] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows in, those of other photos left out."""
        touched: dict[str, None] = {}
        for row in rows:
            if row.photo in self._paths:
                self._rows.setdefault(row.photo, {})[row.key] = row
                touched[row.photo] = None
        self.told += [self._line(photo) for photo in touched]

    def rows(self) -> list[Row]:
        """All of them."""
        return [row for rows in self._rows.values() for row in rows.values()]

    def _line(self, photo: str) -> PhotoLine:
        rows = self._rows[photo]
        first = next(iter(rows.values()))
        label = first.label if self._is_labelled else first.vanilla
        answers = {name: self._answer(rows[key]) for key, name in self._names.items() if key in rows}
        return PhotoLine(photo, str(self._paths[photo]), self._name(label), answers)

    def _answer(self, row: Row) -> Answer:
        is_wrong = self._is_labelled and row.word == "consistent" and not row.clean
        said = f"answers {self._name(row.output)}" if row.output >= 0 else f"leans to {self._name(row.prediction)}"
        proved = f"{row.certified_places} of {row.places} places of the patch are certified"
        detail = f"{said}; {proved}; {row.passes} passes, {row.seconds:.2g} s"
        return Answer("wrong" if is_wrong else row.word, detail)

    def _name(self, label: int) -> str:
        return self._labels[label] if label >= 0 else "no class"


def sums_of(plan: Plan, rows: Sequence[Row], names: Iterable[str]) -> tuple[Sums, ...]:
    """The measures of each defense over the photos that it has answered."""
    summary = summary_of(plan, rows, names, "", "", "")
    return tuple(
        Sums(
            line.defense,
            line.title,
            line.kind,
            line.images,
            {metric: _share(share) for metric, share in line.shares.items()},
            line.passes,
            line.ms,
        )
        for line in summary.lines
    )


def _share(share: Share) -> ShareView:
    return ShareView(share.value, *share.interval)
