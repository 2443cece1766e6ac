"""What lies under the cursor, in words."""

import numpy as np
from numpy.typing import NDArray

from gui.canvas.window_states import covering
from gui.comparing import ShownPlaces
from gui.snapshot import Snapshot

__all__ = ["probe_text"]


def probe_text(
    snapshot: Snapshot,
    picture: NDArray[np.uint8],
    x: float,
    y: float,
    place: tuple[int, int] | None = None,
    places: ShownPlaces | None = None,
) -> str:
    """Pixel, colour, importance and windows at a point; empty outside the input.

    Parameters
    ----------
    snapshot : Snapshot
    picture : uint8 array (H, W, 3)
        What is shown: the photo with or without the patch.
    x, y : float
        In pixels of the model's input.
    place : (int, int), optional
        Place (row, column) of the patch that the location map shows there.
    places : ShownPlaces, optional
        The map that is shown in the place of the verdict's.
    """
    height, width = picture.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        return ""
    column, row = int(x), int(y)
    red, green, blue = picture[row, column].tolist()
    cells = snapshot.heatmap
    importance = float(cells[row * cells.shape[0] // height, column * cells.shape[1] // width])
    parts = [f"{column}, {row}", f"RGB {red} {green} {blue}", f"importance {importance:.4g}"]
    if snapshot.windows is not None:
        count = len(covering(snapshot.windows, column + 0.5, row + 0.5))
        parts.append(f"covered by {count} window{'' if count == 1 else 's'}")
    if place is not None and places is not None:
        said = "certified" if places.locations[place] else "not certified"
        parts.append(f"patch at {place[1]}, {place[0]}: {said} by {places.title}")
    elif place is not None and snapshot.verdict is not None:
        proofs = int(snapshot.verdict.locations[place])
        said = f"proved by {proofs} window{'' if proofs == 1 else 's'}" if proofs else "not certified"
        parts.append(f"patch at {place[1]}, {place[0]}: {said}")
    return " | ".join(parts)
