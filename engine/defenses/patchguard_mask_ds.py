"""PatchGuard's Mask-DS: robust masking of the confidences of column bands (Xiang et al. 2021)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.defenses.band_defense import BandConfig, BandDefense, BandTables
from engine.defenses.bands import cyclic_runs, touched_bands
from engine.defenses.base import require
from engine.defenses.cover import Cover
from engine.defenses.patchguard_mask_bn import masked_prediction, sure_windows
from engine.defenses.result import Prediction, Proof
from engine.defenses.window_algebra import robust_bounds, robust_scores
from engine.threat import PatchThreat

__all__ = ["MaskDS", "MaskDSConfig"]


@dataclass(frozen=True)
class MaskDSConfig(BandConfig):
    """Knobs of Mask-DS.

    Parameters
    ----------
    threshold : float
        T: a class loses its strongest run of bands if that holds more than this share of its evidence.
    """

    threshold: float = 0.0

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        super().__post_init__()
        require(
            0 <= self.threshold < 1, f"The threshold is a share of evidence below 1, not {self.threshold:g}; try 0."
        )

    @classmethod
    def published(cls) -> Mapping[str, "MaskDSConfig"]:
        """CIFAR-10's bands, and ImageNet's (for inputs of 299 px)."""
        return {"cifar": cls(band=4), "imagenet": cls(band=25)}


class MaskDS(BandDefense[MaskDSConfig]):
    """Robust masking on a ring: the evidence is each band's softmax, the windows are runs of bands that wrap."""

    name = "patchguard_mask_ds"
    title = "PatchGuard Mask-DS"
    citation = "Xiang, Bhagoji, Sehwag, Mittal: PatchGuard, USENIX Security 2021"
    configuration = MaskDSConfig

    def predict(self, tables: BandTables, threat: PatchThreat) -> Prediction:
        """The class of the highest masked score; the lowest index among equals."""
        runs, _ = _runs(tables, threat)
        scores = robust_scores(tables.confidences, runs, self.config.threshold)
        return masked_prediction(scores, tables.passes)

    def certify(self, tables: BandTables, label: int, threat: PatchThreat) -> Proof:
        """Proved where the label's lower bound is above every other class's upper bound.

        The runs that overlap the patch's are found on the ring, also where either wraps.
        """
        runs, cover = _runs(tables, threat)
        bounds = robust_bounds(tables.confidences, runs, self.config.threshold, label)
        # A sum over n bands moves by no more than their slack.
        slack = tables.slack.sum() / (1 - self.config.threshold)
        sure = sure_windows(bounds, tables.guard) & (bounds.margin > 2 * slack)
        return Proof(cover.count(sure), cover.best(bounds.margin))


def _runs(tables: BandTables, threat: PatchThreat) -> tuple[NDArray[np.bool_], Cover]:
    """Runs of as many bands as a patch touches at most, and the places whose touched bands each run holds."""
    bands = tables.bands
    touched = touched_bands(bands.width, bands.band, bands.stride, threat.width)
    runs = cyclic_runs(touched.shape[1], int(touched.sum(axis=1).max()))
    holds = np.asarray(~(touched[None, :, :] & ~runs[:, None, :]).any(axis=2))
    return runs, Cover(np.ones((1, threat.places[0]), dtype=bool), holds)
