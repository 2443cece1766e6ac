"""The patch's size by keys, from the menus."""

from gui.patch_fit import patch_size, size_on_photo, turned
from gui.state import State

__all__ = ["resize_patch"]

_ASSUMED_VIEW = (224, 224)


def resize_patch(state: State, by_px: int) -> None:
    """Make the longer side some pixels longer or shorter, about the patch's middle and within the photo."""
    document = state.document
    size = patch_size(document.patch) if document.patch else None
    placement = document.placement
    placed = size_on_photo(size, placement) if size else None
    if size is None or placed is None:
        return
    wanted = max(1, max(placed) + by_px)
    centre = placement.left + placed[1] / 2, placement.top + placed[0] / 2
    scale = float(f"{placement.scale * wanted / max(placed):.4g}")
    view = state.model.input_size if state.model else _ASSUMED_VIEW
    state.change("Size of the patch", placement=turned(placement, size, view, centre, scale, placement.rotation))
