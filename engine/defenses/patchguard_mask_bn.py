"""PatchGuard's Mask-BN: robust masking of a local-feature network's evidence (Xiang et al. 2021)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.defenses.base import Config, require
from engine.defenses.local_defense import EvidenceTables, LocalDefense
from engine.defenses.local_evidence import evidence_windows
from engine.defenses.result import Prediction, Proof
from engine.defenses.window_algebra import Bounds, robust_bounds, robust_scores
from engine.predictions import Guard
from engine.threat import PatchThreat

__all__ = ["MaskBN", "MaskingConfig", "masked_prediction", "sure_windows"]


@dataclass(frozen=True)
class MaskingConfig(Config):
    """Knobs of robust masking.

    Parameters
    ----------
    threshold : float
        T: a class loses its strongest window if that holds more than this share of its evidence.
    """

    threshold: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(
            0 <= self.threshold < 1, f"The threshold is a share of evidence below 1, not {self.threshold:g}; try 0."
        )

    @classmethod
    def published(cls) -> Mapping[str, "MaskingConfig"]:
        """The paper's: the strongest window always goes."""
        return {"paper": cls()}


class MaskBN(LocalDefense[MaskingConfig]):
    """Each class loses its strongest window of evidence, where a patch could be."""

    name = "patchguard_mask_bn"
    title = "PatchGuard Mask-BN"
    kind = "recovery"
    citation = "Xiang, Bhagoji, Sehwag, Mittal: PatchGuard, USENIX Security 2021"
    configuration = MaskingConfig

    def predict(self, tables: EvidenceTables, threat: PatchThreat) -> Prediction:
        """The class of the highest masked score; the lowest index among equals."""
        windows = evidence_windows(tables.evidence.rows, tables.evidence.columns, threat)
        scores = robust_scores(self._evidence(tables), windows.cells, self.config.threshold)
        return masked_prediction(scores, 1)

    def certify(self, tables: EvidenceTables, label: int, threat: PatchThreat) -> Proof:
        """Proved where the label's lower bound is above every other class's upper bound."""
        windows = evidence_windows(tables.evidence.rows, tables.evidence.columns, threat)
        bounds = robust_bounds(self._evidence(tables), windows.cells, self.config.threshold, label)
        sure = sure_windows(bounds, tables.guard)
        return Proof(windows.cover.count(sure), windows.cover.best(bounds.margin))

    @staticmethod
    def _evidence(tables: EvidenceTables) -> NDArray[np.float64]:
        return np.maximum(tables.finite, 0.0).reshape(-1, tables.classes)


def masked_prediction(scores: NDArray[np.float64], passes: int) -> Prediction:
    """The class of the highest masked score ``(K,)``; the lowest index among equals."""
    ordered = np.sort(scores)
    label = int(scores.argmax())
    return Prediction(label, label, True, float(ordered[-1] - ordered[-2]), passes, "Masked evidence decides.")


def sure_windows(bounds: Bounds, guard: Guard) -> NDArray[np.bool_]:
    """For which windows the label wins by more than arithmetic can take away, shape ``(windows,)``."""
    sure: NDArray[np.bool_] = (bounds.margin > 0) & (bounds.margin > guard.margin * np.abs(bounds.scale))
    return sure
