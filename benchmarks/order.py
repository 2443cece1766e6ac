"""What the order of windows gives, and what a setting leaves to its neighbours.

    python -m benchmarks.order --data PHOTOS --limit 150

Over photos: passes until the first window that contradicts the base prediction, with windows row by row, by the SINs
in them, and from coarse to fine; and the passes of a preview and of the full inspection behind it. On the first
photo: processor time of the masks of one rate behind those of another, by a writer that is new and by one that was
kept, in turns.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from engine.backends import Backend, make_backend
from engine.classifiers import load_classifier
from engine.images import list_images, read_image, spread
from engine.mask_writer import MaskWriter
from engine.outputs import write_output
from engine.pipeline import Inspection, Inspector
from engine.selection import MaskedInput, select
from engine.settings import Settings
from engine.superficial import sin_count
from engine.sweep import sweep_order

ROUNDS = 25
ORDERS: dict[str, Callable[[Inspection], list[int]]] = {
    "row by row": lambda found: list(range(len(found.family))),
    "most SINs first": lambda found: np.argsort(-_sins(found), kind="stable").tolist(),
    "coarse to fine": lambda found: sweep_order(found.family, _sins(found)).tolist(),
}


def _sins(found: Inspection) -> np.ndarray:
    assert found.sweep is not None
    return found.sweep.sins_inside


def passes_until_alert(found: Inspection) -> dict[str, int] | None:
    """Passes until a window fires, the full and the base prediction's included; ``None`` if none does."""
    assert found.sweep is not None
    assert found.verdict is not None
    fires, skipped = found.verdict.firing, found.sweep.skipped
    if not fires[~skipped].any():
        return None
    counted = {}
    for name, order in ORDERS.items():
        run = [window for window in order(found) if not skipped[window]]
        counted[name] = 3 + next(place for place, window in enumerate(run) if fires[window])
    return counted


def mask_times(found: Inspection, before: float, after: float) -> dict[str, float]:
    """Least milliseconds of processor time for the masks of a rate, behind those of another."""
    backend = make_backend(found.cut, "torch")
    state = found.superficial

    def masks(rate: float) -> list[MaskedInput]:
        count = sin_count(state.neurons, rate)
        windows = sweep_order(found.family, _sins(found)).tolist()
        return [
            MaskedInput(count),
            *(select(state, found.family[window], count, "per_window") for window in windows),
        ]

    first, second = masks(before), masks(after)
    times: dict[str, list[float]] = {"new": [], "kept": []}
    for _ in range(ROUNDS):
        for name, ms in times.items():
            write = MaskWriter(state)
            _write_all(write, first, backend)
            if name == "new":
                write = MaskWriter(state)
            started = time.process_time()
            _write_all(write, second, backend)
            ms.append((time.process_time() - started) * 1000)
    return {name: min(ms) for name, ms in times.items()}


def _write_all(write: MaskWriter, masks: list[MaskedInput], backend: Backend) -> None:
    for start in range(0, len(masks), backend.batch):
        write(masks[start : start + backend.batch], backend.inputs())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of photos")
    parser.add_argument("--limit", type=int, help="this many photos, evenly spread")
    parser.add_argument("--model", default="efficientnet_lite0")
    parser.add_argument("--rates", nargs=2, type=float, default=[0.30, 0.31], metavar=("FROM", "TO"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    settings = Settings(model=options.model)
    inspector = Inspector(load_classifier(settings))
    until: list[dict[str, int]] = []
    previews, fulls, masks = [], [], {}
    paths = spread(list_images(options.data), options.limit)
    for path in paths:
        view = inspector.classifier.preprocessing.view(read_image(path).rgb)
        *_, preview = inspector.inspect(view, settings, coarse=True)
        *_, full = inspector.inspect(view, settings)
        assert preview.sweep is not None
        assert full.sweep is not None
        previews.append(preview.sweep.passes)
        fulls.append(full.sweep.passes)
        counted = passes_until_alert(full)
        until += [counted] if counted else []
        masks = masks or mask_times(full, *options.rates)
        inspector.forget()
    console = Console()
    console.print(machine())
    table = Table(title=f"{len(paths)} photos, {len(until)} with an alert: passes until its first window")
    for head in ("", "mean", "median", "90 %"):
        table.add_column(head, justify="right" if head else "left")
    for name in ORDERS:
        values = [counted[name] for counted in until]
        table.add_row(name, *(f"{value:.1f}" for value in _summary(values)))
    console.print(table)
    console.print(
        f"passes of a preview {statistics.median(previews):.0f}, of the full inspection behind it "
        f"{statistics.median(fulls):.0f} (medians)"
    )
    low, high = options.rates
    new, kept = masks["new"], masks["kept"]
    console.print(
        f"masks at {high:.0%} behind {low:.0%}: {new:.1f} ms by a new writer, {kept:.1f} ms by the kept one "
        f"({kept / new:.0%})"
    )
    if options.json:
        report = {
            "machine": machine(),
            "photos": len(paths),
            "passes_until_alert": until,
            "preview_passes": previews,
            "full_passes": fulls,
            "mask_ms": masks,
        }
        write_output(options.json, json.dumps(report, indent=2).encode())


def _summary(values: list[int]) -> tuple[float, float, float]:
    if not values:
        return float("nan"), float("nan"), float("nan")
    return statistics.mean(values), statistics.median(values), float(np.percentile(values, 90))


if __name__ == "__main__":
    main()
