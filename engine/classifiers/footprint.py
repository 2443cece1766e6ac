"""Which cells of each crossing tensor can depend on which pixels: found by probing, not derived.

A line of NaN pixels is pushed through the head; the cells that come out NaN are those that the line can reach.
NaN passes through convolution, normalisation, activations and pooling, so the answer holds for any architecture.
A patch at rows ``a .. a+h`` and columns ``b .. b+w`` is part of a strip of rows and of a strip of columns, so its
footprint lies within (cells of the row strip) x (cells of the column strip): one probe a line serves every patch
size. A second, independent probe with ordinary pixel values checks that nothing outside moves.
"""

import io
import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

from engine.cache import cache_folder, digest, write_whole
from engine.classifiers.cut import CutClassifier
from engine.classifiers.operations import PASS_NAN_ON
from engine.errors import LayerError

__all__ = ["AxisFootprint", "Footprints", "load_footprints", "probe_footprints"]

_PROBE_BATCH = 16
_VERSION = 2


@dataclass(frozen=True)
class AxisFootprint:
    """For each line of pixels along one axis, the cells it reaches in one crossing tensor.

    Parameters
    ----------
    first, last : int array (pixels,), read-only
        The line reaches no cell outside ``first .. last`` (``last`` excluded); empty where ``first == last``.
    cells : int
        Extent of the tensor along this axis.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    cells: int

    def strip(self, start: int, stop: int) -> tuple[int, int]:
        """Cells reached by pixel lines ``start .. stop`` (``stop`` excluded), as ``[first, last)``."""
        first, last = self.first[start:stop], self.last[start:stop]
        reached = first < last
        if not reached.any():
            return 0, 0
        return int(first[reached].min()), int(last[reached].max())

    def strips(self, length: int) -> NDArray[np.int64]:
        """:meth:`strip` of every ``length`` lines in a row, shape ``(pixels - length + 1, 2)``."""
        reached = self.first < self.last
        firsts = sliding_window_view(np.where(reached, self.first, self.cells), length).min(axis=1)
        lasts = sliding_window_view(np.where(reached, self.last, 0), length).max(axis=1)
        return np.where((firsts < lasts)[:, None], np.stack([firsts, lasts], axis=1), 0)

    def centres(self) -> NDArray[np.float64]:
        """Middle of the pixel lines that reach each cell, in pixels, shape ``(cells,)``."""
        low = np.full(self.cells, np.inf)
        high = np.full(self.cells, -np.inf)
        for line, (first, last) in enumerate(zip(self.first, self.last, strict=True)):
            low[first:last] = np.minimum(low[first:last], line)
            high[first:last] = np.maximum(high[first:last], line)
        seen = np.isfinite(low)
        centres = np.interp(np.arange(self.cells), np.flatnonzero(seen), (low[seen] + high[seen]) / 2)
        return np.asarray(centres, dtype=np.float64)


@dataclass(frozen=True)
class Footprints:
    """Footprints of rows and of columns of pixels in every crossing tensor, the superficial layer first."""

    rows: tuple[AxisFootprint, ...]
    columns: tuple[AxisFootprint, ...]


def load_footprints(cut: CutClassifier) -> Footprints:
    """The footprints of a cut, from the user's cache folder where they were probed before.

    Raises
    ------
    LayerError
        As :func:`probe_footprints`.
    """
    folder = cache_folder("footprints")
    key = digest(_VERSION, torch.__version__, cut.signature)
    path = folder / f"{key}.npz" if folder else None
    if path and path.exists():
        try:
            with np.load(path) as stored:
                return _unpack([stored[name] for name in ("rows", "columns")], cut.shapes)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            path.unlink(missing_ok=True)
    footprints = probe_footprints(cut)
    if path:
        content = io.BytesIO()
        np.savez(content, rows=_pack(footprints.rows), columns=_pack(footprints.columns))
        try:
            write_whole(path, content.getvalue())
        except OSError:
            path.unlink(missing_ok=True)
    return footprints


def probe_footprints(cut: CutClassifier, seed: int = 0) -> Footprints:
    """Probe every row and every column of the input.

    Raises
    ------
    LayerError
        If one pixel reaches the whole map (squeeze-excitation, attention): such a cut cannot carry a
        certificate. Also if ordinary pixel values move cells that NaN did not reach.
    """
    if unknown := cut.head_operations - PASS_NAN_ON:
        raise LayerError(
            f"{', '.join(sorted(unknown))} before {cut.layer} in {cut.classifier.name} may not pass NaN on, so what "
            f"a pixel reaches cannot be found there; choose an earlier layer, or the pixels (--layer input)."
        )
    footprints = Footprints(*(_probe_axis(cut, axis) for axis in (0, 1)))
    for index in range(len(cut.shapes)):
        row, column = footprints.rows[index], footprints.columns[index]
        if _sees_everything(row) and _sees_everything(column):
            raise LayerError(
                f"One pixel can change the whole map at {cut.layer} in {cut.classifier.name} (it looks at the "
                f"whole image at once), so no window there can hide a patch; choose an earlier layer."
            )
    _check_with_pixels(cut, footprints, seed)
    return footprints


def _probe_axis(cut: CutClassifier, axis: int) -> tuple[AxisFootprint, ...]:
    height, width = cut.input_size
    lines = cut.input_size[axis]
    first = [np.zeros(lines, dtype=np.int64) for _ in cut.shapes]
    last = [np.zeros(lines, dtype=np.int64) for _ in cut.shapes]
    for start in range(0, lines, _PROBE_BATCH):
        stop = min(start + _PROBE_BATCH, lines)
        pixels = torch.full((stop - start, 3, height, width), 0.5)
        for line in range(start, stop):
            pixels[line - start].select(1 + axis, line).fill_(torch.nan)
        for index, tensor in enumerate(cut.head(pixels)):
            reached = tensor.isnan().any(dim=1).any(dim=2 - axis).numpy()
            cells = reached.shape[1]
            some = reached.any(axis=1)
            first[index][start:stop] = np.where(some, reached.argmax(axis=1), 0)
            last[index][start:stop] = np.where(some, cells - reached[:, ::-1].argmax(axis=1), 0)
    for array in (*first, *last):
        array.setflags(write=False)
    extents = [shape[1 + axis] for shape in cut.shapes]
    return tuple(AxisFootprint(*each) for each in zip(first, last, extents, strict=True))


def _sees_everything(axis: AxisFootprint) -> bool:
    return axis.cells > 0 and bool(((axis.first == 0) & (axis.last == axis.cells)).all())


def _check_with_pixels(cut: CutClassifier, footprints: Footprints, seed: int) -> None:
    """Change pixels in random rectangles to random and extreme values and see that only the footprint moves."""
    height, width = cut.input_size
    draw = np.random.default_rng(seed)
    for content in ("random", "black", "white", "flipped"):
        pixels = torch.from_numpy(draw.random((1, 3, height, width), dtype=np.float32))
        top, left = int(draw.integers(0, height)), int(draw.integers(0, width))
        bottom, right = int(draw.integers(top, height)) + 1, int(draw.integers(left, width)) + 1
        changed = pixels.clone()
        spot = changed[:, :, top:bottom, left:right]
        noise = torch.from_numpy(draw.random(tuple(spot.shape), dtype=np.float32))
        spot.copy_({"random": noise, "black": spot * 0, "white": spot * 0 + 1, "flipped": 1 - spot}[content])
        for index, (before, after) in enumerate(zip(cut.head(pixels), cut.head(changed), strict=True)):
            same = (before == after) | (before.isnan() & after.isnan())
            moved = ~same.all(dim=1)[0]
            rows = footprints.rows[index].strip(top, bottom)
            columns = footprints.columns[index].strip(left, right)
            moved[rows[0] : rows[1], columns[0] : columns[1]] = False
            if bool(moved.any()):
                raise LayerError(
                    f"Pixels change cells at {cut.layer} in {cut.classifier.name} that their footprint does not "
                    f"hold (an operation there does not pass NaN on); choose an earlier layer, or the pixels "
                    f"(--layer input)."
                )


def _pack(axes: tuple[AxisFootprint, ...]) -> NDArray[np.int64]:
    return np.stack([np.stack([axis.first, axis.last]) for axis in axes])


def _unpack(packed: list[NDArray[np.int64]], shapes: tuple[tuple[int, int, int], ...]) -> Footprints:
    sides = []
    for axis, stored in enumerate(packed):
        stored.setflags(write=False)
        sides.append(
            tuple(
                AxisFootprint(lines[0], lines[1], shape[1 + axis])
                for lines, shape in zip(stored, shapes, strict=True)
            )
        )
    return Footprints(*sides)


def reach(cut: CutClassifier, pixels: Tensor) -> tuple[Tensor, ...]:
    """Cells of each crossing tensor that are NaN for pixels ``(1, 3, H, W)``: the exact footprint of one place."""
    return tuple(tensor.isnan().any(dim=1)[0] for tensor in cut.head(pixels))
