"""De-randomized smoothing (DS): votes of column bands or blocks (Levine & Feizi, NeurIPS 2020)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.defenses.band_defense import BandConfig, BandDefense, Bands, BandTables
from engine.defenses.bands import touched_bands
from engine.defenses.base import require
from engine.defenses.result import Prediction, Proof
from engine.threat import PatchThreat

__all__ = ["DerandomizedSmoothing", "SmoothingConfig"]


@dataclass(frozen=True)
class SmoothingConfig(BandConfig):
    """Knobs of de-randomized smoothing.

    Parameters
    ----------
    shape : str
        ``column`` bands, or square ``block`` s.
    vote : float
        A band votes for every class of at least this confidence, so perhaps for several or for none.
    location_aware : bool
        Count for each place of the patch the bands that it touches there, instead of the most it touches
        anywhere: proves more, and is not the published certificate.
    """

    shape: Literal["column", "block"] = "column"
    vote: float = 0.2
    location_aware: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        super().__post_init__()
        require(self.shape in ("column", "block"), f"shape cannot be {self.shape!r}; choose column or block.")
        require(0 < self.vote <= 1, f"A vote takes a confidence above 0 and up to 1, not {self.vote:g}; try 0.2.")

    @classmethod
    def published(cls) -> Mapping[str, "SmoothingConfig"]:
        """CIFAR-10's bands and blocks, and ImageNet's bands (for inputs of 299 px)."""
        return {"cifar": cls(band=4), "block": cls(band=4, shape="block"), "imagenet": cls(band=25)}


class DerandomizedSmoothing(BandDefense[SmoothingConfig]):
    """The class with the most votes of bands; a patch turns only the bands that show a part of it."""

    name = "derandomized_smoothing"
    title = "De-randomized smoothing"
    citation = "Levine, Feizi: (De)Randomized Smoothing for Certifiable Defense against Patch Attacks, NeurIPS 2020"
    configuration = SmoothingConfig

    def predict(self, tables: BandTables, threat: PatchThreat) -> Prediction:  # noqa: ARG002
        """The class with the most votes; the lowest index among equals."""
        counts = (tables.confidences >= self.config.vote).sum(axis=0)
        ordered = np.sort(counts)
        label = int(counts.argmax())
        margin = float(ordered[-1] - ordered[-2])
        return Prediction(label, label, True, margin, tables.passes, f"{int(ordered[-1])} bands vote for it.")

    def certify(self, tables: BandTables, label: int, threat: PatchThreat) -> Proof:
        """Proved where the lead is larger than what the touched bands can turn.

        Each touched band can take its vote from the label *and* give one to another class, so that a lead of
        twice their number suffices; at equality the lower index wins, as it does in :meth:`predict`. A vote
        that rounding could undo does not count for the label, and one that it could make counts for the others.
        """
        sure = tables.confidences[:, label] >= self.config.vote + tables.slack
        possible = tables.confidences >= self.config.vote - tables.slack[:, None]
        touched = _Touched(tables.bands, threat)
        lead = np.full(threat.places, np.inf)
        for other in range(tables.logits.shape[1]):
            if other == label:
                continue
            difference = sure.astype(np.int64) - possible[:, other].astype(np.int64)
            tie = 1 if other < label else 0
            if self.config.location_aware:
                kept = difference.sum() - touched.sums(difference)
                lead = np.minimum(lead, kept - touched.counts - tie)
            else:
                lead = np.minimum(lead, difference.sum() - 2 * touched.most - tie)
        return Proof((lead >= 0).astype(np.int64), lead)

    def _bands(self, height: int, width: int) -> Bands:
        config = self.config
        return Bands(config.shape, height, width, config.width(width), config.stride)


class _Touched:
    """The bands or blocks that a patch touches at each place."""

    def __init__(self, bands: Bands, threat: PatchThreat) -> None:
        columns = touched_bands(bands.width, bands.band, bands.stride, threat.width)
        if bands.shape == "block":
            rows = touched_bands(bands.height, bands.band, bands.stride, threat.height)
        else:
            rows = np.ones((threat.places[0], 1), dtype=bool)
        self._rows, self._columns = rows.astype(np.int64), columns.astype(np.int64)
        self.counts = np.outer(self._rows.sum(axis=1), self._columns.sum(axis=1))
        self.most = int(self.counts.max())

    def sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Sum of the bands' values over those touched, for each place."""
        grid = values.reshape(self._rows.shape[1], self._columns.shape[1])
        return np.asarray(self._rows @ grid @ self._columns.T, dtype=np.int64)
