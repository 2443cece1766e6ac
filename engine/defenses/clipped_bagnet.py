"""Clipped BagNet (CBN): bounded class evidence of local features (Zhang et al. 2020)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.defenses.base import Config, require
from engine.defenses.local_defense import EvidenceTables, LocalDefense
from engine.defenses.local_evidence import evidence_windows
from engine.defenses.result import Prediction, Proof
from engine.defenses.window_algebra import outside_sums
from engine.threat import PatchThreat

__all__ = ["ClippedBagNet", "ClippedBagNetConfig"]


@dataclass(frozen=True)
class ClippedBagNetConfig(Config):
    """Knobs of Clipped BagNet.

    Parameters
    ----------
    clip : str
        ``tanh``: evidence becomes ``tanh(0.05 L - 1)``. ``range``: it is clipped to [0, ``top``].
    top : float
    """

    clip: Literal["tanh", "range"] = "tanh"
    top: float = 15.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(self.clip in ("tanh", "range"), f"clip cannot be {self.clip!r}; choose tanh or range.")
        require(0 < self.top < np.inf, f"Evidence is clipped to [0, top], and top cannot be {self.top:g}; try 15.")

    @classmethod
    def published(cls) -> Mapping[str, "ClippedBagNetConfig"]:
        """Both modes of PatchGuard's code."""
        return {"tanh": cls(), "range": cls(clip="range")}


class ClippedBagNet(LocalDefense[ClippedBagNetConfig]):
    """Mean of clipped evidence; a patch moves a class by at most the range of what its window holds."""

    name = "clipped_bagnet"
    title = "Clipped BagNet"
    kind = "recovery"
    citation = "Zhang, Yuan, McCoyd, Wagner: Clipped BagNet, DLS 2020; mode and constants as in PatchGuard's code"
    configuration = ClippedBagNetConfig

    def predict(self, tables: EvidenceTables, threat: PatchThreat) -> Prediction:  # noqa: ARG002
        """The class of the highest mean of clipped evidence; the lowest index among equals."""
        scores = self._clipped(tables).reshape(-1, tables.classes).mean(axis=0)
        ordered = np.sort(scores)
        label = int(scores.argmax())
        return Prediction(label, label, True, float(ordered[-1] - ordered[-2]), 1, "Clipped evidence decides.")

    def certify(self, tables: EvidenceTables, label: int, threat: PatchThreat) -> Proof:
        """Proved where **every** other class stays behind though the window is turned against the label.

        Inside, the attacker drives the label to the bottom of the range and another class to its top: a gap of
        the whole range a cell. Outside, the evidence is what it is. The runner-up is not always the class that
        comes closest; all are compared.
        """
        windows = evidence_windows(tables.evidence.rows, tables.evidence.columns, threat)
        outside = outside_sums(self._clipped(tables).reshape(-1, tables.classes), windows.cells)
        gap = outside[:, [label]] - outside
        gap[:, label] = np.inf
        swing = self._span * windows.size[0] * windows.size[1]
        margin = gap.min(axis=1) - swing
        sure = margin > tables.guard.margin * np.maximum(np.abs(outside).max(axis=1), swing)
        return Proof(windows.cover.count(sure), windows.cover.best(margin))

    def _clipped(self, tables: EvidenceTables) -> NDArray[np.float64]:
        values = tables.finite
        if self.config.clip == "tanh":
            return np.tanh(0.05 * values - 1.0)
        return np.clip(values, 0.0, self.config.top)

    @property
    def _span(self) -> float:
        return 2.0 if self.config.clip == "tanh" else self.config.top
