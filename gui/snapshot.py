"""What the engine's thread hands to the window: plain arrays and words, nothing of torch."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.settings import Settings

if TYPE_CHECKING:  # it imports torch
    from engine.analysis.reference import Reference

__all__ = [
    "Benign",
    "ClusterShape",
    "ModelInfo",
    "Prediction",
    "Problem",
    "Request",
    "Snapshot",
    "VerdictView",
    "WindowsView",
]

StageName = Literal["superficial", "clusters", "windows", "verdict"]


@dataclass(frozen=True)
class Request:
    """One thing asked of the engine; it captures all it needs and never changes.

    Parameters
    ----------
    generation : int
        Later requests have larger ones; the engine drops older ones.
    document : Document
    preview : bool
        Some of the windows while a slider is held; its outcome is never a verdict.
    maps : bool
        Deep and superficial importance maps are wanted, and nothing else.
    """

    generation: int
    document: Any
    preview: bool = False
    maps: bool = False


@dataclass(frozen=True)
class ModelInfo:
    """What controls need to know of the loaded model.

    Parameters
    ----------
    name : str
    input_size : (int, int)
        Height and width in pixels.
    labels : tuple of str
    usual_layers : tuple of str
        Names of superficial layers 1, 2, 3.
    layers : tuple of str
        Every module it can be cut at.
    """

    name: str
    input_size: tuple[int, int]
    labels: tuple[str, ...]
    usual_layers: tuple[str, ...]
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Prediction:
    """A label with its confidence in [0, 1]."""

    label: int
    name: str
    confidence: float


@dataclass(frozen=True)
class ClusterShape:
    """A cluster of SINs as a circle: centre (x, y) and s_c in pixels of the model's input, and its size."""

    x: float
    y: float
    std_px: float
    size: int


@dataclass(frozen=True, eq=False)
class Benign:
    """What is known of the photo without the patch that is on it.

    Parameters
    ----------
    curve : float32 array (m,)
        As in :class:`Snapshot`.
    clusters : tuple of ClusterShape
    """

    curve: NDArray[np.float32] = field(repr=False)
    clusters: tuple[ClusterShape, ...]


@dataclass(frozen=True, eq=False)
class WindowsView:
    """The occluding windows, one element a window; arrays are read-only.

    Parameters
    ----------
    boxes_px : int array (n, 4)
        Top, left, bottom, right in pixels of the model's input, ends excluded.
    grid : (int, int)
        Windows down and across.
    least_px : (int, int)
        Height and width in pixels of what every window hides, at the least.
    done, skipped, firing : bool array (n,)
    label : int array (n,)
        -1 where not known yet.
    confidence, margin, sin_share : float array (n,)
    """

    boxes_px: NDArray[np.int64]
    grid: tuple[int, int]
    least_px: tuple[int, int]
    done: NDArray[np.bool_]
    skipped: NDArray[np.bool_]
    firing: NDArray[np.bool_]
    label: NDArray[np.int64]
    confidence: NDArray[np.float64]
    margin: NDArray[np.float64]
    sin_share: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.boxes_px)


@dataclass(frozen=True, eq=False)
class VerdictView:
    """The verdict and its certificate.

    Parameters
    ----------
    word, reason, scope : str
    locations : int array
        Windows that prove each place of the patch (top-left corner); 0 is not certified.
    certified, places : int
    label : int
        The label the certificate is about; ``label_given`` if the user named it.
    min_margin : float
    passes, reused : int
    timing_ms : dict
    report : dict
        The report object of the command line.
    computed : bool
        Whether all that the proof needs was computed; if not, zeros in ``locations`` mean nothing.
    """

    word: str
    reason: str
    scope: str
    locations: NDArray[np.int64]
    certified: int
    places: int
    label: int
    label_given: bool
    min_margin: float
    passes: int
    reused: int
    timing_ms: dict[str, float]
    report: dict[str, Any] = field(repr=False)
    computed: bool = True


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What is known of one request so far; later stages hold more.

    Parameters
    ----------
    request : Request
    stage : str
    settings : Settings
        With the default rate and window filled in.
    model : ModelInfo
    layer : str
        The module's name.
    original : uint8 array (h, w, 3)
        The photo as read (scaled down if it is very large).
    clean_view, view : uint8 array (H, W, 3)
        The photo as the model sees it, without and with the patch.
    patch_box : (top, left, bottom, right), optional
        Pixels that the patch may have changed.
    threat_px : (int, int)
        Height and width of the patch that is feared; ``share`` of the input.
    heatmap : float32 array (h, w)
        Superficial importance map, in cells.
    curve : float32 array (m,)
        Sorted superficial importance, thinned evenly in rank.
    neurons, count : int
        Superficial neurons, and k of them kept.
    sins_px : float array (n, 2), cluster_of : int array (n,)
        Clustered SINs as (y, x), and the cluster of each.
    smallest_window, largest_window, side : int
        In cells of the superficial layer.
    backend, computation : str
        What ran the network; the same with arithmetic and batch, as a sentence names it.
    seen : (float, float, float, float)
        The part of ``original`` that the model sees: top, left, bottom, right as shares of its sides.
    benign : Benign, optional
        The photo without its patch; ``None`` if none is on it.
    reference : Reference, optional
        How clusters are distributed at this layer over benign photos and patched copies, if that is known.
    adapted : str
        What the weights below the layer were adapted to; empty for the original ones.
    """

    request: Request
    stage: StageName
    settings: Settings
    model: ModelInfo
    layer: str
    original: NDArray[np.uint8] = field(repr=False)
    clean_view: NDArray[np.uint8] = field(repr=False)
    view: NDArray[np.uint8] = field(repr=False)
    patch_box: tuple[int, int, int, int] | None
    notes: tuple[str, ...]
    threat_px: tuple[int, int]
    share: float
    heatmap: NDArray[np.float32] = field(repr=False)
    curve: NDArray[np.float32] = field(repr=False)
    neurons: int
    count: int
    smallest_window: int
    largest_window: int
    side: int
    backend: str
    computation: str
    sins_px: NDArray[np.float64] | None = field(default=None, repr=False)
    cluster_of: NDArray[np.int64] | None = field(default=None, repr=False)
    clusters: tuple[ClusterShape, ...] = ()
    base: Prediction | None = None
    full: Prediction | None = None
    windows: WindowsView | None = field(default=None, repr=False)
    verdict: VerdictView | None = None
    seen: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    benign: Benign | None = None
    reference: "Reference | None" = field(default=None, repr=False)
    adapted: str = ""

    @property
    def network(self) -> str:
        """The model's name, and what its weights were adapted to."""
        return f"{self.model.name}, {self.adapted}" if self.adapted else self.model.name


@dataclass(frozen=True)
class Problem:
    """Something that went wrong, for the user to read.

    Parameters
    ----------
    generation : int
        Of the request that met it.
    sentence : str
        What was wrong, with which input, what to do.
    details : str
        A traceback where the fault is ours; empty where the sentence says all.
    """

    generation: int
    sentence: str
    details: str = ""
