"""The ways to predict under every window that are timed against each other, on one inspection's windows."""

import time
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import Occlusion
from numpy.typing import NDArray

from engine.backends import make_backend
from engine.logit_cache import LogitCache
from engine.pipeline import Inspection, Inspector
from engine.settings import Settings
from engine.superficial import superficial, to_pixels
from engine.sweep import run_sweep

__all__ = ["Timing", "captum_occlusion", "eager_loop", "ours", "ours_masking"]


@dataclass(frozen=True)
class Timing:
    """One call: seconds for all windows, how many of them were really run, and the labels those got.

    Parameters
    ----------
    seconds, cpu_seconds : float
        By the clock, and of the processor (all threads); scaled to all windows where only some were run.
    measured : int
        Windows that were run.
    labels : dict of int
        Label of each window that was run; empty where the way has none.
    """

    seconds: float
    cpu_seconds: float
    measured: int
    labels: dict[int, int]


def eager_loop(last: Inspection, most: int) -> Timing:
    """(a) One window at a time, each with its own sort and copies, on at most ``most`` windows spread evenly."""
    cut, count = last.cut, last.count
    grey = cut.neutral[0]
    others = [tensor[0] for tensor in cut.neutral[1:]]
    labels = {}
    chosen = np.unique(np.linspace(0, len(last.family) - 1, most).round().astype(int)).tolist()
    with torch.inference_mode():
        whole = _Clock()
        activation, *rest = cut.head(to_pixels(last.view))
        head = whole.read()
        each = _Clock()
        for index in chosen:
            window = last.family[index]
            (top, bottom), (left, right) = (axis.cells[0] for axis in window)
            outside = torch.ones_like(activation, dtype=torch.bool)
            outside[:, :, top:bottom, left:right] = False
            importance = torch.where(outside, (activation - grey).abs(), torch.tensor(-1.0))
            kept = torch.zeros(activation.numel(), dtype=torch.bool)
            kept[torch.sort(importance.flatten(), descending=True, stable=True).indices[:count]] = True
            masked = torch.where(kept.reshape(activation.shape) & outside, activation, grey)
            occluded = []
            for tensor, (source, fill) in enumerate(zip(rest, others, strict=True), start=1):
                (top, bottom), (left, right) = (axis.cells[tensor] for axis in window)
                crossing = source.clone()
                crossing[:, :, top:bottom, left:right] = fill[:, top:bottom, left:right]
                occluded.append(crossing)
            labels[index] = int(cut.tail(masked, *occluded).argmax())
    return each.timing(len(chosen), len(last.family), head, labels)


def captum_occlusion(last: Inspection, most: int) -> Timing:
    """(b) captum's Occlusion over the superficial layer: windows as large, as many or at most about ``most``."""
    cut = last.cut
    channels, height, width = cut.shapes[0]
    side = min(last.family.side, height, width)
    share = min(1.0, (most / len(last.family)) ** 0.5)
    steps = [max(1, int(len(axis) * share)) for axis in (last.family.rows, last.family.columns)]
    strides = [
        # captum refuses steps larger than its window
        min(side, max(1, -(-(extent - side) // max(1, step - 1))))
        for extent, step in zip((height, width), steps, strict=True)
    ]
    runs = int(
        np.prod([-(-(extent - side) // stride) + 1 for extent, stride in zip((height, width), strides, strict=True)])
    )
    assert last.verdict is not None
    with torch.inference_mode():
        whole = _Clock()
        activation, *rest = cut.head(to_pixels(last.view))
        head = whole.read()
        each = _Clock()
        Occlusion(lambda masked: cut.tail(masked, *rest)).attribute(
            activation,
            sliding_window_shapes=(channels, side, side),
            strides=(channels, *strides),
            baselines=cut.neutral[0],
            target=max(0, int(last.verdict.base.label[0])),
        )
    return each.timing(runs, len(last.family), head, {})


def ours(inspector: Inspector, view: NDArray[np.uint8], settings: Settings, most: int) -> Timing:
    """(c) The whole inspection, from the photo to the verdict; stopped once ``most`` windows are done."""
    inspector.forget()
    each, ahead = _Clock(), (0.0, 0.0)
    last: Inspection | None = None
    for last in inspector.inspect(view, settings):
        if last.stage == "clusters":
            ahead, each = each.read(), _Clock()
        if last.stage == "windows" and last.sweep is not None and int(last.sweep.done.sum()) >= most:
            break
    assert last is not None
    assert last.sweep is not None
    done = np.flatnonzero(last.sweep.done)
    labels = dict(zip(done.tolist(), last.sweep.logits[done].argmax(axis=1).tolist(), strict=True))
    return each.timing(len(done), len(last.family), ahead, labels)


def ours_masking(last: Inspection) -> Timing:
    """(c) without the network: ranking, selection, masks and reading the answers."""
    backend = make_backend(last.cut, "torch")
    rows = np.zeros((backend.batch, len(last.classifier.labels)), dtype=np.float32)
    backend.run = lambda: rows  # type: ignore[method-assign]
    clock = _Clock()
    list(run_sweep(last.superficial, last.family, last.count, backend, cache=LogitCache(0)))
    return clock.timing(len(last.family), len(last.family), (0.0, 0.0), {})


def ours_ranking(last: Inspection) -> Timing:
    """(c) the head, importance and ranking of a photo."""
    clock = _Clock()
    superficial(last.cut, to_pixels(last.view), last.settings.importance, last.settings.fill)
    return clock.timing(1, 1, (0.0, 0.0), {})


class _Clock:
    """Seconds by the clock and of the processor since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._wall, time.process_time() - self._cpu

    def timing(self, measured: int, windows: int, ahead: tuple[float, float], labels: dict[int, int]) -> Timing:
        """What was run since, scaled to all windows, behind what came ahead of them once."""
        scale = windows / measured
        wall, cpu = (before + scale * own for before, own in zip(ahead, self.read(), strict=True))
        return Timing(wall, cpu, measured, labels)
