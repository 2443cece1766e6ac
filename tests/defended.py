"""Networks for every kind of defense, small enough to be attacked by brute force, and tables made by hand."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from toys import Toy, classifier

from engine.classifiers.footprint import AxisFootprint
from engine.classifiers.hidden_pixels import HiddenPixels
from engine.defenses import Subject
from engine.defenses.band_defense import Bands, BandTables
from engine.defenses.local_defense import EvidenceTables
from engine.defenses.local_evidence import LocalEvidence
from engine.pipeline import Inspector
from engine.predictions import Guard
from engine.settings import Settings

SIZE = 12
CLASSES = 3


class Local(nn.Module):
    """A local-feature network: unpadded 3 x 3 convolutions, evidence for each class and cell, and its mean."""

    def __init__(self, seed: int = 0, gain: float = 30.0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.stem = nn.Conv2d(3, 6, 3)
        self.evidence = nn.Conv2d(6, CLASSES, 1)
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        return self.evidence(self.stem(x).relu() * self.gain).mean((2, 3))


class Banded(nn.Module):
    """A network that is told which pixels are hidden."""

    def __init__(self, seed: int = 0, gain: float = 12.0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.hidden = HiddenPixels((0.5,) * 3, (0.5,) * 3)
        self.conv = nn.Conv2d(6, 6, 3, padding=1)
        self.fc = nn.Linear(6, CLASSES)
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(self.hidden(x)).relu().mean((2, 3))) * self.gain


def plain(seed: int = 0, bias: bool = True, last: float = 1.0) -> nn.Sequential:
    """A network that interval bounds can pass."""
    torch.manual_seed(seed)
    net = nn.Sequential(
        *(nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=bias), nn.ReLU(), nn.Flatten()),
        *(nn.Linear(4 * (SIZE // 2) ** 2, 8, bias=bias), nn.ReLU(), nn.Linear(8, CLASSES, bias=bias)),
    )
    with torch.no_grad():
        net[-1].weight *= last
    return net


NETWORKS = {
    "toy": lambda seed: Toy(nn.Conv2d(3, 4, 3, padding=1), 4, CLASSES, seed=seed, gain=20.0),
    "local": Local,
    "banded": Banded,
    "plain": plain,
}


@cache
def subject(kind: str, seed: int = 0) -> Subject:
    """A network of a kind, ready to be defended."""
    return Subject(Inspector(classifier(NETWORKS[kind](seed), SIZE, name=kind)), Settings(backend="torch"))


def map_footprint(pixels: int, field: int, jump: int) -> AxisFootprint:
    """The footprint of an unpadded network of a receptive field and a jump, from its definition."""
    cells = (pixels - field) // jump + 1
    first = np.array([max(0, -(-(line - field + 1) // jump)) for line in range(pixels)])
    last = np.array([min(cells, line // jump + 1) for line in range(pixels)])
    return AxisFootprint(np.minimum(first, last), last, cells)


def evidence_tables(values: NDArray[np.floating], guard: Guard | None = None) -> EvidenceTables:
    """Tables of a map ``(Fh, Fw, K)`` whose cells each see one pixel."""
    rows, columns = (map_footprint(extent, 1, 1) for extent in values.shape[:2])
    evidence = LocalEvidence(values.astype(np.float32), rows, columns)
    return EvidenceTables(passes=1, guard=guard or Guard(), evidence=evidence)


def band_tables(logits: NDArray[np.floating], band: int, height: int = 1, stride: int = 1) -> BandTables:
    """Tables of one logit row for each column band of a photo as wide as there are bands."""
    bands = Bands("column", height, len(logits) * stride, band, stride)
    return BandTables(passes=len(logits), bands=bands, logits=logits.astype(np.float32))
