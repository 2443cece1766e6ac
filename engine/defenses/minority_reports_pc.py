"""Minority Reports with PatchCleanser's masks (PC-MR): few large masks, each with a say of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.defenses.base import Config, Defense, Tables, require
from engine.defenses.contradiction import contradiction, supported
from engine.defenses.masks import MaskFamily, covering_masks
from engine.defenses.result import Prediction, Proof
from engine.defenses.subject import NO_MASK, Subject
from engine.errors import CoverageError
from engine.predictions import read_logits
from engine.threat import PatchThreat

__all__ = ["MaskTables", "MinorityReportsPC", "MinorityReportsPCConfig"]


@dataclass(frozen=True)
class MinorityReportsPCConfig(Config):
    """Knobs of Minority Reports with PatchCleanser's masks.

    Parameters
    ----------
    masks : int
        Masks along each axis, at most.
    tau : float
        Confidence at or above which a contradiction is an alert.
    """

    masks: int = 6
    tau: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(2 <= self.masks <= 64, f"The photo is covered by 2 to 64 masks an axis, not {self.masks}; try 6.")
        require(0 <= self.tau <= 1, f"tau is a confidence between 0 and 1, not {self.tau:g}; try 0.5.")

    @classmethod
    def published(cls) -> Mapping[str, "MinorityReportsPCConfig"]:
        """36 masks, with the lowest threshold and with one that trades certificates for fewer false alerts."""
        return {"low": cls(tau=0.0), "mid": cls(tau=0.5)}


@dataclass(frozen=True, eq=False, kw_only=True)
class MaskTables(Tables):
    """Logits of the whole photo and under every mask; they serve every tau.

    Parameters
    ----------
    base : float32 array (1, K), read-only
    logits : float32 array (masks, K), read-only
    family : MaskFamily
    """

    base: NDArray[np.float32] = field(repr=False)
    logits: NDArray[np.float32] = field(repr=False)
    family: MaskFamily


class MinorityReportsPC(Defense[MinorityReportsPCConfig, MaskTables]):
    """An alert where the photo under some mask is, confidently, of another class than the whole photo."""

    name = "minority_reports_pc"
    title = "Minority Reports with PatchCleanser's masks"
    kind = "detection"
    citation = "Xiang, Mahloujifar, Mittal: PatchCleanser, USENIX Security 2022; McCoyd et al. 2020"
    requires = "It runs on any classifier; one trained with cutout answers best under masks."
    configuration = MinorityReportsPCConfig

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:  # noqa: ARG002
        """Where masks would hide the whole photo."""
        try:
            covering_masks(threat, self.config.masks)
        except CoverageError as error:
            return str(error)
        return None

    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:  # noqa: ARG002
        """One for the photo and one for each mask."""
        return 1 + len(covering_masks(threat, self.config.masks).masks)

    def tables(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        stop: Callable[[], bool] | None = None,
    ) -> MaskTables:
        """One forward pass for the photo and one for each mask."""
        family = covering_masks(threat, self.config.masks)
        found = subject.masked(view, [NO_MASK, *family.masks], "mean", stop)
        return MaskTables(
            passes=len(family.masks) + 1,
            complete=found.complete,
            guard=subject.guard,
            base=found.logits[:1],
            logits=found.logits[1:],
            family=family,
        )

    def predict(self, tables: MaskTables, threat: PatchThreat) -> Prediction:  # noqa: ARG002
        """The whole photo's class, unless a masked photo contradicts it."""
        base, masked = (read_logits(rows, tables.guard) for rows in (tables.base, tables.logits))
        return contradiction(base, masked, self.config.tau, tables.guard, tables.passes)

    def certify(self, tables: MaskTables, label: int, threat: PatchThreat) -> Proof:  # noqa: ARG002
        """Proved where some mask hides the patch and the photo under it is the label, confidently."""
        masked = read_logits(tables.logits, tables.guard)
        return supported(masked, label, self.config.tau, tables.guard, tables.family.cover)
