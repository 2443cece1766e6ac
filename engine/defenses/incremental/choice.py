"""Whether masks of one size are recomputed on regions: counted, tried on the first photo, and kept.

The choice stays for this network, machine and size of masks, also for later runs: a certificate holds for inference
by the same computation.
"""

import platform
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from engine.backends import Backend, TorchBackend
from engine.cache import cache_folder, digest
from engine.classifiers.cut import CutClassifier
from engine.defenses.incremental.plan import Boxes, Plan, make_plan
from engine.defenses.incremental.prefix import Prefix, find_prefix
from engine.defenses.incremental.sweep import IncrementalSweep
from engine.defenses.incremental.trial import Trial, tried
from engine.defenses.masked_forward import Mask
from engine.kept import Kept

__all__ = ["SAVED", "boxes_of", "incremental_sweep"]

_VERSION = 1
SAVED = 0.15  # of the plain computation's time, by counting, below which nothing is tried
_READY = 2  # sizes of masks for which everything stands ready: PatchCleanser's, alone and in pairs


def incremental_sweep(
    cut: CutClassifier, backend: Backend, crossing: Tensor, fill: Tensor, masks: Sequence[Mask]
) -> IncrementalSweep | None:
    """What to run a list of masks by; ``None`` where the plain computation is to be taken.

    The answer is the same for every photo, and for every list of masks of the same size.

    Parameters
    ----------
    cut : CutClassifier
    backend : Backend
    crossing : Tensor (1, C, H, W)
        A photo to try it on where that was never done.
    fill : Tensor (C, H, W)
        What stands in for hidden cells.
    masks : sequence of Mask
    """
    boxes = boxes_of(masks, (crossing.shape[2], crossing.shape[3]))
    if boxes is None or not isinstance(backend, TorchBackend):
        return None
    if (backend.name, backend.precision, len(cut.shapes)) != ("torch-cpu", "fp32", 1):
        return None
    if backend not in _CHOICES:
        _CHOICES[backend] = _Choices(cut, backend)
    return _CHOICES[backend].sweep(backend, boxes, crossing, fill)


def boxes_of(masks: Sequence[Mask], size: tuple[int, int]) -> Boxes | None:
    """What masks have in common; ``None`` if they hide nothing, or all but their boxes, or begin outside."""
    boxes = [box for mask in masks for box in mask.boxes]
    if not boxes or any(mask.shown for mask in masks) or any(min(box[:2]) < 0 for box in boxes):
        return None
    height, width = (max(min(box[axis + 2], size[axis]) - box[axis] for box in boxes) for axis in (0, 1))
    return Boxes(height, width, max(len(mask.boxes) for mask in masks)) if min(height, width) > 0 else None


class _Choices:
    """What was found for a backend; it does not hold it, so that both go together."""

    def __init__(self, cut: CutClassifier, backend: TorchBackend) -> None:
        self._shape = cut.shapes[0]
        self._key = digest(
            _VERSION,
            torch.__version__,
            platform.machine(),
            torch.backends.cpu.get_cpu_capability(),
            torch.get_num_threads(),
            cut.signature,
            backend.batch,
        )
        self._prefix: Prefix | None = None
        self._pays: dict[Boxes, bool] = {}
        self._sweeps: Kept[Boxes, IncrementalSweep] = Kept(_READY)

    def sweep(self, backend: TorchBackend, boxes: Boxes, crossing: Tensor, fill: Tensor) -> IncrementalSweep | None:
        if self._pays.get(boxes) is False:
            return None
        sweep = self._sweeps.get(boxes)
        if sweep is None:
            plan = self._plan(backend, boxes)
            sweep = IncrementalSweep(plan, backend.batch) if plan.saved >= SAVED else None
            if boxes not in self._pays:
                self._pays[boxes] = sweep is not None and self._found(sweep, backend, crossing, fill)
            if sweep is None or not self._pays[boxes]:
                return None
            self._sweeps.put(boxes, sweep)
        return sweep

    def _plan(self, backend: TorchBackend, boxes: Boxes) -> Plan:
        if self._prefix is None:
            self._prefix = find_prefix(backend.module, self._shape)
        return make_plan(self._prefix, boxes, backend.batch)

    def _found(self, sweep: IncrementalSweep, backend: TorchBackend, crossing: Tensor, fill: Tensor) -> bool:
        """Whether the sweep pays: as kept, or by a trial; not where that cannot be kept, for the next run to know."""
        folder = cache_folder("incremental")
        if folder is None:
            return False
        path = folder / f"{digest(self._key, sweep.plan.boxes)}.json"
        trial = Trial.read(path)
        if trial is None:
            trial = tried(sweep, backend, crossing, fill)
            try:
                trial.keep(path)
            except OSError:
                return False
        return trial.pays


_CHOICES: WeakKeyDictionary[TorchBackend, _Choices] = WeakKeyDictionary()
