"""Masked inputs run in batches of the backend's size: known rows are not run again, and it can be stopped."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["BatchRunner", "Logits", "Runs"]

Logits = NDArray[np.float32]
Mask = TypeVar("Mask", bound=Hashable)

_KNOWN_AT_ONCE = 64  # known rows between two looks at `stop`


class Runs(Protocol):
    """What runs batches of one fixed size: a backend, or what stands before one."""

    @property
    def batch(self) -> int:
        """Rows of every batch."""

    def inputs(self) -> Sequence[Tensor]:
        """The tensors to fill before :meth:`run`."""

    def run(self) -> Logits:
        """Logits ``(batch, K)`` of what was filled in."""


class BatchRunner(Generic[Mask]):
    """Runs inputs in batches of the backend's size, takes known rows as they are, stops when told.

    Parameters
    ----------
    backend : Runs
    write : callable
        Writes the inputs of some masks into the first rows of the backend's tensors.
    known, keep : callable, optional
        Look a mask's row up, and keep one that was run.
    stop : callable, optional
        Asked before every batch; once it says yes, nothing more is run.
    """

    def __init__(
        self,
        backend: Runs,
        write: Callable[[Sequence[Mask], Sequence[Tensor]], None],
        known: Callable[[Mask], Logits | None] | None = None,
        keep: Callable[[Mask, Logits], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self._backend, self._write, self._known, self._keep = backend, write, known, keep
        self._stop = stop or (lambda: False)
        self.stopped = False
        self.passes = 0
        self.found = 0

    def rows(self, inputs: Iterable[tuple[int, Mask]]) -> Iterator[list[tuple[list[int], Logits]]]:
        """Answers ``(targets, logits)`` after every batch; known ones come along with the next batch."""
        known: list[tuple[list[int], Logits]] = []
        waiting: dict[Mask, list[int]] = {}
        for target, mask in inputs:
            if mask in waiting:
                waiting[mask].append(target)
                self.found += 1
            elif (row := self._known(mask) if self._known else None) is not None:
                known.append(([target], row))
                self.found += 1
                if len(known) >= _KNOWN_AT_ONCE:
                    if self._told_to_stop():
                        break
                    yield known
                    known = []
            else:
                waiting[mask] = [target]
            if len(waiting) == self._backend.batch:
                if self._told_to_stop():
                    break
                yield known + self._run(waiting)
                known, waiting = [], {}
        if waiting and not self._told_to_stop():
            known += self._run(waiting)
        yield known

    def _told_to_stop(self) -> bool:
        self.stopped = self.stopped or self._stop()
        return self.stopped

    def _run(self, waiting: dict[Mask, list[int]]) -> list[tuple[list[int], Logits]]:
        self._write(list(waiting), self._backend.inputs())
        answers = []
        for (mask, targets), row in zip(waiting.items(), self._backend.run(), strict=False):
            kept = row.copy()
            kept.setflags(write=False)
            if self._keep:
                self._keep(mask, kept)
            answers.append((targets, kept))
        self.passes += len(waiting)
        return answers
