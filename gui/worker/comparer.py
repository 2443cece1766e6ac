"""Runs the defenses on the photo that is shown, the cheap ones first, and tells how far it has come."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.defenses import DEFENSES, AnyDefense, Result, Subject, TableStore, make_defense
from engine.evaluation.plan import usual_knobs
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat
from gui.comparing import CompareRequest, CompareView, DefenseAnswer, DefenseLine, is_cheap
from gui.document import Document
from gui.worker.faults import problem_of
from gui.worker.inspectors import Inspectors
from gui.worker.photos import Photos

__all__ = ["Comparer"]

_KEPT_BYTES = 2**28  # of what the network said, on disk


class Comparer:
    """Serves one request after the other.

    Parameters
    ----------
    announce : callable
        Told what is being prepared, for the window to show.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        # As many as the live loop: the same answers to the last bit, and the same compiled tails.
        torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
        self._announce = announce
        self._inspectors = Inspectors(lambda model: announce(f"loading {model}"), most=1)
        self._photos = Photos()
        self._store = TableStore(limit=_KEPT_BYTES)
        self._subject: Subject | None = None
        self._spent = 0.0, 0  # seconds and passes of what was run on the subject

    def compare(self, request: CompareRequest, stop: Callable[[], bool]) -> Iterator[CompareView]:
        """What can run here, and then answer after answer.

        Defenses run that are wanted or cheap, and not known yet.

        Parameters
        ----------
        request : CompareRequest
        stop : callable
            Asked between batches of forward passes.

        Raises
        ------
        SinscopeError
            If model, photo, patch or settings do not fit.
        """
        document, settings = request.document, request.document.settings
        assert document.image is not None
        inspector = self._inspectors.get(settings)
        if stop():
            return
        subject = self._tested(inspector, settings)
        threat = PatchThreat.parse(settings.patch, inspector.classifier.preprocessing.input_size)
        usual = usual_knobs(settings)
        defenses = {name: make_defense(name, usual) for name in DEFENSES}
        self._announce("looking which defenses can run here")
        lines = []
        for defense in defenses.values():
            if stop():
                return
            lines.append(_line(defense, subject, threat, tuple(usual.get(defense.name, ()))))
        found = CompareView(request, tuple(lines), {}, {}, "", self._pace)
        yield found
        view = self._view(document, inspector)
        for line in sorted((line for line in lines if not line.refusal), key=lambda line: line.passes):
            if line.name in request.known:
                continue
            if line.name not in request.wanted and not is_cheap(line.passes, self._pace):
                continue
            if stop():
                break
            found = replace(found, running=line.name)
            yield found
            try:
                result = defenses[line.name](subject, view, threat, settings.label, stop)
            except Exception as error:  # the others may still answer
                sentence = problem_of(error, request.number).sentence
                found = replace(found, running="", failures={**found.failures, line.name: sentence})
                yield found
                continue
            if stop():
                break
            self._spent = self._spent[0] + result.seconds, self._spent[1] + result.passes
            answer = _answer(result, inspector.classifier.labels)
            found = replace(found, running="", answers={**found.answers, line.name: answer}, pace=self._pace)
            yield found
        yield replace(found, running="")

    @property
    def _pace(self) -> float | None:
        seconds, passes = self._spent
        return seconds / passes if passes else None

    def _tested(self, inspector: Inspector, settings: Settings) -> Subject:
        kept = self._subject
        asked = settings.backend, settings.precision
        if (
            kept is None
            or kept.inspector is not inspector
            or (kept.settings.backend, kept.settings.precision) != asked
        ):
            kept = self._subject = Subject(inspector, settings, self._store)
            self._spent = 0.0, 0
        return kept

    def _view(self, document: Document, inspector: Inspector) -> NDArray[np.uint8]:
        """The photo as the model sees it, with its patch."""
        assert document.image is not None
        clean = self._photos.get(document.image).seen_by(inspector.classifier.preprocessing)
        pasted = self._photos.pasted(document, clean)
        return clean if pasted is None else pasted[1].view


def _line(defense: AnyDefense, subject: Subject, threat: PatchThreat, knobs: tuple[str, ...]) -> DefenseLine:
    refusal = defense.refusal(subject, threat) or ""
    return DefenseLine(
        defense.name,
        defense.title,
        defense.kind,
        defense.requires,
        defense.citation,
        refusal,
        0 if refusal else defense.most_passes(subject, threat),
        ("rule", *knobs) if "tau" in knobs else knobs,
    )


def _answer(result: Result, labels: tuple[str, ...]) -> DefenseAnswer:
    certificate, label = result.certificate, result.prediction.label
    locations: NDArray[Any] = certificate.locations.astype(np.int32)
    locations.setflags(write=False)
    return DefenseAnswer(
        result.word,
        result.reason,
        labels[label] if label >= 0 else "",
        locations,
        certificate.computed,
        certificate.certified_places,
        certificate.locations.size,
        result.worst,
        result.passes,
        result.seconds,
        result.assumptions,
    )
