"""One photo's superficial maps and class activation map, benign and patched, side by side (A.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.analysis.class_activation import DeepMap
from engine.analysis.copies import Photo, patched_copy
from engine.analysis.deep_importance import superficial_map
from engine.analysis.results import frozen_array
from engine.analysis.study import Study
from engine.superficial import to_pixels

__all__ = ["MapExample", "map_example"]


@dataclass(frozen=True, eq=False)
class MapExample:
    """The maps of one photo.

    Parameters
    ----------
    photo : str
        Its file's name.
    views : uint8 array (2, H, W, 3), read-only
        Benign and patched.
    box : top, left, bottom, right
        Of the patch, in pixels.
    superficial : {look: float32 array (2, h, w)}
        By the look's name, the maps of both views.
    milliseconds : {look: (float, float)}
    deep : (DeepMap, DeepMap), optional
        ``None`` for a classifier that has none.
    """

    photo: str
    views: NDArray[np.uint8] = field(repr=False)
    box: tuple[int, int, int, int]
    superficial: Mapping[str, NDArray[np.float32]] = field(repr=False)
    milliseconds: Mapping[str, tuple[float, float]]
    deep: tuple[DeepMap, DeepMap] | None

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """For a NPZ file."""
        arrays: dict[str, NDArray[np.generic]] = {"views": self.views, "box": np.array(self.box)}
        arrays |= {f"superficial, {name}": values for name, values in self.superficial.items()}
        if self.deep is not None:
            arrays["deep"] = np.stack([each.heatmap for each in self.deep])
        return arrays


def map_example(study: Study, photo: Photo) -> MapExample:
    """The maps of a photo under the first definition of importance at every layer.

    Raises
    ------
    ImageError
        If the photo cannot be read.
    """
    view = study.view(photo)
    placed = patched_copy(view, study.patch.patch, study.settings.seed, photo.sha256)
    pixels = [to_pixels(shown) for shown in (view, placed.view)]
    maps, times = {}, {}
    for look in study.looks:
        if look.importance != study.looks[0].importance:
            continue
        cut = study.prepared[look.layer].cut
        superficial_map(cut, pixels[0], look.importance)  # the first pass of all takes longer
        found = [superficial_map(cut, each, look.importance) for each in pixels]
        maps[look.name] = frozen_array(np.stack([heatmap for heatmap, _ in found]))
        times[look.name] = (found[0][1], found[1][1])
    deep = None
    if study.deep is not None:
        study.deep.map_of(pixels[0])
        deep = study.deep.map_of(pixels[0]), study.deep.map_of(pixels[1])
    return MapExample(photo.path.name, frozen_array(np.stack([view, placed.view])), placed.box, maps, times, deep)
