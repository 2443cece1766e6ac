"""Small networks ready to be swept, and a backend of which the batches are counted."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from toys import (
    ChannelsLast,
    Skip,
    Toy,
    square_threat,
)

from engine.backends import TorchBackend
from engine.classifiers.cut import CutClassifier
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.superficial import Superficial, superficial, to_pixels
from engine.sweep import Sweep
from engine.windows import WindowFamily, window_family


class Recording:
    """A real backend, of which the batches that it ran are counted."""

    def __init__(self, inner: TorchBackend) -> None:
        self.inner = inner
        self.name, self.precision, self.batch = inner.name, inner.precision, inner.batch
        self.batches = 0

    def inputs(self) -> Sequence[Tensor]:
        return self.inner.inputs()

    def run(self) -> NDArray[np.float32]:
        self.batches += 1
        return self.inner.run()


NETS = {
    "one tensor": (lambda: Toy(nn.Conv2d(3, 4, 3, stride=2, padding=1), 4, gain=5.0), "stem"),
    "two tensors": (lambda: Skip(stride=2, gain=5.0), "mid"),
    "channels last": (ChannelsLast, "act"),
    "pixels": (lambda: Toy(nn.Conv2d(3, 4, 3), 4), "input"),
}
SIZE = 20


def made(
    inspector: Inspector, layer: str, view: NDArray[np.uint8], fill: str = "neutral", importance: str = "contrast"
) -> tuple[CutClassifier, Superficial, WindowFamily, Recording]:
    at, footprints, backend = inspector.prepare(Settings(layer=layer, backend="torch"))
    assert isinstance(backend, TorchBackend)
    state = superficial(at, to_pixels(view), importance, fill)
    return at, state, window_family(footprints, square_threat(4, SIZE)), Recording(backend)


def last(sweeps) -> Sweep:
    *_, final = sweeps
    return final
