"""What is evaluated, settled before the first photo: which defenses run, which do not and why, and what is left."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.cache import digest
from engine.defenses import AnyDefense, Subject, make_defense
from engine.defenses.registry import DEFENSES
from engine.defenses.scalecert import SHARED_KNOBS
from engine.errors import DefenseError
from engine.evaluation.photos import LabelledPhoto
from engine.evaluation.rows import Row
from engine.settings import Settings
from engine.threat import PatchThreat

__all__ = [
    "Chosen",
    "Job",
    "Plan",
    "agrees",
    "asked_for",
    "make_plan",
    "open_jobs",
    "sort_defenses",
    "without_labels",
]

_VERSION = 1
ALL = "all"


@dataclass(frozen=True)
class Chosen:
    """A defense that is evaluated.

    Parameters
    ----------
    text : str
        As it was asked for.
    key : str
        Digest of all that decides its rows besides the photo.
    """

    text: str
    key: str


@dataclass(frozen=True)
class Plan:
    """An evaluation.

    Parameters
    ----------
    settings : Settings
        Model, backend, and ScaleCert's knobs.
    threat : PatchThreat
    photo_size : (int, int), optional
        Height and width that every photo must have, where the patch is meant on the photo.
    chosen : tuple of Chosen
    refused : tuple of (name, sentence)
        Defenses that cannot run on this model, and why.
    labelled : bool
        Whether photos have labels; without, each defense certifies its own answer.
    """

    settings: Settings
    threat: PatchThreat
    photo_size: tuple[int, int] | None
    chosen: tuple[Chosen, ...]
    refused: tuple[tuple[str, str], ...]
    labelled: bool = True

    def defense(self, chosen: Chosen) -> AnyDefense:
        """One of its defenses."""
        return make_defense(chosen.text, usual_knobs(self.settings))


@dataclass(frozen=True)
class Job:
    """A photo and the defenses that it still needs.

    Parameters
    ----------
    photo : LabelledPhoto
    chosen : tuple of Chosen
    """

    photo: LabelledPhoto
    chosen: tuple[Chosen, ...]


def usual_knobs(settings: Settings) -> Mapping[str, Mapping[str, Any]]:
    """Knobs that the settings hold for the defenses: all of ScaleCert's, and tau wherever there is one.

    Consistency listens to every contradiction, and so do the others at a tau of 0: one rule for all.
    """
    tau = 0.0 if settings.rule == "consistency" else settings.tau
    usual: dict[str, Mapping[str, Any]] = {
        name: {"tau": tau} for name, row in DEFENSES.items() if "tau" in row.configuration.__dataclass_fields__
    }
    usual["scalecert"] = {name: getattr(settings, name) for name in SHARED_KNOBS}
    return usual


def asked_for(defenses: Sequence[str], settings: Settings) -> list[tuple[str, AnyDefense]]:
    """The defenses behind some texts, or behind ``all``; this needs no model.

    Raises
    ------
    DefenseError
        If none is named, one does not exist, or is asked for twice.
    SettingsError
        If a knob is out of range.
    """
    if not defenses:
        raise DefenseError(f"No defense is named; choose from {', '.join(DEFENSES)}, or all.")
    if ALL in defenses and len(defenses) > 1:
        raise DefenseError("all takes every defense already; name it alone, or the defenses that you want.")
    asked: list[tuple[str, AnyDefense]] = []
    for text in list(DEFENSES) if list(defenses) == [ALL] else defenses:
        defense = make_defense(text, usual_knobs(settings))
        if any((other.name, other.config) == (defense.name, defense.config) for _, other in asked):
            raise DefenseError(f"{text} is asked for twice; name each defense and setting once.")
        asked.append((text, defense))
    return asked


def make_plan(
    subject: Subject,
    settings: Settings,
    defenses: Sequence[str],
    threat: PatchThreat,
    photo_size: tuple[int, int] | None = None,
) -> Plan:
    """A plan that leaves something to do.

    Raises
    ------
    DefenseError
        As :func:`sort_defenses`, and if none of them can run.
    SettingsError
        If a knob is out of range.
    """
    plan = sort_defenses(subject, settings, defenses, threat, photo_size)
    if not plan.chosen:
        title, sentence = plan.refused[0]
        raise DefenseError(f"No defense that was asked for can run here: {title}: {sentence}")
    return plan


def sort_defenses(
    subject: Subject,
    settings: Settings,
    defenses: Sequence[str],
    threat: PatchThreat,
    photo_size: tuple[int, int] | None = None,
) -> Plan:
    """Sort the defenses that were asked for into those that run on this classifier and those that do not.

    Raises
    ------
    DefenseError, SettingsError
        As :func:`asked_for`.
    """
    chosen: list[Chosen] = []
    refused: list[tuple[str, str]] = []
    for text, defense in asked_for(defenses, settings):
        if sentence := defense.refusal(subject, threat):
            refused.append((defense.title, sentence))
            continue
        chosen.append(Chosen(text, _key(subject, threat, defense)))
    return Plan(settings, threat, photo_size, tuple(chosen), tuple(refused))


def without_labels(plan: Plan) -> Plan:
    """The same plan for photos without labels; its rows are kept apart, for they say something else."""
    chosen = tuple(Chosen(one.text, _unlabelled(one.key)) for one in plan.chosen)
    return replace(plan, chosen=chosen, labelled=False)


def agrees(plan: Plan, subject: Subject) -> bool:
    """Whether a classifier that was loaded elsewhere is the one that the plan was made for."""
    keys = [(_key(subject, plan.threat, plan.defense(one)), one.key) for one in plan.chosen]
    return all((own if plan.labelled else _unlabelled(own)) == key for own, key in keys)


def _unlabelled(key: str) -> str:
    return digest(key, "without labels")


def open_jobs(plan: Plan, photos: Sequence[LabelledPhoto], rows: Sequence[Row]) -> list[Job]:
    """What is left to do: a job for each photo that lacks a row of some defense, or is another file by now."""
    done = {(row.key, row.photo): row.sha256 for row in rows}
    jobs = []
    for photo in photos:
        known = {done.get((one.key, photo.name)) for one in plan.chosen} - {None}
        current = known == {file_digest(photo.path)} if known else False
        missing = [one for one in plan.chosen if not current or (one.key, photo.name) not in done]
        if missing:
            jobs.append(Job(photo, tuple(missing)))
    return jobs


def file_digest(path: Path) -> str | None:
    """SHA-256 of a file; ``None`` if it cannot be read, which is said when its turn comes."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _key(subject: Subject, threat: PatchThreat, defense: AnyDefense) -> str:
    classifier = defense.classifier(subject)
    return digest(
        _VERSION,
        classifier.title,
        classifier.weights_sha256,
        classifier.preprocessing,
        threat,
        defense.name,
        defense.config,
        subject.settings.backend,
        subject.settings.precision,
    )
