"""What a defense answers: its prediction, the places of the patch it proves, and both together."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.threat import PatchThreat
from engine.verdict import Certificate, Word

__all__ = ["ALERT", "Kind", "Prediction", "Proof", "Result"]

# recovery: certified means the output is the label; detection: the label or an alert.
Kind = Literal["recovery", "detection"]

ALERT = -1  # the output of a detection that alerts, and of any defense that cannot answer


@dataclass(frozen=True)
class Prediction:
    """What the defended classifier answers to one image.

    Parameters
    ----------
    label : int
        The class that it leans to; -1 if a logit it rests on is not finite.
    output : int
        The class, or ``ALERT``.
    decided : bool
        ``False`` where arithmetic, and not the network, decides whether there is an alert.
    margin : float
        By how much the answer is ahead of the next one, in the defense's own unit.
    passes : int
        Forward passes that inference takes.
    reason : str
        One sentence.
    """

    label: int
    output: int
    decided: bool
    margin: float
    passes: int
    reason: str


@dataclass(frozen=True, eq=False)
class Proof:
    """For which places of the patch a label is proved.

    Parameters
    ----------
    locations : int array (H - ph + 1, W - pw + 1), read-only
        In how many ways each place (top-left corner) is proved; 0 is not certified.
    margins : float array of that shape, read-only
        By how much, in the defense's own unit; -inf where nothing bears on the place.
    claimed : bool, optional
        What a published criterion says that proves less than it claims; ``None`` where there is none.
    """

    locations: NDArray[np.int64] = field(repr=False)
    margins: NDArray[np.float64] = field(repr=False)
    claimed: bool | None = None

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.locations, self.margins):
            array.setflags(write=False)

    @property
    def worst(self) -> tuple[int, int]:
        """The place (row, column) that is proved in the fewest ways and, among these, by the least margin."""
        weakest = np.where(self.locations == self.locations.min(), self.margins, np.inf)
        row, column = np.unravel_index(int(weakest.argmin()), weakest.shape)
        return int(row), int(column)


@dataclass(frozen=True, eq=False)
class Result:
    """The answer of one defense for one photo.

    Parameters
    ----------
    defense, kind : str
        Name in the registry; ``recovery`` or ``detection``.
    word, reason : str
        As in :class:`engine.verdict.Verdict`. A recovery never alerts.
    prediction : Prediction
    certificate : Certificate
        About the label that was asked for, else the prediction's.
    worst : (int, int)
        The place of the patch, row and column, where the proof is weakest.
    min_margin : float
        The margin there.
    passes : int
        Forward passes that prediction and certificate take together.
    seconds : float
        What they took; for tables kept from before, what these took when they were made.
    threat : PatchThreat
        Patch and the space it lives in.
    assumptions : tuple of str
        What the certificate rests on, one sentence each.
    claimed : bool, optional
        See :class:`Proof`; never a certificate.
    """

    defense: str
    kind: Kind
    word: Word
    reason: str
    prediction: Prediction
    certificate: Certificate
    worst: tuple[int, int]
    min_margin: float
    passes: int
    seconds: float
    threat: PatchThreat
    assumptions: tuple[str, ...]
    claimed: bool | None = None

    @property
    def output(self) -> int:
        """The class that is answered on this photo, or ``ALERT``."""
        return self.prediction.output

    @property
    def silent(self) -> bool:
        """Whether a class is answered."""
        return self.prediction.output != ALERT

    @property
    def patch_space(self) -> str:
        """The space in which the patch has its size."""
        return self.threat.patch_space
