"""What other batches than the backend's own would give: whole jobs, each in turns with the others.

    python -m benchmarks.batches

Larger batches take less time a row, and leave more rows of the last one empty. Beside each other stand a preview
(11 rows), an inspection (38 rows) and a defense with hundreds of masks: by the clock and, in brackets, in processor
time, as shares of what the same job takes in batches of 4.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from engine.backends import Backend, OpenVinoBackend, TorchBackend
from engine.classifiers import load_classifier
from engine.classifiers.cut import CutClassifier
from engine.classifiers.footprint import Footprints
from engine.defenses import Subject, make_defense
from engine.images import load_image
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.threat import PatchThreat

BATCHES = (4, 8, 16)
SAMPLES = {"efficientnet_lite0": "sample:flower"}  # others are of 32 px
SMALL = "sample:ship"
JOBS = (
    ("efficientnet_lite0", "preview", "2%"),
    ("efficientnet_lite0", "inspection", "2%"),
    ("cifar10_resnet_sin", "preview", "5%"),
    ("cifar10_resnet_sin", "inspection", "5%"),
    ("cifar10_resnet_occlusion", "minority_reports_pc", "5%"),
    ("cifar10_resnet_occlusion", "minority_reports:stride=1", "5%"),
)


class Batched(Inspector):
    """An inspector whose backends take batches of one size.

    Parameters
    ----------
    settings : Settings
    batch : int
    """

    def __init__(self, settings: Settings, batch: int) -> None:
        super().__init__(load_classifier(settings))
        self._batch = batch
        self._made: dict[str, Backend] = {}

    def prepare(self, settings: Settings) -> tuple[CutClassifier, Footprints, Backend]:
        """As every inspector, with another backend."""
        _, footprints = self.cut(settings.layer)
        cut = self.pruned_cut(settings)
        if cut.layer not in self._made:
            kind = OpenVinoBackend if settings.backend == "openvino" else TorchBackend
            self._made[cut.layer] = kind(cut, batch=self._batch)
        return cut, footprints, self._made[cut.layer]


def job(inspector: Inspector, what: str, settings: Settings, view: NDArray[np.uint8]) -> Callable[[], object]:
    """Something to do again and again, with nothing kept from the last time."""
    if what in ("preview", "inspection"):

        def inspect() -> object:
            inspector.forget()
            return list(inspector.inspect(view, settings, coarse=what == "preview"))

        return inspect
    subject, defense = Subject(inspector, settings), make_defense(what)
    threat = PatchThreat.parse(settings.patch, inspector.classifier.preprocessing.input_size)
    defense.prepare(subject)
    return lambda: defense.tables(subject, view, threat)


def shares(calls: dict[int, Callable[[], object]], rounds: int) -> dict[int, tuple[float, float]]:
    """For each batch, clock and processor time as shares of the first one's: medians of the rounds."""
    taken: dict[int, list[tuple[float, float]]] = {batch: [] for batch in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for batch, call in calls.items():
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            taken[batch].append((time.perf_counter() - wall, time.process_time() - cpu))
    first = next(iter(taken.values()))
    return {batch: (_median(values, first, 0), _median(values, first, 1)) for batch, values in taken.items()}


def _median(values: Sequence[tuple[float, float]], first: Sequence[tuple[float, float]], which: int) -> float:
    return statistics.median(one[which] / other[which] for one, other in zip(values, first, strict=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("openvino", "torch"), default="openvino")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, help="of the processor")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    console = Console(width=100)
    console.print(machine())
    table = Table(title=f"{options.backend}: time by the clock (of the processor), batches of {BATCHES[0]} = 1")
    for head in ("model", "job", *map(str, BATCHES)):
        table.add_column(head)
    for model, what, patch in JOBS:
        settings = Settings(model=model, backend=options.backend, patch=patch)
        calls = {}
        for batch in BATCHES:
            inspector = Batched(settings, batch)
            view = inspector.classifier.preprocessing.view(load_image(SAMPLES.get(model, SMALL)).rgb)
            calls[batch] = job(inspector, what, settings, view)
        found = shares(calls, options.rounds)
        table.add_row(model, what, *(f"{wall:.2f} ({cpu:.2f})" for wall, cpu in found.values()))
    console.print(table)


if __name__ == "__main__":
    main()
