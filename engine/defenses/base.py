"""The contract of every certified defense: the base validates, times and checks; a defense has tables and rules."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.backends import Computation
from engine.classifiers import Classifier
from engine.defenses.result import ALERT, Kind, Prediction, Proof, Result
from engine.defenses.subject import Subject
from engine.errors import DefenseError, SettingsError
from engine.predictions import Guard
from engine.threat import PatchThreat
from engine.verdict import Certificate, Word

__all__ = ["Config", "Defense", "Tables", "require"]

Stop = Callable[[], bool] | None


@dataclass(frozen=True)
class Config:
    """The knobs of a defense; a frozen dataclass that refuses values out of range."""

    @classmethod
    def published(cls) -> Mapping[str, "Config"]:
        """The settings of the paper or of its public code, by a short name."""
        return {}


def require(holds: bool, sentence: str) -> None:
    """Refuse a knob's value.

    Raises
    ------
    SettingsError
    """
    if not holds:
        raise SettingsError(sentence)


@dataclass(frozen=True, eq=False, kw_only=True)
class Tables:
    """What the network says of one photo; prediction and certificate follow from it without the network.

    Parameters
    ----------
    passes : int
        Forward passes it stands for, whether they were run now or kept from before.
    complete : bool
        Whether all that prediction and certificate need is there; not where it was stopped.
    guard : Guard
        How close to a tie is too close for the arithmetic that was used.
    """

    passes: int
    complete: bool = True
    guard: Guard = field(default_factory=Guard)


AnyTables = TypeVar("AnyTables", bound=Tables)
AnyConfig = TypeVar("AnyConfig", bound=Config)


class Defense(ABC, Generic[AnyConfig, AnyTables]):
    """A certified defense: configuration in the constructor, data in the call.

    Attributes
    ----------
    name, title : str
        In the registry, and for people.
    kind : str
        ``recovery`` (certified: the output is the label) or ``detection`` (the label or an alert).
    citation : str
    requires : str
        What it needs of a classifier, one sentence.
    configuration : type
        Its :class:`Config`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[Kind]
    citation: ClassVar[str]
    requires: ClassVar[str]
    configuration: ClassVar[type[Config]]

    def __init__(self, config: AnyConfig | None = None) -> None:
        self.config: AnyConfig = config if config is not None else self.configuration()  # type: ignore[assignment]
        if type(self.config) is not self.configuration:
            raise SettingsError(f"{self.title} is configured by {self.configuration.__name__}, not {self.config!r}.")

    def configured(self, **knobs: Any) -> "Defense[AnyConfig, AnyTables]":
        """The same defense with other knobs.

        Raises
        ------
        SettingsError
            If one of them is out of range.
        """
        return type(self)(replace(self.config, **knobs))

    # What a defense writes.

    def computation(self, subject: Subject) -> Computation:
        """What its passes are run by; it changes where memory runs out."""
        return subject.computation

    def classifier(self, subject: Subject) -> Classifier:
        """The network whose passes decide."""
        return subject.classifier

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:  # noqa: ARG002
        """Why it cannot run on this classifier, one sentence with a remedy; ``None`` if it can."""
        return None

    def prepare(self, subject: Subject) -> None:
        """Make ready what does not depend on the photo, such as a compiled backend; its time is not counted."""
        subject.prepare()

    @abstractmethod
    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:
        """Forward passes that prediction and certificate take at most, known before any is run."""

    @abstractmethod
    def tables(self, subject: Subject, view: NDArray[np.uint8], threat: PatchThreat, stop: Stop = None) -> AnyTables:
        """The network's work for one photo ``(H, W, 3)``; ends early, incomplete, once ``stop`` says yes."""

    @abstractmethod
    def predict(self, tables: AnyTables, threat: PatchThreat) -> Prediction:
        """What the defended classifier answers."""

    @abstractmethod
    def certify(self, tables: AnyTables, label: int, threat: PatchThreat) -> Proof:
        """At which places of the patch the answer is proved to be the label (detection: or an alert)."""

    def assumptions(self) -> tuple[str, ...]:
        """What a certificate rests on besides the threat, one sentence each."""
        return ()

    # What every caller uses.

    def __call__(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        label: int | None = None,
        stop: Stop = None,
    ) -> Result:
        """Defend one photo and certify the answer.

        Parameters
        ----------
        subject : Subject
        view : uint8 array (H, W, 3)
            In the model's input space.
        threat : PatchThreat
        label : int, optional
            The label to certify; the prediction's if ``None``.
        stop : callable, optional
            Asked between batches; once it says yes, the answer is ``undecided``.

        Raises
        ------
        DefenseError
            If it cannot run on this classifier.
        SettingsError
            If there is no such label, or photo and threat are not of the classifier's input size.
        """
        subject.check(view, threat, label)
        if sentence := self.refusal(subject, threat):
            raise DefenseError(f"{self.title} cannot run here: {sentence}")
        self.prepare(subject)
        started, saved = time.perf_counter(), subject.saved
        tables = self.tables(subject, view, threat, stop)
        result = self.judge(tables, threat, label)
        return replace(result, seconds=time.perf_counter() - started + subject.saved - saved)

    def judge(self, tables: AnyTables, threat: PatchThreat, label: int | None = None) -> Result:
        """Prediction and certificate from tables, without the network.

        Raises
        ------
        RuntimeError
            If a label is certified and another one answered: inference and certificate then do not share a rule.
        """
        started = time.perf_counter()
        if not tables.complete:
            prediction = Prediction(ALERT, ALERT, False, 0.0, 0, "Stopped before the network had said enough.")
        else:
            prediction = self.predict(tables, threat)
        asked = prediction.label if label is None else label
        computed = tables.complete and asked >= 0
        proof = self.certify(tables, asked, threat) if computed else _nothing(threat)
        certificate = Certificate(asked, label is not None, proof.locations, computed)
        self._check(prediction, certificate)
        word, reason = _word(prediction, certificate, self.kind, threat)
        return Result(
            self.name,
            self.kind,
            word,
            reason,
            prediction,
            certificate,
            proof.worst,
            float(proof.margins[proof.worst]),
            tables.passes,
            time.perf_counter() - started,
            threat,
            self.assumptions(),
            proof.claimed,
        )

    def _check(self, prediction: Prediction, certificate: Certificate) -> None:
        allowed = (certificate.label, ALERT) if self.kind == "detection" else (certificate.label,)
        if certificate.holds and prediction.output not in allowed:
            raise RuntimeError(
                f"{self.title} certified class {certificate.label} and answered {prediction.output}: "
                f"its inference and its certificate do not share a rule"
            )


def _nothing(threat: PatchThreat) -> Proof:
    return Proof(np.zeros(threat.places, dtype=np.int64), np.full(threat.places, -np.inf))


def _word(prediction: Prediction, certificate: Certificate, kind: Kind, threat: PatchThreat) -> tuple[Word, str]:
    if not prediction.decided:
        return "undecided", prediction.reason
    if prediction.output == ALERT:
        return "alert", prediction.reason
    if certificate.holds:
        or_alert = " or an alert is raised" if kind == "detection" else ""
        return "certified", (
            f"Wherever one patch of {threat.height} x {threat.width} px is put on this photo, the output stays this "
            f"label{or_alert}."
        )
    weak = certificate.locations.size - certificate.certified_places
    return "consistent", f"{prediction.reason} {weak} of {certificate.locations.size} places are not certified."
