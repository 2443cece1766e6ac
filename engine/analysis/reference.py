"""The shipped reference distribution: how SINs cluster on benign photos and on patched copies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.analysis.results import frozen_array
from engine.analysis.sin_distribution import SinDistribution
from engine.errors import ImageError

__all__ = ["Reference", "read_reference", "reference_document"]

SCHEMA = "sinscope.reference/1"
_PERCENTILES = np.linspace(0, 100, 101)


@dataclass(frozen=True, eq=False)
class Reference:
    """The distribution under one look.

    Parameters
    ----------
    layer, importance : str
    clusters, fixed_clusters : {copy: int array (photos,)}
        Number of clusters of each benign photo and patched copy, sorted: with the estimated bandwidth, and with
        ``FIXED_BANDWIDTH``.
    std_px, spread_px : {copy: float array (101,)}
        0th to 100th percentile of s_c over all clusters, and of the spread of all top SINs, in pixels.
    """

    layer: str
    importance: str
    clusters: Mapping[str, NDArray[np.int64]] = field(repr=False)
    fixed_clusters: Mapping[str, NDArray[np.int64]] = field(repr=False)
    std_px: Mapping[str, NDArray[np.float64]] = field(repr=False)
    spread_px: Mapping[str, NDArray[np.float64]] = field(repr=False)


def reference_document(distributions: Sequence[SinDistribution], made: Mapping[str, Any]) -> bytes:
    """The reference file, as JSON.

    Parameters
    ----------
    distributions : sequence of SinDistribution
    made : mapping
        How it was made, in JSON's types: model, photos, patch, command.
    """
    rows = []
    for found in distributions:
        row: dict[str, Any] = {"layer": found.look.layer, "importance": found.look.importance}
        for copy, images in (("benign", found.benign), ("patched", found.patched)):
            row[copy] = {
                "clusters": sorted(image.clusters for image in images),
                "fixed_clusters": sorted(int(image.fixed_clusters) for image in images),
                "std_px": _percentiles(np.concatenate([image.std_px for image in images])),
                "spread_px": _percentiles(np.array([float(image.spread_px) for image in images])),
            }
        rows.append(row)
    head = json.dumps({"schema": SCHEMA, "made": dict(made)}, indent=1, allow_nan=False).removesuffix("\n}")
    body = ",\n".join(f"  {json.dumps(row, allow_nan=False)}" for row in rows)
    return f'{head},\n "distributions": [\n{body}\n ]\n}}\n'.encode()


def read_reference(path: Path) -> tuple[Reference, ...]:
    """The distributions of a reference file.

    Raises
    ------
    ImageError
        If it cannot be read or is no reference file.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(document["schema"])
        return tuple(_reference(row) for row in document["distributions"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ImageError(
            f"{path} is not a reference distribution that can be read; make one with analyze --reference."
        ) from error


def _reference(row: dict[str, Any]) -> Reference:
    copies = ("benign", "patched")
    floats = [
        {copy: frozen_array(np.array(row[copy][name], dtype=np.float64)) for copy in copies}
        for name in ("std_px", "spread_px")
    ]
    counts = [
        {copy: frozen_array(np.array(row[copy][name], dtype=np.int64)) for copy in copies}
        for name in ("clusters", "fixed_clusters")
    ]
    clusters, fixed = counts
    std, spread = floats
    return Reference(row["layer"], row["importance"], clusters, fixed, std, spread)


def _percentiles(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 2) for value in np.percentile(values, _PERCENTILES)]
