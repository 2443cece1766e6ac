"""The incremental sweep tried against the plain one on a photo: same logits, nothing leaks, how long each takes."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.backends import Backend
from engine.cache import write_whole
from engine.defenses.incremental.plan import Boxes
from engine.defenses.incremental.sweep import IncrementalSweep
from engine.defenses.masked_forward import Mask, run_masked

__all__ = ["Trial", "tried", "tried_masks"]

_QUICKER = 0.9  # of the plain computation's time: a choice that noise does not turn
_AGREEMENT = 1e-5  # of the largest logit; a tenth of what the guard of a margin allows
_TURNS = 6  # at most; other programs can only make a run seem slower
_CLEARLY = 0.75  # of the plain computation's time, with which no further turn is taken


@dataclass(frozen=True)
class Trial:
    """What a trial found.

    Parameters
    ----------
    agrees : bool
        Whether the logits are those of the plain computation.
    seals : bool
        Whether NaN behind a mask leaves every bit of its logits as it was.
    plain, incremental : float
        Processor time of one batch each, in seconds.
    """

    agrees: bool
    seals: bool
    plain: float
    incremental: float

    @property
    def pays(self) -> bool:
        """Whether the incremental sweep is to be used."""
        return self.agrees and self.seals and self.incremental < _QUICKER * self.plain

    @classmethod
    def read(cls, path: Path) -> "Trial | None":
        """A trial that was kept, if it is there and whole."""
        try:
            found = json.loads(path.read_text())
            return cls(
                bool(found["agrees"]), bool(found["seals"]), float(found["plain"]), float(found["incremental"])
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, path: Path) -> None:
        """Keep it for later runs.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        write_whole(path, json.dumps(asdict(self)).encode())


def tried(sweep: IncrementalSweep, backend: Backend, crossing: Tensor, fill: Tensor) -> Trial:
    """Try a sweep on a photo ``(1, C, H, W)`` under a batch of masks."""
    masks = tried_masks(sweep.plan.boxes, (crossing.shape[2], crossing.shape[3]), sweep.batch)
    wanted = run_masked(crossing, fill, masks, backend).logits
    found = run_masked(crossing, fill, masks, backend, sweep=sweep).logits
    if not _agree(found, wanted):
        return Trial(False, False, 0.0, 0.0)
    hiding = len(masks) // 2
    hostile = crossing.clone()
    Mask(masks[hiding].boxes).write(crossing[0], torch.full_like(fill, torch.nan), hostile[0])
    sealed = run_masked(hostile, fill, masks, backend, sweep=sweep).logits
    seals = sealed[hiding].tobytes() == found[hiding].tobytes()
    sweep.begin(crossing, fill)
    plain, incremental = _quickest(backend.run, lambda: _again(sweep, masks))
    return Trial(True, seals, plain, incremental)


def tried_masks(boxes: Boxes, size: tuple[int, int], batch: int) -> list[Mask]:
    """A batch of masks from one corner of the photo to the other; one alone stands in the middle."""
    tops, lefts = (
        np.linspace(0, extent - side, batch).astype(int).tolist() if batch > 1 else [(extent - side) // 2]
        for extent, side in zip(size, (boxes.height, boxes.width), strict=True)
    )
    masks = []
    for row, top in enumerate(tops):
        corners = [(top, lefts[(row + index) % batch]) for index in range(boxes.count)]
        masks.append(Mask(tuple((y, x, y + boxes.height, x + boxes.width) for y, x in corners)))
    return masks


def _agree(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> bool:
    if not np.isfinite(wanted).all():
        return False
    return bool(np.abs(found - wanted).max() <= _AGREEMENT * max(1.0, float(np.abs(wanted).max())))


def _again(sweep: IncrementalSweep, masks: Sequence[Mask]) -> None:
    sweep.take(masks)
    sweep.run()


def _quickest(plain: Callable[[], object], incremental: Callable[[], object]) -> tuple[float, float]:
    """Processor time of the quickest call of each, all threads together, in turns until one is clearly quicker."""
    least = [float("inf"), float("inf")]
    for turn in range(_TURNS):
        for index, call in enumerate((plain, incremental)):
            started = time.process_time()
            call()
            least[index] = min(least[index], time.process_time() - started)
        if turn and least[1] < _CLEARLY * least[0]:
            break
    return least[0], least[1]
