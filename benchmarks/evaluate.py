"""Photos per second of ``evaluate``, for 1 and 2 workers, and how time and memory grow with the photos.

    python -m benchmarks.evaluate --data cifar10 --model cifar10_resnet_occlusion --defense minority_reports_pc

Each run is ``python main.py evaluate`` in a process of its own and an empty folder. The rate is that of the photos
beyond the smallest run, so that loading the model does not count; what loading and starting take is the rest. Memory
is the peak of the largest process of a run. Times on a shared machine do not count, their ratios within a run do.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from engine.outputs import write_output

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Run:
    """One run: workers and photos, its seconds, and the peak of its largest process in megabytes."""

    workers: int
    photos: int
    seconds: float
    peak_mb: float


def measure(options: argparse.Namespace, workers: int, photos: int) -> Run:
    """One run from an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "main.py", "evaluate", options.data, "--defense", options.defense, "--patch"]
        words += [options.patch, "--limit", str(photos), "--workers", str(workers), "--out", folder]
        words += ["--model", options.model] if options.model else []
        words += ["--weights", options.weights] if options.weights else []
        started = time.perf_counter()
        child = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"The run ended with exit code {child.returncode}.")
        unit = 2**20 if platform.system() == "Darwin" else 2**10
        return Run(workers, photos, time.perf_counter() - started, used.ru_maxrss / unit)


def rate(runs: list[Run]) -> float:
    """Photos per second beyond the smallest of some runs."""
    first, last = runs[0], runs[-1]
    return (last.photos - first.photos) / (last.seconds - first.seconds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="cifar10", help="a folder of labelled photos, or cifar10")
    parser.add_argument("--model", help="the embedded one if unset; for cifar10, each defense's own")
    parser.add_argument("--weights", help="`random` where there are none: time does not depend on them")
    parser.add_argument("--defense", default="minority_reports_pc")
    parser.add_argument("--patch", default="5%")
    parser.add_argument("--photos", default="50,100,200", help="sizes of the runs, the smallest first")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    sizes = [int(size) for size in options.photos.split(",")]
    if len(sizes) < 2 or sizes != sorted(set(sizes)):
        parser.error("--photos needs two sizes at least, the smallest first")
    measure(options, 1, 1)  # compiled networks and unpacked photos are kept from here on
    table = Table(title=f"{options.model or 'own models'}, {options.defense}, {options.data}", title_justify="left")
    for head in ("workers", "photos", "s", "peak MB", "photos/s"):
        table.add_column(head, justify="right")
    report = []
    for workers in (int(count) for count in options.workers.split(",")):
        runs = [measure(options, workers, size) for size in sizes]
        for run in runs:
            said = f"{rate(runs):.2f}" if run is runs[-1] else ""
            table.add_row(str(workers), str(run.photos), f"{run.seconds:.1f}", f"{run.peak_mb:.0f}", said)
        report.append({"photos_per_second": rate(runs), "runs": [asdict(run) for run in runs]})
    Console().print(table)
    if options.json:
        asked = {name: value for name, value in vars(options).items() if name != "json"}
        write_output(options.json, json.dumps({"machine": machine(), **asked, "workers": report}, indent=2).encode())


if __name__ == "__main__":
    main()
