"""What the sweep asks of whatever runs the tail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.settings import Precision

__all__ = ["Backend", "Computation"]


@dataclass(frozen=True)
class Computation:
    """All of a backend that decides what it answers; a certificate holds for inference with the same one.

    Parameters
    ----------
    name : str
        Such as ``torch-cpu``.
    precision : str
        Arithmetic of the tail.
    batch : int
        Rows of every batch.
    """

    name: str
    precision: Precision
    batch: int

    def __str__(self) -> str:
        """As a sentence names it."""
        return f"{self.name}, {self.precision}, {self.batch} windows at once"


class Backend(Protocol):
    """Runs the tail on batches of one fixed size.

    A fixed size makes a row's logits independent of how many others were asked for with it: certificate and
    inference then rest on the same arithmetic.
    """

    @property
    def name(self) -> str:
        """Name for reports and cache keys, such as ``torch-cpu``."""

    @property
    def precision(self) -> Precision:
        """Arithmetic of the tail."""

    @property
    def batch(self) -> int:
        """Rows of every batch."""

    @property
    def note(self) -> str:
        """A sentence on what it had to give up to run here; empty if nothing."""

    def inputs(self) -> Sequence[Tensor]:
        """The tensors ``(batch, C, H, W)`` to fill before :meth:`run`, one a crossing tensor."""

    def run(self) -> NDArray[np.float32]:
        """Logits ``(batch, K)`` of what stands in the inputs."""

    def smaller(self) -> "Backend | None":
        """A backend for the same tail that needs less memory; ``None`` if there is none."""
