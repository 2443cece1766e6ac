"""Whether a prediction stays when the densest window of SINs is moved out (Figure 1d)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.analysis.look import Look
from engine.analysis.results import frozen_array
from engine.analysis.sliding import densest_window
from engine.backends import Backend
from engine.classifiers.footprint import Footprints
from engine.evaluation.metrics import Share
from engine.selection import MaskedInput, apply_mask, select
from engine.settings import Selection
from engine.superficial import Superficial
from engine.windows import window_at

__all__ = ["ImageStability", "PredictionStability", "image_stability", "predict", "prediction_stability"]

MODELS = ("pruned", "full")


@dataclass(frozen=True, eq=False)
class ImageStability:
    """Predictions of one photo with and without its densest window.

    Parameters
    ----------
    whole, moved : int array (2,)
        Label of the pruned and of the full model, before and after.
    box_px : int array (4,)
        Top, left, bottom, right of the pixels that the window hides.
    """

    whole: NDArray[np.int64]
    moved: NDArray[np.int64]
    box_px: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PredictionStability:
    """Stability over a set of photos and their patched copies.

    Parameters
    ----------
    look : Look
    labels : int array (photos,), read-only
        The class of each photo.
    target : int, optional
        The label that the patch is to bring about.
    benign, patched : (whole, moved) int arrays (photos, 2), read-only
        Labels of the pruned and the full model, before and after.
    covered : float array (photos,), read-only
        Share of the patch's pixels that the patched copy's densest window hides.
    """

    look: Look
    labels: NDArray[np.int64] = field(repr=False)
    target: int | None
    benign: tuple[NDArray[np.int64], NDArray[np.int64]] = field(repr=False)
    patched: tuple[NDArray[np.int64], NDArray[np.int64]] = field(repr=False)
    covered: NDArray[np.float64] = field(repr=False)

    def benign_stays(self, model: int) -> Share:
        """Of the benign photos predicted correctly, those whose prediction stays."""
        whole, moved = (labels[:, model] for labels in self.benign)
        return _share(whole == moved, whole == self.labels)

    def patched_stays(self, model: int, fooled: bool = False) -> Share:
        """Of the patched copies, or of those that the patch fooled, those whose prediction stays."""
        whole, moved = (labels[:, model] for labels in self.patched)
        return _share(whole == moved, self.fooled(model) if fooled else np.ones(len(whole), dtype=bool))

    def recovers(self, model: int) -> Share:
        """Of the copies that the patch fooled, those whose photo's class comes back."""
        return _share(self.patched[1][:, model] == self.labels, self.fooled(model))

    def fooled(self, model: int) -> NDArray[np.bool_]:
        """Copies on which the patch does what it is for: the target, or without one, a right answer gone wrong."""
        whole = self.patched[0][:, model]
        if self.target is None:
            return np.asarray((whole != self.labels) & (self.benign[0][:, model] == self.labels))
        return np.asarray((whole == self.target) & (self.labels != self.target))

    @property
    def found(self) -> Share:
        """Copies whose densest window hides at least half of the patch."""
        return Share(int((self.covered >= 0.5).sum()), len(self.covered))

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """For a NPZ file; columns are the pruned and the full model."""
        arrays: dict[str, NDArray[np.generic]] = {"labels": self.labels, "covered": self.covered}
        for name, (whole, moved) in {"benign": self.benign, "patched": self.patched}.items():
            arrays |= {f"{name}_whole": whole, f"{name}_moved": moved}
        return arrays

    def rows(self) -> Iterator[dict[str, object]]:
        """For a CSV file: one a model and group of photos."""
        for index, model in enumerate(MODELS):
            groups = {
                "benign, right": self.benign_stays(index),
                "patched": self.patched_stays(index),
                "patched, fooled": self.patched_stays(index, fooled=True),
                "patched, fooled, class comes back": self.recovers(index),
            }
            for name, share in groups.items():
                low, high = share.interval
                yield {
                    "model": model,
                    "photos": name,
                    "stays": share.hits,
                    "of": share.images,
                    "share": share.value,
                    "low": low,
                    "high": high,
                }


def predict(state: Superficial, masks: Sequence[MaskedInput], backend: Backend) -> NDArray[np.float32]:
    """Logits ``(masks, K)`` of some inputs of the tail."""
    rows = []
    for start in range(0, len(masks), backend.batch):
        batch = masks[start : start + backend.batch]
        apply_mask(state, batch, backend.inputs())
        rows.append(backend.run()[: len(batch)].copy())
    return np.concatenate(rows)


def image_stability(
    state: Superficial, count: int, side: int, footprints: Footprints, backend: Backend, selection: Selection
) -> ImageStability:
    """Move the window with the most SINs out of one photo.

    The pruned model loses the window by the selection that the sweep uses; the full model loses only the
    window. Four rows through the tail.

    Parameters
    ----------
    state : Superficial
    count : int
        k, the number of SINs.
    side : int
        Of the window, in cells.
    footprints : Footprints
    backend : Backend
    selection : str
    """
    sins = state.density(count)
    top, left = densest_window(sins, min(side, sins.shape[0]), min(side, sins.shape[1]))
    window = window_at(footprints, top, left, side)
    masks = (
        MaskedInput(count),
        MaskedInput(state.neurons),
        select(state, window, count, selection),
        MaskedInput(state.neurons, window),
    )
    labels = predict(state, masks, backend).argmax(axis=1)
    (first, last), (begin, end) = (axis.pixels for axis in window)
    values = labels[:2], labels[2:], np.array([first, begin, last, end], dtype=np.int64)
    return ImageStability(*(frozen_array(value) for value in values))


def prediction_stability(
    look: Look,
    labels: NDArray[np.int64],
    target: int | None,
    benign: Sequence[ImageStability],
    patched: Sequence[ImageStability],
    boxes: NDArray[np.int64],
) -> PredictionStability:
    """Stability over a set.

    Parameters
    ----------
    look, labels, target
        As in :class:`PredictionStability`.
    benign, patched : sequence of ImageStability
        In one order.
    boxes : int array (photos, 4)
        Where each copy's patch lies: top, left, bottom, right in pixels.
    """
    sides = [
        (frozen_array(np.stack([image.whole for image in side])), frozen_array(np.stack([i.moved for i in side])))
        for side in (benign, patched)
    ]
    windows = np.stack([image.box_px for image in patched])
    return PredictionStability(
        look, frozen_array(labels), target, sides[0], sides[1], frozen_array(_covered(boxes, windows))
    )


def _share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Share:
    return Share(int((hits & among).sum()), int(among.sum()))


def _covered(boxes: NDArray[np.int64], windows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of each box ``(photos, 4)`` that a window holds."""
    starts, stops = np.maximum(boxes[:, :2], windows[:, :2]), np.minimum(boxes[:, 2:], windows[:, 2:])
    common = (stops - starts).clip(min=0).prod(axis=1)
    return np.asarray(common / (boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
