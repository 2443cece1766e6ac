"""Deep against superficial importance: where each map puts the patch, and what each costs (A.3)."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.analysis.look import Look
from engine.analysis.results import frozen_array
from engine.analysis.sliding import window_sums
from engine.analysis.statistics import separation
from engine.classifiers.cut import CutClassifier
from engine.evaluation.metrics import Share
from engine.settings import Importance
from engine.superficial import measure

__all__ = ["DeepAgainstSuperficial", "MapMeasures", "deep_against_superficial", "measure_map", "superficial_map"]

COPIES, MAPS = ("benign", "patched"), ("superficial", "deep")


@dataclass(frozen=True, eq=False)
class MapMeasures:
    """What one importance map says of the place where a patch is, or would be.

    Parameters
    ----------
    inside : float array ()
        Share of the map's importance that lies in the patch's box; the box's share of the photo is what an even
        map would give.
    peak : bool array ()
        Whether the most important cell touches the box.
    localised : float array ()
        Largest share of the importance in any box of the patch's size: how localised the map is anywhere.
    milliseconds : float array ()
        What it took to make the map.
    """

    inside: NDArray[np.float64]
    peak: NDArray[np.bool_]
    localised: NDArray[np.float64]
    milliseconds: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DeepAgainstSuperficial:
    """Both maps over a set of photos and their patched copies.

    Parameters
    ----------
    look : Look
    area : float
        The patch's share of the photo.
    inside, localised, milliseconds : float array (photos, 2 maps, 2 copies), read-only
        As in :class:`MapMeasures`; maps are superficial and deep, copies benign and patched. NaN for the deep
        map of a classifier that has none.
    peak : bool array (photos, 2, 2), read-only
    """

    look: Look
    area: float
    inside: NDArray[np.float64] = field(repr=False)
    peak: NDArray[np.bool_] = field(repr=False)
    localised: NDArray[np.float64] = field(repr=False)
    milliseconds: NDArray[np.float64] = field(repr=False)

    @property
    def images(self) -> int:
        """Number of photos."""
        return len(self.inside)

    def gain(self, which: int, copy: int) -> float:
        """Mean share of the importance in the patch's box over the box's share of the photo."""
        return float(self.inside[:, which, copy].mean()) / self.area

    def peaks(self, which: int, copy: int) -> Share:
        """Photos whose most important cell touches the box."""
        return Share(int(self.peak[:, which, copy].sum()), self.images)

    def separation(self, which: int) -> float:
        """How often a patched copy's map is more localised than a benign photo's; 0.5 is a coin."""
        values = self.localised[:, which]
        return 1 - separation(values[:, 0], values[:, 1]) if np.isfinite(values).all() else float("nan")

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """For a NPZ file."""
        named = {name: getattr(self, name) for name in ("inside", "peak", "localised", "milliseconds")}
        return {"area": np.array(self.area), **named}

    def rows(self) -> Iterator[dict[str, object]]:
        """For a CSV file: one a map and copy."""
        for which, map_name in enumerate(MAPS):
            for copy, copy_name in enumerate(COPIES):
                low, middle, high = np.percentile(self.milliseconds[:, which, copy], (10, 50, 90))
                yield {
                    "map": map_name,
                    "copy": copy_name,
                    "photos": self.images,
                    "area": self.area,
                    "inside": float(self.inside[:, which, copy].mean()),
                    "gain": self.gain(which, copy),
                    "peak": self.peaks(which, copy).value,
                    "localised": float(self.localised[:, which, copy].mean()),
                    "ms_p10": low,
                    "ms_median": middle,
                    "ms_p90": high,
                }


def superficial_map(cut: CutClassifier, pixels: Tensor, importance: Importance) -> tuple[NDArray[np.float32], float]:
    """The superficial importance map ``(H, W)`` of one photo and the milliseconds that it alone takes."""
    grey = cut.neutral[0][0]  # made once a classifier
    started = time.perf_counter()
    heatmap = measure(cut.head(pixels)[0][0], grey, importance).sum(dim=0).numpy()
    milliseconds = (time.perf_counter() - started) * 1000
    return heatmap, milliseconds


def measure_map(
    heatmap: NDArray[np.float32], box: Sequence[int], input_size: tuple[int, int], milliseconds: float
) -> MapMeasures:
    """Measure one map.

    Parameters
    ----------
    heatmap : float array (h, w)
        Cells over the whole input; what is below 0 speaks against the class and counts as 0.
    box : top, left, bottom, right
        Of the patch, in pixels.
    input_size : (int, int)
        Height and width in pixels.
    milliseconds : float
    """
    rows, columns = (_cells(pixels, cells) for pixels, cells in zip(input_size, heatmap.shape, strict=True))
    fine = heatmap.astype(np.float64).clip(min=0)[np.ix_(rows, columns)]
    top, left, bottom, right = box
    total = fine.sum() or 1.0
    sums = window_sums(fine, bottom - top, right - left) / total
    peak = np.unravel_index(int(heatmap.argmax()), heatmap.shape)
    touches = bool((rows[top:bottom] == peak[0]).any() and (columns[left:right] == peak[1]).any())
    values = (sums[top, left], touches, sums.max(), milliseconds)
    return MapMeasures(*(frozen_array(np.array(value)) for value in values))


def deep_against_superficial(
    look: Look, area: float, maps: Sequence[Sequence[Sequence[MapMeasures | None]]]
) -> DeepAgainstSuperficial:
    """Both maps over a set.

    Parameters
    ----------
    look : Look
    area : float
        The patch's share of the photo.
    maps : for each photo, for (superficial, deep), for (benign, patched)
        ``None`` where there is no deep map.
    """

    def gather(name: str, missing: float) -> NDArray[np.float64]:
        values = [
            [[missing if each is None else float(getattr(each, name)) for each in copies] for copies in photo]
            for photo in maps
        ]
        return np.array(values, dtype=np.float64)

    return DeepAgainstSuperficial(
        look,
        area,
        inside=frozen_array(gather("inside", np.nan)),
        peak=frozen_array(gather("peak", 0.0).astype(np.bool_)),
        localised=frozen_array(gather("localised", np.nan)),
        milliseconds=frozen_array(gather("milliseconds", np.nan)),
    )


def _cells(pixels: int, cells: int) -> NDArray[np.int64]:
    """Which cell each line of pixels belongs to."""
    return np.arange(pixels) * cells // pixels
