"""What the sweep asks of whatever runs the tail."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.settings import Precision

__all__ = ["Backend"]


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

    def inputs(self) -> Sequence[Tensor]:
        """The tensors ``(batch, C, H, W)`` to fill before :meth:`run`, one a crossing tensor."""

    def run(self) -> NDArray[np.float32]:
        """Logits ``(batch, K)`` of what stands in the inputs."""
