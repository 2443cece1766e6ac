"""How quickly the window answers: the real window on the real engine, without a screen.

    python -m benchmarks.interface

Times the start (in processes of its own, after one that warms the caches), what one move of the **Top-ranking
rate** slider takes until each thing is shown, and the gaps of the window's thread while the slider is moved a
hundred times a second. "Shown" is when every panel has taken the engine's answer over and the canvas is painted.

Times depend on the machine. What must hold on every machine is checked, and decides the exit code: the stages
come in order, the last move wins, and no gap is above a second.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, QSettings, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QSlider
from rich.console import Console
from rich.table import Table

from benchmarks.heartbeat import Heartbeat
from engine.outputs import write_output
from gui.app import application, create_window
from gui.main_window import MainWindow
from gui.snapshot import Snapshot
from gui.state import Phase

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("superficial", "clusters", "windows", "verdict")
START = 50  # % of the top-ranking rate, from which the single moves go down and, held, up
MOST_MOVES = 40
MOVE_MS = 10
PATIENCE_MS = 300_000
TARGETS_MS = {  # on two CPU cores; the last is for the 99th percentile
    "start to visible": 1500,
    "start to first verdict": 6000,
    "slider move to heatmap and SINs": 100,
    "slider move to full verdict": 900,
}
GAP_TARGET_MS = 50


class Watch(QObject):
    """Notes when each stage of each request was shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.slider = window.findChild(QSlider, "topRateSlider")
        self.shown: dict[tuple[int, str], float] = {}
        self.stages: dict[int, list[str]] = {}
        self.previews: set[int] = set()
        self.is_timing = True
        window.state.snapshot_changed.connect(self._note)

    @Slot(object)
    def _note(self, snapshot: Snapshot) -> None:
        if self.is_timing:
            self.window.canvas.repaint()
        request = snapshot.request
        self.stages.setdefault(request.generation, []).append(snapshot.stage)
        self.shown.setdefault((request.generation, snapshot.stage), time.perf_counter())
        if request.preview:
            self.previews.add(request.generation)

    def wait(self, there: Callable[[], bool]) -> None:
        """Serve events until something holds.

        Raises
        ------
        SystemExit
            If the engine fails or does not come to an end.
        """
        late = time.monotonic() + PATIENCE_MS / 1000
        loop = QEventLoop()
        ticks = QTimer()
        ticks.timeout.connect(loop.quit)
        ticks.start(20)
        self.window.state.snapshot_changed.connect(loop.quit)
        while not there():
            problem = self.window.state.problem
            if problem is not None or time.monotonic() > late:
                raise SystemExit(f"error: {problem.sentence if problem else 'the engine came to no verdict'}")
            loop.exec()
        ticks.stop()

    def is_settled(self) -> bool:
        """Whether the verdict of what is asked stands."""
        state = self.window.state
        shown = state.snapshot
        return state.phase is Phase.VERDICT and shown is not None and shown.request.document == state.document

    def move(self, value: int) -> dict[str, float]:
        """Move the slider by one and wait for the end; milliseconds to each stage.

        ``sins`` is when the heatmap and the SINs were there, ``preview`` or ``full`` the end.
        """
        before = max(self.stages, default=0)
        started = time.perf_counter()
        self.slider.setValue(value)
        if self.window.state.holding:
            self.wait(lambda: any(now > before and "verdict" in seen for now, seen in self.stages.items()))
        else:
            self.wait(self.is_settled)
        times: dict[str, float] = {}
        for (generation, stage), at in sorted(self.shown.items(), key=lambda item: item[1]):
            if generation > before:
                end = "preview" if generation in self.previews else "full"
                times.setdefault(end if stage == "verdict" else stage, (at - started) * 1000)
                if stage != "superficial":  # a busy window may be shown the clusters with the first windows
                    times.setdefault("sins", (at - started) * 1000)
        return times

    def in_order(self) -> bool:
        """Whether no request ever showed an earlier stage after a later one."""
        return all(seen == sorted(seen, key=STAGES.index) for seen in self.stages.values())


def starts(repeats: int, folder: str) -> dict[str, list[float]]:
    """Milliseconds from the start of the program; the first one warms the caches and does not count."""
    found: dict[str, list[float]] = {"start to visible": [], "start to first verdict": [], "longest gap": []}
    environment = os.environ | {"XDG_CONFIG_HOME": folder}
    for _ in range(1 + repeats):
        started = time.time()
        command = [sys.executable, "-m", "benchmarks.opening"]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        times = json.loads(done.stdout)
        found["start to visible"].append((times["visible"] - started) * 1000)
        found["start to first verdict"].append((times["verdict"] - started) * 1000)
        found["longest gap"].append(times["longest_gap_ms"])
    return {name: values[1:] for name, values in found.items()}


