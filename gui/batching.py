"""An evaluation as it passes between the window and the thread that watches over it: plain values and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.settings import Settings

__all__ = [
    "OUTCOMES",
    "Answer",
    "BatchRequest",
    "BatchSurvey",
    "BatchView",
    "Offer",
    "PhotoLine",
    "ShareView",
    "Sums",
]

# What a cell of the table can say, the best first; wrong: silent, and not the label.
OUTCOMES = ("certified", "consistent", "wrong", "alert", "undecided")


@dataclass(frozen=True)
class BatchRequest:
    """An evaluation that was asked for, or a look at what one could do.

    Parameters
    ----------
    number : int
        Later ones have larger ones.
    data : str
        A folder of photos, or a data set's name.
    limit : int, optional
        At most so many photos, spread evenly.
    wants_labels : bool
        Whether labels are told from names where they can be.
    settings : Settings
        Model, patch, and the defenses' knobs.
    out : str
        The folder for rows and report.
    defenses : tuple of str
        By their names; none for a look at what could be done.
    workers : int
        Processes.
    """

    number: int
    data: str
    limit: int | None
    wants_labels: bool
    settings: Settings
    out: str
    defenses: tuple[str, ...] = ()
    workers: int = 1


@dataclass(frozen=True)
class Offer:
    """A defense and whether it can run.

    Parameters
    ----------
    name, title : str
    kind : str
        ``recovery`` or ``detection``.
    needs : str
        What it needs of a classifier, one sentence.
    refusal : str
        Why it cannot run on this model and patch; empty if it can.
    kept : int
        Photos that it has answered already.
    """

    name: str
    title: str
    kind: str
    needs: str
    refusal: str
    kept: int = 0


@dataclass(frozen=True)
class BatchSurvey:
    """What an evaluation could do.

    Parameters
    ----------
    request : BatchRequest
    photos : int
        With the limit.
    is_labelled : bool
    why_not : str
        Why labels cannot be told, in a sentence; empty if they can, or were not asked for.
    offers : tuple of Offer
    """

    request: BatchRequest
    photos: int
    is_labelled: bool
    why_not: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class Answer:
    """What a defense says of a photo.

    Parameters
    ----------
    outcome : str
        One of ``OUTCOMES``.
    detail : str
        More of it, in some words.
    """

    outcome: str
    detail: str


@dataclass(frozen=True)
class PhotoLine:
    """A photo of the table.

    Parameters
    ----------
    photo : str
        Its name in the data's folder.
    path : str
    label : str
        Its class; without labels, what the undefended model says.
    answers : mapping of str to Answer
        By defense.
    """

    photo: str
    path: str
    label: str
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class ShareView:
    """A share with its 95 % interval, all in [0, 1]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Sums:
    """The measures of a defense so far.

    Parameters
    ----------
    defense, title : str
    kind : str
        ``recovery`` or ``detection``: the two promise different things.
    photos : int
        That it has answered.
    shares : mapping of str to ShareView
        By the names of ``engine.evaluation.metrics.METRICS``.
    passes, ms : float
        Means over the photos.
    """

    defense: str
    title: str
    kind: str
    photos: int
    shares: Mapping[str, ShareView]
    passes: float
    ms: float


@dataclass(frozen=True, eq=False)
class BatchView:
    """How far an evaluation has come.

    Parameters
    ----------
    request : BatchRequest
    is_labelled : bool
    done, photos : int
    fresh : int
        Photos that were done in this run.
    seconds : float
        Since the first of them could begin.
    lines : sequence of PhotoLine
        Grows; a later line of a photo stands in the place of the earlier one.
    count : int
        How many of the lines belong to this view.
    faults : tuple of str
        Photos that could not be read, a sentence each.
    sums : tuple of Sums
    reports : tuple of str
        Files of the report, once it is written.
    """

    request: BatchRequest
    is_labelled: bool
    done: int
    photos: int
    fresh: int
    seconds: float
    lines: Sequence[PhotoLine] = field(repr=False)
    count: int
    faults: tuple[str, ...]
    sums: tuple[Sums, ...]
    reports: tuple[str, ...] = ()

    @property
    def partial(self) -> int:
        """Photos that some, but not all, of the defenses have answered."""
        newest = {line.photo: line for line in self.lines[: self.count]}
        return sum(len(line.answers) < len(self.request.defenses) for line in newest.values())

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at the pace so far; ``None`` while there is none."""
        return self.seconds / self.fresh * (self.photos - self.done) if self.fresh else None
