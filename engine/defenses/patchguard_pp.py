"""PatchGuard++: masked evidence that contradicts the prediction gives a patch away (Xiang & Mittal 2021)."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.defenses.base import Config, require
from engine.defenses.contradiction import contradiction, supported
from engine.defenses.local_defense import EvidenceTables, LocalDefense
from engine.defenses.local_evidence import Windows, evidence_windows
from engine.defenses.result import Prediction, Proof
from engine.defenses.window_algebra import outside_sums
from engine.predictions import Predictions, read_logits
from engine.threat import PatchThreat

__all__ = ["PatchGuardPP", "PatchGuardPPConfig"]


@dataclass(frozen=True)
class PatchGuardPPConfig(Config):
    """Knobs of PatchGuard++.

    Parameters
    ----------
    tau : float
        Confidence at or above which a contradiction is an alert; 0 makes clean and certified accuracy equal.
    """

    tau: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(0 <= self.tau <= 1, f"tau is a confidence between 0 and 1, not {self.tau:g}; try 0.5.")

    @classmethod
    def published(cls) -> Mapping[str, "PatchGuardPPConfig"]:
        """The lowest threshold, and those of the examples in its public code."""
        return {"low": cls(tau=0.0), "mid": cls(tau=0.5), "high": cls(tau=0.7)}


class PatchGuardPP(LocalDefense[PatchGuardPPConfig]):
    """An alert where the evidence without some window says, confidently, another class."""

    name = "patchguard_pp"
    title = "PatchGuard++"
    kind = "detection"
    citation = "Xiang, Mittal: PatchGuard++, ICLR 2021 workshop on security and safety in ML"
    configuration = PatchGuardPPConfig

    def predict(self, tables: EvidenceTables, threat: PatchThreat) -> Prediction:
        """The class of the highest mean evidence, unless a window's absence contradicts it."""
        _, masked = self._masked(tables, threat)
        total = tables.finite.reshape(-1, tables.classes).mean(axis=0)
        return contradiction(read_logits(total[None], tables.guard), masked, self.config.tau, tables.guard, 1)

    def certify(self, tables: EvidenceTables, label: int, threat: PatchThreat) -> Proof:
        """Proved where the evidence without the window says the label with confidence of at least tau."""
        windows, masked = self._masked(tables, threat)
        return supported(masked, label, self.config.tau, tables.guard, windows.cover)

    @staticmethod
    def _masked(tables: EvidenceTables, threat: PatchThreat) -> tuple[Windows, Predictions]:
        windows = evidence_windows(tables.evidence.rows, tables.evidence.columns, threat)
        values = tables.finite.reshape(-1, tables.classes)
        # By all cells and not by those that are left: it sets the temperature of the softmax.
        return windows, read_logits(outside_sums(values, windows.cells) / len(values), tables.guard)
