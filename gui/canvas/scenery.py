"""Which picture and which heatmaps belong on the canvas, from what is known and what is asked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.canvas.tables import levels_of
from gui.document import Document
from gui.snapshot import Snapshot

__all__ = ["Scenery", "benign_for", "scenery_of"]

_HEAT_KNOBS = ("model", "weights", "input_size", "mean", "std", "layer", "importance", "fill", "seed")


@dataclass(frozen=True, eq=False)
class Scenery:
    """What is drawn.

    Parameters
    ----------
    picture : uint8 array (H, W, 3)
    adrift : bool
        The patch is elsewhere than in the snapshot, so that the clean photo is shown and the patch over it.
    heat, clean_heat : float32 array (h, w)
        Of the snapshot, and of the clean photo if it is known.
    levels : (float, float)
        What the ends of the colour table stand for, in both.
    caption : str
        What the picture is, beside another.
    """

    picture: NDArray[np.uint8]
    adrift: bool
    heat: NDArray[np.float32]
    clean_heat: NDArray[np.float32] | None
    levels: tuple[float, float]
    caption: str


def scenery_of(snapshot: Snapshot, document: Document, benign: Snapshot | None, compares: bool) -> Scenery:
    """What to draw of a snapshot while a document is asked for.

    Parameters
    ----------
    benign : Snapshot, optional
        The last one without a patch.
    compares : bool
        Whether the clean photo is shown beside, in the same colours.
    """
    shown = snapshot.request.document
    adrift = document.image == shown.image and _patch_of(document) != _patch_of(shown)
    patched = _patch_of(document) is not None if adrift else snapshot.patch_box is not None
    clean_heat = benign.heatmap if benign is not None and compares and benign_for(snapshot, benign) else None
    both = [levels_of(heat) for heat in (snapshot.heatmap, clean_heat) if heat is not None]
    levels = min(least for least, _ in both), max(most for _, most in both)
    picture = snapshot.clean_view if adrift else snapshot.view
    caption = "with patch" if patched else "without a patch"
    return Scenery(picture, adrift, snapshot.heatmap, clean_heat, levels, caption)


def benign_for(snapshot: Snapshot, benign: Snapshot) -> bool:
    """Whether the heatmap of one snapshot is that of the other's clean photo: same photo, same layer."""
    if benign.patch_box is not None or benign.request.document.image != snapshot.request.document.image:
        return False
    return all(getattr(benign.settings, knob) == getattr(snapshot.settings, knob) for knob in _HEAT_KNOBS)


def _patch_of(document: Document) -> object:
    return (document.patch, document.placement) if document.patch is not None and document.patch_on else None
