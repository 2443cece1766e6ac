"""How two detectors fare against a patch that is trained to hide from them (Figure 1e)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.analysis.look import Look
from engine.analysis.results import frozen_array
from engine.analysis.sliding import window_sums
from engine.evaluation.metrics import Share
from engine.superficial import Superficial, sin_count
from engine.sweep import Sweep
from engine.threat import PatchThreat
from engine.verdict import Verdict

__all__ = [
    "ALERT_SHARE",
    "DENSITY_RATES",
    "Detection",
    "ImageDetection",
    "densest_share",
    "detection",
    "is_raised",
    "window_cells",
]

ALERT_SHARE = 0.9
# Top-ranking rates at which density is looked at: where SINs are many, every window is full of them.
DENSITY_RATES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


@dataclass(frozen=True, eq=False)
class ImageDetection:
    """What detectors and classifier say of one photo or copy.

    Parameters
    ----------
    density : float array (rates,)
        Largest share of a window's positions that hold a SIN, at each of ``DENSITY_RATES``.
    alert : bool array ()
        Whether the occlusion rule raises an alert, or cannot decide.
    full, base : int array ()
        Label of the undefended model, and of the pruned one.
    """

    density: NDArray[np.float64]
    alert: NDArray[np.bool_]
    full: NDArray[np.int64]
    base: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Detection:
    """Detection over a set of photos and of copies with several patches.

    Parameters
    ----------
    look : Look
    patches : tuple of str
        Names of the patches; the benign photos come before them in every array.
    alphas : float array (patches,), read-only
        Weight of the penalty that each was trained with (Eq. 6); 0 for a plain patch.
    target : int, optional
        The label that the patches are to bring about.
    labels : int array (photos,), read-only
        The class of each photo.
    density : float array (1 + patches, photos, rates), read-only
    alert : bool array (1 + patches, photos), read-only
    full, base : int array (1 + patches, photos), read-only
    """

    look: Look
    patches: tuple[str, ...]
    alphas: NDArray[np.float64]
    target: int | None
    labels: NDArray[np.int64] = field(repr=False)
    density: NDArray[np.float64] = field(repr=False)
    alert: NDArray[np.bool_] = field(repr=False)
    full: NDArray[np.int64] = field(repr=False)
    base: NDArray[np.int64] = field(repr=False)

    @property
    def images(self) -> int:
        """Number of photos."""
        return len(self.labels)

    def by_density(self, copy: int, rate: int) -> Share:
        """Photos on which the SIN-density detector raises an alert; copy 0 is benign: false alerts."""
        return _share(self.density[copy, :, rate] > ALERT_SHARE)

    def by_occlusion(self, copy: int) -> Share:
        """Photos on which the occlusion rule raises an alert; copy 0 is benign: false alerts."""
        return _share(self.alert[copy])

    def success(self, patch: int) -> Share:
        """Photos on which a patch does what it is for to the undefended model."""
        return _share(*self._attacked(patch, self.full))

    def unseen(self, patch: int) -> Share:
        """Photos on which a patch does what it is for to the pruned model, and the occlusion rule is silent."""
        fooled, among = self._attacked(patch, self.base)
        return _share(fooled & ~self.alert[1 + patch], among)

    def _attacked(self, patch: int, said: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Photos that a patch fools, and those that it could: not of its target, or without one, answered rightly."""
        if self.target is None:
            among = np.asarray(said[0] == self.labels)
            return np.asarray(said[1 + patch] != self.labels) & among, among
        among = np.asarray(self.labels != self.target)
        return np.asarray(said[1 + patch] == self.target) & among, among

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """For a NPZ file."""
        named = {name: getattr(self, name) for name in ("alphas", "labels", "density", "alert", "full", "base")}
        return {"rates": np.array(DENSITY_RATES), **named}

    def rows(self) -> Iterator[dict[str, object]]:
        """For a CSV file: one a patch, the benign photos first."""
        for copy, name in enumerate(("benign", *self.patches)):
            row: dict[str, object] = {
                "patch": name,
                "alpha": self.alphas[copy - 1] if copy else "",
                "photos": self.images,
            }
            for rate, value in enumerate(DENSITY_RATES):
                row[f"density_alerts_at_{value:g}"] = self.by_density(copy, rate).hits
            row["occlusion_alerts"] = self.by_occlusion(copy).hits
            for what in ("success", "unseen"):
                share = getattr(self, what)(copy - 1) if copy else None
                row |= {what: share.hits if share else "", f"{what}_of": share.images if share else ""}
            yield row


def window_cells(threat: PatchThreat, shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width in cells of the largest window that a patch fills on a map ``(C, H, W)``, at least 1."""
    return (
        max(1, math.floor(threat.height * shape[1] / threat.input_height)),
        max(1, math.floor(threat.width * shape[2] / threat.input_width)),
    )


def densest_share(state: Superficial, count: int, window: tuple[int, int]) -> float:
    """Largest share of a window's positions that hold at least one of the ``count`` top SINs, over all places.

    Of SINs that tie for the last places, those in the most important cells count, as for the clusters.

    Parameters
    ----------
    state : Superficial
    count : int
    window : (int, int)
        Height and width in cells.
    """
    positions = state.positions(count)
    held = np.zeros(state.heatmap.shape, dtype=bool)
    held[positions[:, 0], positions[:, 1]] = True
    return float(window_sums(held, *window).max()) / (window[0] * window[1])


def densities(state: Superficial, window: tuple[int, int]) -> NDArray[np.float64]:
    """:func:`densest_share` at each of ``DENSITY_RATES``, shape ``(rates,)``."""
    return frozen_array(
        np.array([densest_share(state, sin_count(state.neurons, rate), window) for rate in DENSITY_RATES])
    )


def is_raised(sweep: Sweep, verdict: Verdict) -> bool:
    """Whether the windows so far raise an alert that no further window can take back.

    So it is with the rule ``consistency`` once one window contradicts a base prediction, and neither is in doubt.
    """
    clear = verdict.windows.clear & verdict.base.clear[0]
    return verdict.rule == "consistency" and bool((verdict.firing[sweep.done] & clear).any())


def detection(
    look: Look,
    patches: Sequence[tuple[str, float]],
    target: int | None,
    labels: NDArray[np.int64],
    copies: Sequence[Sequence[ImageDetection]],
) -> Detection:
    """Detection over a set.

    Parameters
    ----------
    look : Look
    patches : sequence of (name, alpha)
    target, labels
        As in :class:`Detection`.
    copies : for the benign photos and then for each patch, for each photo
    """
    gathered = {
        name: frozen_array(np.array([[getattr(image, name) for image in photos] for photos in copies]))
        for name in ("density", "alert", "full", "base")
    }
    alphas = frozen_array(np.array([alpha for _, alpha in patches], dtype=np.float64))
    return Detection(look, tuple(name for name, _ in patches), alphas, target, frozen_array(labels), **gathered)


def _share(hits: NDArray[np.bool_], among: NDArray[np.bool_] | None = None) -> Share:
    return Share(int(hits.sum()), len(hits) if among is None else int(among.sum()))
