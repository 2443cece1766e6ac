"""How long the sweep takes, against the loops that others run, on the same photo, windows and weights.

    python -m benchmarks.sweep

In one run it times

(a) the eager loop, one window at a time: mask, prune and predict as the published code of the pixel-space
    defenses does it (a full sort and a dense copy for every window);
(b) captum's ``Occlusion`` on the same windows of the superficial layer, without pruning;
(c) this engine, on every backend that runs here, from the photo to the verdict.

Ratios within one run count; single times on a shared machine do not.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from captum.attr import Occlusion
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.machine import machine, peak_memory_mb
from engine.backends import make_backend
from engine.classifiers import load_classifier
from engine.images import load_image
from engine.logit_cache import LogitCache
from engine.outputs import write_output
from engine.pipeline import Inspection, Inspector
from engine.settings import Settings
from engine.superficial import to_pixels
from engine.sweep import run_sweep


def eager_loop(last: Inspection, network: Callable[[Tensor], Tensor]) -> list[int]:
    """(a) One window at a time, each with its own sort and copies; the labels it finds."""
    cut, count = last.cut, last.count
    labels = []
    grey = cut.neutral[0]
    with torch.inference_mode():
        activation = cut.head(to_pixels(last.view))[0]
        for index in range(len(last.family)):
            (top, bottom), (left, right) = (axis.cells[0] for axis in last.family[index])
            outside = torch.ones_like(activation, dtype=torch.bool)
            outside[:, :, top:bottom, left:right] = False
            importance = torch.where(outside, (activation - grey).abs(), torch.tensor(-1.0))
            chosen = torch.sort(importance.flatten(), descending=True, stable=True).indices[:count]
            kept = torch.zeros(activation.numel(), dtype=torch.bool)
            kept[chosen] = True
            masked = torch.where(kept.reshape(activation.shape) & outside, activation, grey)
            labels.append(int(network(masked).argmax()))
    return labels


def captum_occlusion(last: Inspection) -> None:
    """(b) captum's Occlusion over the superficial layer: the same window and the family's usual step."""
    cut = last.cut
    grey = cut.neutral[0]
    activation = cut.head(to_pixels(last.view))[0]
    channels, height, width = cut.shapes[0]
    steps = len(last.family.rows), len(last.family.columns)
    stride = tuple(
        max(1, -(-(extent - last.family.side) // (step - 1)))
        for extent, step in zip((height, width), steps, strict=True)
    )
    assert last.verdict is not None
    with torch.inference_mode():
        Occlusion(cut.tail).attribute(
            activation,
            sliding_window_shapes=(channels, last.family.side, last.family.side),
            strides=(channels, *stride),
            baselines=grey,
            target=int(last.verdict.base.label[0]),
        )


def timed(call: Callable[[], object], repeats: int) -> float:
    """Median milliseconds of some calls after one that is not counted."""
    call()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def masking_ms(inspector: Inspector, last: Inspection) -> float:
    """Milliseconds of a sweep without the network: selection, masks and reading the answers."""
    backend = make_backend(last.cut, "torch")
    rows = np.zeros((backend.batch, len(inspector.classifier.labels)), dtype=np.float32)
    backend.run = lambda: rows  # type: ignore[method-assign]
    return timed(lambda: list(run_sweep(last.superficial, last.family, last.count, backend, cache=LogitCache(0))), 5)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", default="sample:flower")
    parser.add_argument("--model", default="efficientnet_lite0")
    parser.add_argument("--weights", help="a file, or 'random': weights do not change the time")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dense", action="store_true", help="also the dense family (a window at every cell)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    settings = Settings(model=options.model, weights=options.weights)
    classifier = load_classifier(settings)
    view = classifier.preprocessing.view(load_image(options.image).rgb)

    def inspect_afresh(inspector: Inspector, chosen: Settings) -> Inspection:
        inspector.forget()
        *_, last = inspector.inspect(view, chosen)
        return last

    inspector = Inspector(classifier)
    last = inspect_afresh(inspector, settings)
    assert last.sweep is not None
    assert last.verdict is not None
    windows = len(last.family)
    agree = eager_loop(last, last.cut.tail) == list(last.verdict.windows.label)
    times = {"(a) eager loop, one window at a time": timed(lambda: eager_loop(last, last.cut.tail), options.repeats)}
    times["(b) captum Occlusion, no pruning"] = timed(lambda: captum_occlusion(last), options.repeats)
    for name in ("torch", "openvino"):
        chosen = Settings(model=options.model, weights=options.weights, backend=name)  # type: ignore[arg-type]
        label = f"(c) inspect, {inspect_afresh(inspector, chosen).backend_name}"
        times[label] = timed(lambda chosen=chosen: inspect_afresh(inspector, chosen), options.repeats)  # type: ignore[misc]
    masking = masking_ms(inspector, last)
    eager = times["(a) eager loop, one window at a time"]

    console = Console()
    console.print(machine())
    table = Table(title=f"{classifier.name}, {windows} windows of {last.family.side} cells, photo to verdict")
    for head in ("", "ms", "windows/s", "times as fast as (a)"):
        table.add_column(head, justify="left" if not head else "right")
    for label, ms in times.items():
        table.add_row(label, f"{ms:.0f}", f"{windows / ms * 1000:.0f}", f"{eager / ms:.2f}")
    console.print(table)
    console.print(f"(a) and (c) give the same labels: {agree}")
    console.print(f"selection and masks alone: {masking:.0f} ms, {masking / min(times.values()):.0%} of the fastest")
    console.print(f"peak memory of this process so far: {peak_memory_mb():.0f} MB")
    report = {
        "machine": machine(),
        "model": classifier.name,
        "windows": windows,
        "ms": times,
        "same_labels": agree,
        "masking_ms": masking,
        "peak_memory_mb": peak_memory_mb(),
    }
    if options.dense:
        before, started = peak_memory_mb(), time.perf_counter()
        dense = inspect_afresh(inspector, Settings(model=options.model, weights=options.weights, stride=1))
        seconds, more = time.perf_counter() - started, peak_memory_mb() - before
        console.print(f"dense family: {len(dense.family)} windows in {seconds:.1f} s, {more:.0f} MB more memory")
        report["dense"] = {"windows": len(dense.family), "seconds": seconds, "more_memory_mb": more}
    if options.json:
        write_output(options.json, json.dumps(report, indent=2).encode())


if __name__ == "__main__":
    main()
