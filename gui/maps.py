"""Deep and superficial importance maps side by side, as the engine's thread hands them to the window."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.settings import Settings
from gui.document import Document

__all__ = ["CopyMaps", "MapView", "MapsView", "maps_key"]

# What decides the maps, beside photo and patch.
_KNOBS = ("model", "weights", "input_size", "mean", "std", "labels", "seed", "layer", "importance")


@dataclass(frozen=True, eq=False)
class MapView:
    """An importance map.

    Parameters
    ----------
    values : float32 array (h, w)
        Over the whole input.
    milliseconds : float
        What it took.
    inside : float, optional
        Share of the importance that lies where the patch is; ``None`` without a patch.
    """

    values: NDArray[np.float32] = field(repr=False)
    milliseconds: float
    inside: float | None


@dataclass(frozen=True, eq=False)
class CopyMaps:
    """Both maps of one copy of the photo.

    Parameters
    ----------
    view : uint8 array (H, W, 3)
        The photo as the model sees it.
    superficial : MapView
    deep : MapView, optional
        The class activation map of what the model predicts; ``None`` for a model that has none.
    predicted : str
        That class's name; empty without a deep map.
    """

    view: NDArray[np.uint8] = field(repr=False)
    superficial: MapView
    deep: MapView | None
    predicted: str


@dataclass(frozen=True, eq=False)
class MapsView:
    """The maps of the photo and, if a patch is on, of its patched copy.

    Parameters
    ----------
    key : tuple
        :func:`maps_key` of the document they belong to.
    benign : CopyMaps
    patched : CopyMaps, optional
    box : (top, left, bottom, right), optional
        Where the patch is, in pixels of the model's input.
    area : float
        The box's share of the input: what an even map would have inside.
    why_no_deep : str
        A sentence, where there are no deep maps.
    """

    key: tuple[Any, ...] = field(repr=False)
    benign: CopyMaps
    patched: CopyMaps | None
    box: tuple[int, int, int, int] | None
    area: float
    why_no_deep: str


def maps_key(document: Document) -> tuple[Any, ...]:
    """Whatever of a document decides its maps: rate, windows and rule do not."""
    settings: Settings = document.settings
    patch = (document.patch, document.placement) if document.patch is not None and document.patch_on else None
    return document.image, patch, *(getattr(settings, knob) for knob in _KNOBS)
