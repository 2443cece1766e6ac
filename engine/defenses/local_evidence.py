"""Local-feature networks: class evidence of every cell, each of which sees only a part of the photo."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from engine.classifiers.cut import CutClassifier
from engine.classifiers.footprint import AxisFootprint
from engine.classifiers.graph import layer_nodes, tensor_value
from engine.defenses.cover import Cover
from engine.errors import LayerError
from engine.pipeline import Inspector
from engine.threat import PatchThreat

__all__ = ["EvidenceLayer", "LocalEvidence", "Windows", "evidence_windows", "find_evidence"]

NEEDS = (
    "a local-feature network, whose logits are the mean of a map with one channel a class, each cell seeing a part"
)
_SAME = 1e-4  # of the largest logit


@dataclass(frozen=True, eq=False)
class EvidenceLayer:
    """Where a local-feature network has its class evidence.

    Parameters
    ----------
    cut : CutClassifier
        Cut there.
    rows, columns : AxisFootprint
        Which cells each line of pixels reaches.
    """

    cut: CutClassifier
    rows: AxisFootprint
    columns: AxisFootprint


@dataclass(frozen=True, eq=False)
class LocalEvidence:
    """Class evidence of one photo.

    Parameters
    ----------
    values : float32 array (Fh, Fw, K), read-only
        Logits of every cell; their mean over cells are the network's.
    rows, columns : AxisFootprint
    """

    values: NDArray[np.float32] = field(repr=False)
    rows: AxisFootprint
    columns: AxisFootprint

    def __post_init__(self) -> None:
        """Make the array read-only."""
        self.values.setflags(write=False)


@dataclass(frozen=True, eq=False)
class Windows:
    """All windows of a size on a map, and the places of the patch that each of them takes in.

    Parameters
    ----------
    cells : bool array (windows, cells), read-only
        Which cells, in flat order, lie in each window.
    cover : Cover
        The windows along each axis, and the places whose touched cells they hold.
    size : (int, int)
        Height and width of a window in cells.
    """

    cells: NDArray[np.bool_] = field(repr=False)
    cover: Cover
    size: tuple[int, int]


def find_evidence(inspector: Inspector) -> EvidenceLayer | str:
    """The last map of a network that has one channel a class and of which the logits are the mean.

    Returns
    -------
    EvidenceLayer, or str
        Else the sentence why this is no local-feature network.
    """
    classifier = inspector.classifier
    classes = len(classifier.labels)
    name = None
    for layer, node in layer_nodes(inspector.graph.graph).items():
        value = tensor_value(node)
        if value is not None and value.ndim == 4 and value.shape[1] == classes and max(value.shape[2:]) > 1:
            name = layer
    if name is None:
        return f"it needs {NEEDS}, and no map of {classifier.name} has {classes} channels."
    try:
        cut, footprints = inspector.cut(name)
    except LayerError as error:
        return f"it needs {NEEDS}, and {classifier.name} is none ({str(error).rstrip('.')})."
    sample = torch.randn(2, *cut.shapes[0], generator=torch.Generator().manual_seed(0))
    if len(cut.shapes) > 1 or not _is_mean(cut, sample):
        return f"it needs {NEEDS}, and the logits of {classifier.name} are not the mean of {name}."
    return EvidenceLayer(cut, footprints.rows[0], footprints.columns[0])


def _is_mean(cut: CutClassifier, sample: torch.Tensor) -> bool:
    logits, mean = cut.tail(sample), sample.mean((2, 3))
    return logits.shape == mean.shape and bool((logits - mean).abs().max() <= _SAME * mean.abs().max())


def evidence_windows(rows: AxisFootprint, columns: AxisFootprint, threat: PatchThreat) -> Windows:
    """The windows of ``w x w`` cells that take in whatever a patch touches, ``w`` the most it touches.

    For an unpadded network of receptive field r and jump s that is ``ceil((p + r - 1) / s)``; here it is the
    largest footprint that was probed, and no larger than the map.
    """
    axes = [_axis(axis, length) for axis, length in ((rows, threat.height), (columns, threat.width))]
    (high, hold_rows), (wide, hold_columns) = axes
    down = _runs(rows.cells, high)
    across = _runs(columns.cells, wide)
    cells = np.einsum("ai,bj->abij", down, across).reshape(len(down) * len(across), -1)
    cells.setflags(write=False)
    return Windows(cells, Cover(hold_rows, hold_columns), (high, wide))


def _axis(axis: AxisFootprint, length: int) -> tuple[int, NDArray[np.bool_]]:
    """Cells of a window along one axis, and which windows hold all that is touched at each place."""
    strips = np.array([axis.strip(place, place + length) for place in range(len(axis.first) - length + 1)])
    first, last = strips.T
    size = max(1, int((last - first).max()))
    start = np.arange(axis.cells - size + 1)[:, None]
    return size, (first == last) | ((start <= first) & (last <= start + size))


def _runs(cells: int, size: int) -> NDArray[np.bool_]:
    start, cell = np.arange(cells - size + 1)[:, None], np.arange(cells)[None, :]
    runs: NDArray[np.bool_] = (start <= cell) & (cell < start + size)
    return runs
