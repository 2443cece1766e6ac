"""Colour tables of the heatmap: 256 colours each, and values turned into their indices."""

from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

__all__ = ["colour_table", "levels_of", "to_indices", "veil_table"]

_FAINTEST = 0.25  # of the least value: the photo shows through where little is important


@cache
def colour_table(name: str) -> NDArray[np.uint8]:
    """256 RGB colours ``(256, 3)``, read-only: cividis, viridis, magma or grey."""
    if name == "grey":
        table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    else:
        table = np.asarray(pg.colormap.get(name).getLookupTable(nPts=256, alpha=False), dtype=np.uint8)
    table.setflags(write=False)
    return table


@cache
def veil_table(name: str) -> NDArray[np.uint8]:
    """The same colours as RGBA ``(256, 4)``, the more opaque the greater the value."""
    alpha = np.linspace(255 * _FAINTEST, 255, 256).round().astype(np.uint8)
    table = np.concatenate([colour_table(name), alpha[:, None]], axis=1)
    table.setflags(write=False)
    return table


def levels_of(values: NDArray[np.float32]) -> tuple[float, float]:
    """Least and greatest of the finite values; 0 and 1 if there are none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def to_indices(values: NDArray[np.float32], levels: tuple[float, float]) -> NDArray[np.uint8]:
    """Indices into a colour table; values at or beyond the levels take its ends, NaN its top."""
    least, most = levels
    scaled = (values - least) * (255.0 / (most - least)) if most > least else np.zeros_like(values)
    return np.clip(np.nan_to_num(scaled, nan=255.0, posinf=255.0, neginf=0.0), 0, 255).astype(np.uint8)
