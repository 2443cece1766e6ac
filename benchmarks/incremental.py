"""Masks of pixels, recomputed only where they change something, against the whole network: ratios within one run.

    python -m benchmarks.incremental --json incremental.json

For every model and the masks of every defense: the share that is saved by counting, the steps that are recomputed and
where the full computation takes over, and a batch of masks by the whole network in PyTorch, recomputed, and by
OpenVINO. The ways take turns, on the same photo and masks; times are processor time of the quickest call, all threads
together, which other programs do not double. *chosen* is what the program takes here under ``--backend torch``.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks.machine import machine
from engine.backends import Backend, OpenVinoBackend, TorchBackend
from engine.classifiers import load_classifier
from engine.classifiers.cut import CutClassifier
from engine.defenses.incremental.choice import SAVED, boxes_of
from engine.defenses.incremental.plan import make_plan
from engine.defenses.incremental.prefix import Prefix, find_prefix
from engine.defenses.incremental.sweep import IncrementalSweep
from engine.defenses.incremental.trial import tried, tried_masks
from engine.defenses.masked_forward import Mask, run_masked
from engine.defenses.masks import covering_masks
from engine.defenses.minority_reports import MinorityReportsConfig
from engine.errors import BackendError
from engine.images import load_image
from engine.outputs import write_output
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.superficial import to_pixels
from engine.threat import PatchThreat

MODELS = ("torchvision:resnet50", "efficientnet_lite0", "cifar10_resnet_occlusion")
PATCHES = ("1%", "2%", "5%")
STEPS = 6  # masks an axis, PatchCleanser's default


@dataclass(frozen=True)
class Row:
    """One model under masks of one size; milliseconds of a batch, the least of some turns.

    Parameters
    ----------
    saved : float
        By counting.
    steps, of : int
        Recomputed, and of all that could be.
    joined : list of str
        Extent of the region and of the map, for each map in which the full computation takes over.
    difference : float
        Of the logits, as a share of the largest.
    """

    model: str
    patch: str
    masks: str
    side: int
    boxes: int
    saved: float
    steps: int
    of: int
    joined: list[str]
    plain_ms: float
    incremental_ms: float
    openvino_ms: float
    difference: float
    pays: bool

    @property
    def ratio(self) -> float:
        """How many times less time than the whole network takes."""
        return self.plain_ms / self.incremental_ms


class Bench:
    """One model, its backends and a photo."""

    def __init__(self, name: str, turns: int) -> None:
        settings = Settings(model=name, weights="random") if ":" in name else Settings(model=name)
        inspector = Inspector(load_classifier(settings))
        self.name, self.turns = name, turns
        self.cut: CutClassifier = inspector.cut("input")[0]
        self.backend = TorchBackend(self.cut)
        self.openvino = _openvino(self.cut)
        self.prefix: Prefix = find_prefix(self.backend.module, self.cut.shapes[0])
        self.photo = to_pixels(inspector.classifier.preprocessing.view(load_image("sample:flower").rgb))
        self.fill = torch.full_like(self.photo[0], 0.5)

    def row(self, patch: str, name: str, masks: Sequence[Mask]) -> Row | None:
        """Time masks of one size; ``None`` where no step is worth recomputing."""
        size = self.cut.input_size
        boxes = boxes_of(masks, size)
        assert boxes is not None
        plan = make_plan(self.prefix, boxes, self.backend.batch)
        if not plan.steps:
            return None
        sweep = IncrementalSweep(plan, self.backend.batch)
        batch = tried_masks(boxes, size, sweep.batch)
        pays = tried(sweep, self.backend, self.photo, self.fill).pays
        wanted = run_masked(self.photo, self.fill, batch, self.backend).logits
        given = run_masked(self.photo, self.fill, batch, self.backend, sweep=sweep).logits
        ways = [self._whole(self.backend, batch), lambda: (sweep.take(batch), sweep.run())]
        if self.openvino is not None:
            ways.append(self._whole(self.openvino, batch))
        plain, incremental, *other = _least(ways, self.turns)
        regions = [(plan.regions[node].rows.size, plan.regions[node].rows.cells) for node in plan.joins]
        return Row(
            *(self.name, patch, name, boxes.height, boxes.count, plan.saved, len(plan.steps), len(self.prefix.steps)),
            joined=[f"{size} of {cells}" for size, cells in regions],
            plain_ms=plain,
            incremental_ms=incremental,
            openvino_ms=other[0] if other else float("nan"),
            difference=float(np.abs(given - wanted).max() / np.abs(wanted).max()),
            pays=plan.saved >= SAVED and pays,
        )

    def _whole(self, backend: Backend, masks: list[Mask]) -> Callable[[], object]:
        photo: Tensor = self.photo[0]

        def run() -> object:
            for mask, out in zip(masks, backend.inputs()[0], strict=True):
                mask.write(photo, self.fill, out)
            return backend.run()

        return run


def _openvino(cut: CutClassifier) -> OpenVinoBackend | None:
    try:
        return OpenVinoBackend(cut)
    except BackendError:
        return None


def _least(ways: list[Callable[[], object]], turns: int) -> list[float]:
    """Processor time of the quickest call of each way, in turns, in milliseconds."""
    least = [float("inf")] * len(ways)
    for _ in range(turns):
        for index, call in enumerate(ways):
            started = time.process_time()
            call()
            least[index] = min(least[index], (time.process_time() - started) * 1000)
    return least


def _masks(threat: PatchThreat) -> dict[str, Sequence[Mask]]:
    """The masks of each defense that masks pixels."""
    masks = covering_masks(threat, STEPS).masks
    return {
        "Minority Reports": MinorityReportsConfig().occlusions(threat).masks,
        "PatchCleanser's": masks,
        "its pairs": (masks[0] | masks[-1],),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=list(MODELS))
    parser.add_argument("--patch", nargs="+", default=list(PATCHES))
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--threads", type=int, help="of the processor")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    console = Console()
    console.print(machine())
    heads = ("patch", "masks", "boxes", "saved", "steps", "joined at", "plain ms", "recomputed", "ratio", "OpenVINO")
    rows: list[Row] = []
    for name in options.model:
        bench = Bench(name, options.turns)
        table = Table(
            *heads, "off by", "chosen", title=f"{name}, batches of {bench.backend.batch}", title_justify="left"
        )
        for patch in options.patch:
            for kind, masks in _masks(PatchThreat.parse(patch, bench.cut.input_size)).items():
                row = bench.row(patch, kind, masks)
                if row is None:
                    table.add_row(patch, kind, "", "", "none")
                    continue
                rows.append(row)
                table.add_row(
                    *(patch, kind, f"{row.boxes} x {row.side} px", f"{row.saved:.0%}", f"{row.steps} of {row.of}"),
                    *(", ".join(row.joined), f"{row.plain_ms:.1f}", f"{row.incremental_ms:.1f}", f"{row.ratio:.2f}"),
                    *(f"{row.openvino_ms:.1f}", f"{row.difference:.0e}", "on" if row.pays else "off"),
                )
        Console(width=max(140, console.width)).print(table)
    if options.json:
        report = {"machine": machine(), "rows": [{**asdict(row), "ratio": row.ratio} for row in rows]}
        write_output(options.json, json.dumps(report, indent=2).encode())


if __name__ == "__main__":
    main()
