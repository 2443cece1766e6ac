"""Every defense on one photo as it passes between the window and the thread that runs them."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gui.document import Document

__all__ = [
    "CompareRequest",
    "CompareView",
    "DefenseAnswer",
    "DefenseLine",
    "ShownPlaces",
    "answer_key",
    "is_cheap",
    "line_key",
    "photo_key",
]

_MODEL = ("model", "weights", "input_size", "mean", "std", "labels", "seed")
_SHARED = ("patch", "label", "backend", "precision")
_FEW_PASSES = 64  # run unasked even before anybody knows how long a pass takes
_CHEAP_SECONDS = 2.0


@dataclass(frozen=True)
class CompareRequest:
    """Answers that are asked for.

    Parameters
    ----------
    number : int
        Later ones have larger ones.
    document : Document
    known : frozenset of str
        Defenses whose answers are there already.
    wanted : frozenset of str
        Defenses to run whatever they cost.
    """

    number: int
    document: Document
    known: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DefenseLine:
    """What is known of a defense before it is run.

    Parameters
    ----------
    name, title : str
    kind : str
        ``recovery`` or ``detection``.
    needs : str
        What it needs of a classifier, one sentence.
    citation : str
    refusal : str
        Why it cannot run on this model and patch; empty if it can.
    passes : int
        Forward passes at most; 0 where it cannot run.
    knobs : tuple of str
        The settings that decide its answer, beside those that decide every answer.
    """

    name: str
    title: str
    kind: str
    needs: str
    citation: str
    refusal: str
    passes: int
    knobs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DefenseAnswer:
    """What a defense answers; see :class:`engine.defenses.Result`.

    Parameters
    ----------
    word, reason : str
    label : str
        Name of the class that it leans to; empty if there is none.
    locations : int array (places down, places across), read-only
        In how many ways each place of the patch is proved.
    computed : bool
        Whether all that the proof needs was computed.
    certified, places : int
        Places that are proved, of so many.
    worst : (int, int)
        The place, row and column, where the proof is weakest.
    passes : int
    seconds : float
    assumptions : tuple of str
    """

    word: str
    reason: str
    label: str
    locations: NDArray[np.int32] = field(repr=False)
    computed: bool
    certified: int
    places: int
    worst: tuple[int, int]
    passes: int
    seconds: float
    assumptions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CompareView:
    """How far a request has come.

    Parameters
    ----------
    request : CompareRequest
    lines : tuple of DefenseLine
    answers : mapping of str to DefenseAnswer
        Those of this request, by defense.
    failures : mapping of str to str
        Sentences, by defense.
    running : str
        The defense that is at work; empty if none.
    pace : float, optional
        Seconds that a forward pass takes here; ``None`` before the first were measured.
    """

    request: CompareRequest
    lines: tuple[DefenseLine, ...]
    answers: Mapping[str, DefenseAnswer]
    failures: Mapping[str, str]
    running: str
    pace: float | None


@dataclass(frozen=True, eq=False)
class ShownPlaces:
    """A location map to be shown in the place of the verdict's.

    Parameters
    ----------
    title : str
        The defense it belongs to.
    locations : int array (places down, places across)
    computed : bool
    """

    title: str
    locations: NDArray[np.int32] = field(repr=False)
    computed: bool


def photo_key(document: Document) -> Hashable:
    """Photo, patch on it and model: an answer to others says nothing here, not even what was the case before."""
    return document.image, _patch(document), *_values(document, _MODEL)


def answer_key(document: Document, line: DefenseLine) -> Hashable:
    """Everything of a document that decides a defense's answer."""
    return line.name, photo_key(document), *_values(document, (*_SHARED, *line.knobs))


def line_key(document: Document, line: DefenseLine) -> Hashable:
    """Everything of a document that decides whether a defense can run, and in how many passes."""
    return _values(document, (*_MODEL, "patch", "backend", "precision", *line.knobs))


def is_cheap(passes: int, pace: float | None) -> bool:
    """Whether a defense is run unasked."""
    return passes <= _FEW_PASSES or (pace is not None and passes * pace <= _CHEAP_SECONDS)


def _values(document: Document, knobs: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(document.settings, knob) for knob in knobs)


def _patch(document: Document) -> Hashable:
    return (document.patch, document.placement) if document.patch is not None and document.patch_on else None
