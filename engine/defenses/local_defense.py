"""What the defenses on local features share: one forward pass, and the evidence of every cell."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.defenses.base import Config, Defense, Tables
from engine.defenses.local_evidence import NEEDS, LocalEvidence
from engine.defenses.subject import Subject
from engine.defenses.window_algebra import finite
from engine.threat import PatchThreat

__all__ = ["EvidenceTables", "LocalDefense"]

AnyConfig = TypeVar("AnyConfig", bound=Config)


@dataclass(frozen=True, eq=False, kw_only=True)
class EvidenceTables(Tables):
    """Class evidence of one photo; serves every patch and threshold.

    Parameters
    ----------
    evidence : LocalEvidence
    """

    evidence: LocalEvidence

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.evidence.values.shape[2])

    @cached_property
    def finite(self) -> NDArray[np.float64]:
        """Evidence ``(Fh, Fw, K)`` in float64, finite."""
        return finite(self.evidence.values)


class LocalDefense(Defense[AnyConfig, EvidenceTables]):
    """A defense on the class evidence of local features."""

    requires = f"It needs {NEEDS}."

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:  # noqa: ARG002
        """Why the classifier is no local-feature network."""
        layer = subject.evidence_layer
        return layer if isinstance(layer, str) else None

    def prepare(self, subject: Subject) -> None:
        """Nothing: the evidence does not take a backend."""

    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:  # noqa: ARG002
        """One."""
        return 1

    def tables(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,  # noqa: ARG002
        stop: Callable[[], bool] | None = None,  # noqa: ARG002
    ) -> EvidenceTables:
        """One forward pass; there is nothing to stop."""
        return EvidenceTables(passes=1, guard=subject.guard, evidence=subject.evidence(view))

    def assumptions(self) -> tuple[str, ...]:
        """What a certificate rests on."""
        return ("Each cell of the evidence sees only the pixels of its receptive field, as it was probed.",)
