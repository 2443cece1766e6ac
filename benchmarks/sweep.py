"""How long the sweep takes, against the loops that others run, on the same photos, windows and weights.

    python -m benchmarks.sweep --json sweep.json --plot sweep.png

In one run it times

(a) the eager loop, one window at a time: mask, prune and predict as the published code of the pixel-space
    defenses does it (a full sort and a dense copy for every window);
(b) captum's ``Occlusion`` on windows of the same size at the superficial layer, without pruning;
(c) this engine, on every backend that runs here, from the photo to the verdict;

and says what the machine allows: the network's operations over its measured matrix rate and the bytes that its
convolutions move over its measured copy rate, whichever takes longer. Ways take turns, so that whatever else the
machine does falls on all of them; medians are shown. Ratios within one run count; single times on a shared machine
do not. Where many windows would take long, (a), (b) and the slower backend run some of them and are scaled: the
table says how many were run.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.contenders import Timing, captum_occlusion, eager_loop, ours, ours_masking, ours_ranking
from benchmarks.floor import Rates, measured_rates, work_of
from benchmarks.machine import fresh_peak, machine, peak_memory_mb
from benchmarks.sweep_plot import sweep_plot
from engine.classifiers import load_classifier
from engine.errors import BackendError
from engine.images import load_image
from engine.outputs import write_output
from engine.pipeline import Inspection, Inspector
from engine.settings import BackendName, Settings
from engine.threat import PatchThreat
from engine.windows import default_window

EAGER, CAPTUM, MASKING, RANKING = "(a) eager", "(b) captum", "masks", "ranking"
MODELS = ("efficientnet_lite0", "torchvision:resnet50", "cifar10_resnet_occlusion")
PHOTOS = ("sample:flower", "sample:china")
STEPS = (3, 6, 11, 32)  # windows an axis: 9, 36, 121 and about 1,000
SIZES = (128, 160, 288)  # beside the model's own
FEW = 24  # windows of a loop that is scaled


@dataclass(frozen=True)
class Row:
    """One way on one case; JSON and plot are made of these.

    Parameters
    ----------
    ms, least_ms, cpu_ms : float
        Median and least milliseconds a photo by the clock, and least of the processor, all threads together.
    measured : int
        Windows that were run of ``windows``; times are scaled to all.
    more_memory_mb : float
        Peak of resident memory above what was resident before; NaN where the system does not tell.
    times_as_fast : float, optional
        As (a): the median of the ratios of neighbouring calls.
    """

    model: str
    size: int
    windows: int
    side: int
    photos: int
    way: str
    ms: float
    least_ms: float
    cpu_ms: float
    measured: int
    more_memory_mb: float
    times_as_fast: float | None

    @property
    def windows_per_second(self) -> float:
        """Windows a second, by the median."""
        return self.windows / self.ms * 1000


class Bench:
    """The cases of one run, on one console.

    Parameters
    ----------
    rates : Rates
    seconds : float
        Spent on each way of a case, about, after two calls of it.
    console : Console
    """

    def __init__(self, rates: Rates, seconds: float, console: Console) -> None:
        self.rates, self.seconds, self.console = rates, seconds, console
        self.rows: list[Row] = []
        self.floors: list[dict[str, object]] = []
        self.same_labels = True

    def case(self, inspector: Inspector, settings: Settings, views: Sequence[NDArray[np.uint8]], few: int) -> None:
        """Time every way on one family of windows."""
        backends = self._backends(inspector, settings)
        if not backends:
            return
        best = backends[-1]
        found: dict[str, Inspection] = {}
        for view in views:
            *_, last = inspector.inspect(view, replace(settings, backend=best))
            found[view.tobytes()] = last
        windows = len(last.family)
        calls: dict[str, Callable[[], list[Timing]]] = {
            EAGER: lambda: [eager_loop(last, min(few, windows)) for last in found.values()],
            CAPTUM: lambda: [captum_occlusion(last, few) for last in found.values()],
        }
        for name in backends:
            most = windows if name == best else 4 * few
            calls[f"(c) {name}"] = lambda name=name, most=most: [  # type: ignore[misc]
                ours(inspector, view, replace(settings, backend=name), most) for view in views
            ]
        calls[RANKING] = lambda: [ours_ranking(last) for last in found.values()]
        calls[MASKING] = lambda: [ours_masking(last) for last in found.values()]
        self._time(last, len(views), calls)

    def _backends(self, inspector: Inspector, settings: Settings) -> list[BackendName]:
        """Those that run here, the one that ``auto`` takes last."""
        names: list[BackendName] = []
        candidates: tuple[BackendName, ...] = ("torch", "openvino")
        _, _, auto = inspector.prepare(settings)
        for name in candidates:
            try:
                _, _, backend = inspector.prepare(replace(settings, backend=name))
            except BackendError:
                continue
            names.insert(len(names) if backend.name == auto.name else 0, name)
        return names

    def _time(self, last: Inspection, photos: int, calls: dict[str, Callable[[], list[Timing]]]) -> None:
        rounds: dict[str, list[Timing]] = {way: [] for way in calls}
        memory = dict.fromkeys(calls, float("nan"))
        spent = dict.fromkeys(calls, 0.0)
        for _ in range(9):
            for way, call in calls.items():
                if len(rounds[way]) >= 2 and spent[way] + spent[way] / len(rounds[way]) > self.seconds:
                    continue
                fresh, before, started = fresh_peak(), peak_memory_mb(), perf_counter()
                timings = call()
                spent[way] += perf_counter() - started
                if fresh:
                    memory[way] = max(peak_memory_mb() - before, 0.0 if np.isnan(memory[way]) else memory[way])
                rounds[way].append(_of_all(timings))
        (height, _), windows = last.cut.input_size, len(last.family)
        for way, timings in rounds.items():
            walls = [1000 * timing.seconds / photos for timing in timings]
            ratios = [a.seconds / b.seconds for a, b in zip(rounds[EAGER], timings, strict=False)]
            self.rows.append(
                Row(
                    last.classifier.name,
                    height,
                    windows,
                    last.family.side,
                    photos,
                    way,
                    statistics.median(walls),
                    min(walls),
                    min(1000 * timing.cpu_seconds / photos for timing in timings),
                    timings[0].measured,
                    memory[way],
                    statistics.median(ratios) if way not in (MASKING, RANKING) else None,
                )
            )
        labels = rounds[EAGER][0].labels
        fastest = next(timings[0].labels for way, timings in reversed(rounds.items()) if way.startswith("(c)"))
        same = all(fastest[index] == label for index, label in labels.items())
        self.same_labels &= same
        self._floor_and_print(last, photos, len(rounds), same)

    def _floor_and_print(self, last: Inspection, photos: int, ways: int, same: bool) -> None:
        head, tail = work_of(last.cut)
        assert last.sweep is not None
        work = head + tail.times(last.sweep.passes + last.sweep.reused - int(last.sweep.skipped.sum()))
        floor = work.floor_ms(self.rates)
        rows = self.rows[-ways:]
        self.floors.append(
            {
                "model": rows[0].model,
                "size": rows[0].size,
                "windows": rows[0].windows,
                "photos": photos,
                "operations": work.operations,
                "bytes": work.bytes,
                "operations_ms": 1000 * work.operations / self.rates.operations,
                "bytes_ms": 1000 * work.bytes / self.rates.bytes,
                "floor_ms": floor,
                "same_labels": same,
            }
        )
        title = f"{rows[0].model}, {rows[0].size} px, {rows[0].windows} windows of {rows[0].side} cells"
        table = Table(title=title + (f", {photos} photos" if photos > 1 else ""))
        for column in ("", "ms", "least", "CPU ms", "windows/s", "run", "more MB", "(a) / it"):
            table.add_column(column, justify="right" if column else "left", no_wrap=True)
        for row in rows:
            table.add_row(
                row.way,
                f"{row.ms:.1f}",
                f"{row.least_ms:.1f}",
                f"{row.cpu_ms:.1f}",
                f"{row.windows_per_second:.0f}" if row.times_as_fast else "",
                str(row.measured) if row.times_as_fast else "",
                f"{row.more_memory_mb:.0f}",
                f"{row.times_as_fast:.2f}" if row.times_as_fast else "",
            )
        table.add_row("floor", f"{floor:.1f}", "", "", f"{rows[0].windows / floor * 1000:.0f}", "", "", "")
        self.console.print(table)
        masks = next(row for row in rows if row.way == MASKING)
        whole = min((row for row in rows if row.way.startswith("(c)")), key=lambda row: row.ms)
        self.console.print(
            f"  masks {masks.ms / whole.ms:.1%} of the fastest inspection, which takes {whole.ms / floor:.1f} times "
            f"the floor; (a) and (c) give the same labels: {same}"
        )


def _of_all(timings: Sequence[Timing]) -> Timing:
    """Timings of several photos, one after the other."""
    labels = timings[0].labels
    return Timing(
        sum(timing.seconds for timing in timings),
        sum(timing.cpu_seconds for timing in timings),
        timings[0].measured,
        labels,
    )


def main() -> None:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", nargs="+", default=list(PHOTOS), help="photos; the first for all but growth")
    parser.add_argument("--model", nargs="+", default=list(MODELS))
    parser.add_argument("--weights", default="random", help="a file, or 'random': weights do not change the time")
    parser.add_argument("--steps", nargs="+", type=int, default=list(STEPS), help="windows an axis")
    parser.add_argument(
        "--sizes", nargs="*", type=int, default=list(SIZES), help="more input sizes of the first model"
    )
    parser.add_argument("--photos", nargs="*", type=int, default=[1, 2, 4], help="how many photos one after another")
    parser.add_argument("--threads", type=int, help="of the processor")
    parser.add_argument("--seconds", type=float, default=4.0, help="at most, for each way of a case")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    console, started = Console(), perf_counter()
    rates = measured_rates()
    console.print(machine())
    console.print(f"{rates.operations / 1e9:.0f} GFLOP/s in matrix products, {rates.bytes / 1e9:.1f} GB/s in copies")
    bench = Bench(rates, options.seconds, console)
    images = [load_image(name).rgb for name in options.image]
    for name in options.model:
        settings, inspector = _opened(name, options.weights, None)
        views = [inspector.classifier.preprocessing.view(rgb) for rgb in images]
        for steps in options.steps:
            bench.case(inspector, _in_steps(inspector, settings, steps), views[:1], FEW)
        if name == options.model[0]:
            middle = _in_steps(inspector, settings, 6)
            for photos in options.photos:
                if photos > 1:
                    bench.case(inspector, middle, [_shifted(views, index) for index in range(photos)], FEW)
            for size in options.sizes:
                other, inspector = _opened(name, options.weights, (size, size))
                view = inspector.classifier.preprocessing.view(images[0])
                bench.case(inspector, _in_steps(inspector, other, 6), [view], FEW)
    console.print(f"peak memory {peak_memory_mb():.0f} MB; all of this took {perf_counter() - started:.0f} s")
    if options.json:
        report = {
            "machine": machine(),
            "operations_per_second": rates.operations,
            "bytes_per_second": rates.bytes,
            "same_labels": bench.same_labels,
            "rows": [{**asdict(row), "windows_per_second": row.windows_per_second} for row in bench.rows],
            "floors": bench.floors,
        }
        write_output(options.json, json.dumps(report, indent=2).replace("NaN", "null").encode())
    if options.plot:
        write_output(options.plot, sweep_plot([asdict(row) for row in bench.rows], bench.floors))


def _opened(name: str, weights: str, input_size: tuple[int, int] | None) -> tuple[Settings, Inspector]:
    settings = Settings(model=name, weights=weights, input_size=input_size)
    return settings, Inspector(load_classifier(settings))


def _in_steps(inspector: Inspector, settings: Settings, steps: int) -> Settings:
    """The same settings with the smallest windows of which at most ``steps`` an axis cover the threat."""
    _, footprints = inspector.cut(settings.layer)
    threat = PatchThreat.parse(settings.patch, inspector.classifier.preprocessing.input_size)
    return replace(settings, window=default_window(footprints, threat, steps))


def _shifted(views: Sequence[NDArray[np.uint8]], index: int) -> NDArray[np.uint8]:
    """The photos in turn, moved on by some pixels so that none is met twice."""
    shifted: NDArray[np.uint8] = np.roll(views[index % len(views)], 7 * (index // len(views)), axis=1)
    return shifted


if __name__ == "__main__":
    main()
