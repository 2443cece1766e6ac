"""Minority Reports (MR): occlude everywhere, and let neighbouring occlusions vote (McCoyd et al. 2020)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.defenses.band_defense import confidences
from engine.defenses.base import Config, Defense, Tables, require
from engine.defenses.contradiction import contradiction, supported
from engine.defenses.masks import OcclusionGrid, occlusion_grid
from engine.defenses.result import Prediction, Proof
from engine.defenses.subject import NO_MASK, Subject
from engine.errors import CoverageError
from engine.predictions import Guard, Predictions, read_logits
from engine.threat import PatchThreat

__all__ = ["MinorityReports", "MinorityReportsConfig", "OcclusionTables", "read_votes"]

_STEPS = 28  # occlusions along an axis that the step is chosen for; 32 px with a patch of 5 px have a step of 1


@dataclass(frozen=True)
class MinorityReportsConfig(Config):
    """Knobs of Minority Reports.

    Parameters
    ----------
    grid : str
        ``sound``: occlusions start outside the photo, so that every place of the patch is hidden by all that
        vote somewhere. ``paper``: they start at its edge, and patches near the border are not; for comparison,
        never a certificate there.
    votes : int
        Occlusions a side of the neighbourhood that votes together: 3 for 3 x 3, 1 for each on its own.
    stride : int
        Step between occlusions in px; 0 takes the smallest that needs at most 28 along an axis.
    tau : float
        Confidence, as a share of the highest that a vote can have, at or above which a contradiction is an alert.
    """

    grid: Literal["sound", "paper"] = "sound"
    votes: int = 3
    stride: int = 0
    tau: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(self.grid in ("sound", "paper"), f"grid cannot be {self.grid!r}; choose sound or paper.")
        require(1 <= self.votes <= 8, f"Votes are taken by 1 to 8 occlusions a side, not {self.votes}; try 3.")
        require(self.stride >= 0, f"Occlusions cannot be {self.stride} px apart; give at least 1, or 0 to choose.")
        require(0 <= self.tau <= 1, f"tau is a confidence between 0 and 1, not {self.tau:g}; try 0.5.")

    @classmethod
    def published(cls) -> Mapping[str, "MinorityReportsConfig"]:
        """The paper's 3 x 3 votes at every pixel, on the sound grid and on its own."""
        return {"cifar": cls(stride=1), "paper": cls(stride=1, grid="paper")}

    def occlusions(self, threat: PatchThreat) -> OcclusionGrid:
        """The grid for a threat."""
        free = max(threat.places) - 1
        stride = self.stride or max(1, -(-free // (_STEPS - 1)))
        return occlusion_grid(threat, stride, self.votes - 1, self.grid == "sound")


@dataclass(frozen=True, eq=False, kw_only=True)
class OcclusionTables(Tables):
    """Logits of the whole photo and of every occlusion; they serve every tau.

    Parameters
    ----------
    base : float32 array (1, K), read-only
    logits : float32 array (occlusions, K), read-only
    grid : OcclusionGrid
    """

    base: NDArray[np.float32] = field(repr=False)
    logits: NDArray[np.float32] = field(repr=False)
    grid: OcclusionGrid

    @cached_property
    def votes(self) -> Predictions:
        """The votes of every neighbourhood."""
        return read_votes(self.logits, self.grid, self.guard)


class MinorityReports(Defense[MinorityReportsConfig, OcclusionTables]):
    """An alert where a neighbourhood of occlusions agrees, confidently, on another class than the whole photo's."""

    name = "minority_reports"
    title = "Minority Reports"
    kind = "detection"
    citation = "McCoyd et al.: Minority Reports Defense, ACNS workshops 2020"
    requires = "It runs on any classifier; one trained with random occlusions answers best under them."
    configuration = MinorityReportsConfig

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:  # noqa: ARG002
        """Where occlusions leave too little of the photo."""
        try:
            self.config.occlusions(threat)
        except CoverageError as error:
            return str(error)
        return None

    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:  # noqa: ARG002
        """One for the photo and one for each occlusion."""
        return 1 + len(self.config.occlusions(threat).masks)

    def tables(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        stop: Callable[[], bool] | None = None,
    ) -> OcclusionTables:
        """One forward pass for the photo and one for each occlusion."""
        grid = self.config.occlusions(threat)
        found = subject.masked(view, [NO_MASK, *grid.masks], "mean", stop)
        return OcclusionTables(
            passes=len(grid.masks) + 1,
            complete=found.complete,
            guard=subject.guard,
            base=found.logits[:1],
            logits=found.logits[1:],
            grid=grid,
        )

    def predict(self, tables: OcclusionTables, threat: PatchThreat) -> Prediction:  # noqa: ARG002
        """The whole photo's class, unless a vote contradicts it."""
        base = read_logits(tables.base, tables.guard)
        return contradiction(base, tables.votes, self.config.tau, tables.guard, tables.passes)

    def certify(self, tables: OcclusionTables, label: int, threat: PatchThreat) -> Proof:  # noqa: ARG002
        """Proved where all occlusions of some vote hide the patch, and that vote says the label confidently."""
        votes = tables.votes
        proof = supported(votes, label, self.config.tau, tables.guard, tables.grid.cover)
        if tables.grid.cover.everywhere:
            return proof
        claimed = bool(((votes.label == label) & (votes.confidence >= self.config.tau)).all())
        return Proof(proof.locations, proof.margins, claimed)

    def assumptions(self) -> tuple[str, ...]:
        """What a certificate rests on."""
        if self.config.grid == "paper":
            return ("The paper's grid does not hide patches near the border: nothing is certified there.",)
        return ()


def read_votes(logits: NDArray[np.float32], grid: OcclusionGrid, guard: Guard) -> Predictions:
    """The votes of every neighbourhood of occlusions.

    For each class the confidences of the neighbours are added and the smallest is left out; the sum is divided by
    the most that it can be, so that unanimous certainty has confidence 1 whatever their number.

    Parameters
    ----------
    logits : float32 array (occlusions, K)
    grid : OcclusionGrid
    guard : Guard
    """
    shares, slack = confidences(logits, guard)
    usable = np.isfinite(logits).all(axis=1)
    size = grid.votes
    near = sliding_window_view(shares.reshape(*grid.shape, -1), (size, size), axis=(0, 1))
    votes = near.sum(axis=(-2, -1))
    if size > 1:
        votes = (votes - near.min(axis=(-2, -1))) / (size * size - 1)
    doubt = sliding_window_view(slack.reshape(grid.shape), (size, size)).max(axis=(-2, -1))
    whole = sliding_window_view(usable.reshape(grid.shape), (size, size)).all(axis=(-2, -1))
    return _as_predictions(votes.reshape(-1, votes.shape[-1]), 2 * doubt.ravel(), whole.ravel())


def _as_predictions(votes: NDArray[np.float64], slack: NDArray[np.float64], usable: NDArray[np.bool_]) -> Predictions:
    runner_up, top = np.sort(votes, axis=1)[:, -2:].T
    label = np.where(usable, votes.argmax(axis=1), -1)
    margin = np.where(usable, top - runner_up, 0.0)
    found = Predictions(label, np.where(usable, top, 0.0), margin, usable & (margin >= 2 * slack), slack)
    for array in (found.label, found.confidence, found.margin, found.clear, found.slack):
        array.setflags(write=False)
    return found