def moves(watch: Watch, repeats: int) -> dict[str, list[float]]:
    """Single moves down from ``START``, as by a key; back to where it has been; then up, held."""
    found: dict[str, list[float]] = {
        "slider move to heatmap and SINs": [],
        "slider move to full verdict": [],
        "held slider to heatmap and SINs": [],
        "held slider to preview": [],
        "former setting to full verdict": [],
    }
    rates = list(range(START - 1, START - 1 - repeats, -1))
    for rate in rates:
        times = watch.move(rate)
        found["slider move to heatmap and SINs"].append(times["sins"])
        found["slider move to full verdict"].append(times["full"])
    for rate in reversed(rates):
        found["former setting to full verdict"].append(watch.move(rate + 1)["full"])
    watch.slider.setSliderDown(True)
    for step in range(repeats):
        times = watch.move(START + 1 + step)
        found["held slider to heatmap and SINs"].append(times["sins"])
        if "preview" in times:  # on a slow machine the rest of a held slider may overtake it
            found["held slider to preview"].append(times["preview"])
    watch.slider.setSliderDown(False)
    watch.wait(watch.is_settled)
    return found


def storm(watch: Watch, seconds: float) -> tuple[list[float], list[float]]:
    """Move the held slider a hundred times a second; gaps, and what each move took, in milliseconds."""
    heartbeat, loop, timer = Heartbeat(watch), QEventLoop(), QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(MOVE_MS)
    taken: list[float] = []

    def step() -> None:
        began = time.perf_counter()
        watch.slider.setValue(20 + len(taken) % 61)
        taken.append((time.perf_counter() - began) * 1000)
        if time.perf_counter() - started >= seconds:
            timer.stop()
            loop.quit()

    timer.timeout.connect(step)
    watch.is_timing = False  # as it is used: no painting but what Qt asks for
    watch.slider.setSliderDown(True)
    started = time.perf_counter()
    heartbeat.start()
    timer.start()
    loop.exec()
    gaps = heartbeat.stop()
    watch.slider.setSliderDown(False)
    watch.wait(watch.is_settled)
    return gaps, taken


def print_times(console: Console, windows: int, times: dict[str, list[float]]) -> None:
    """Medians with their spread, beside what is aimed at on two cores."""
    table = Table(title=f"Milliseconds; {windows} windows in the full run")
    for head in ("", "median", "least", "most", "n", "target"):
        table.add_column(head, justify="left" if not head else "right")
    for name, values in times.items():
        if values:
            spread = [f"{value:.0f}" for value in (statistics.median(values), min(values), max(values))]
            target = TARGETS_MS.get(name)
            table.add_row(name, *spread, str(len(values)), f"< {target}" if target else "")
        else:
            table.add_row(name, "never shown", "", "", "0", "")
    console.print(table)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=11, help=f"moves of each kind, 1 to {MOST_MOVES} (11)")
    parser.add_argument("--starts", type=int, default=3, help="starts after the one that warms the caches (3)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of a hundred moves each (5)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    if not 1 <= options.repeats <= MOST_MOVES or options.starts < 0 or options.seconds <= 0:
        parser.error(f"--repeats goes from 1 to {MOST_MOVES}, --starts from 0, and --seconds is above 0")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 1 if something does not hold that must on every machine."""
    options = _options(argv)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, folder)
        times = starts(options.starts, folder) if options.starts else {}
        application()
        window = create_window()
        watch = Watch(window)
        window.show()
        try:
            watch.wait(watch.is_settled)
            watch.move(START)
            windows = len(window.state.snapshot.windows)
            times |= moves(watch, options.repeats)
            gaps, taken = storm(watch, options.seconds)
            last = window.state.snapshot
            checks = {
                "stages come in order": watch.in_order(),
                "the last move wins": last.request.document == window.state.document
                and round(last.settings.top * 100) == watch.slider.value(),
                "no gap above a second": max(gaps) < 1000,
            }
        finally:
            window.close()
            window.deleteLater()
            QApplication.processEvents()

    # Only now: it imports torch, which the window's thread must not be seen to need.
    from benchmarks.machine import machine, peak_memory_mb

    console = Console()
    head = machine()
    console.print(head)
    print_times(console, windows, times)
    rate = len(taken) / options.seconds
    gap = {"p50": float(np.percentile(gaps, 50)), "p99": float(np.percentile(gaps, 99)), "max": max(gaps)}
    console.print(
        f"gaps of the window's thread under {rate:.0f} moves a second for {options.seconds:g} s: "
        f"median {gap['p50']:.0f} ms, 99th percentile {gap['p99']:.0f} ms (target < {GAP_TARGET_MS}), "
        f"longest {gap['max']:.0f} ms; a move itself takes the thread {statistics.median(taken):.1f} ms (median)"
    )
    for what, holds in checks.items():
        console.print(f"{what}: {'yes' if holds else 'NO'}")
    console.print(f"peak memory of this process: {peak_memory_mb():.0f} MB")
    if options.json:
        report = {
            "machine": head,
            "windows": windows,
            "ms": times,
            "moves_per_second": rate,
            "move_ms": statistics.median(taken),
            "gap_ms": gap,
            "checks": checks,
            "peak_memory_mb": peak_memory_mb(),
        }
        write_output(options.json, json.dumps(report, indent=2).encode())
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
