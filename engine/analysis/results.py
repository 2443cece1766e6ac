"""What every analysis leaves behind: arrays as NPZ, a table as CSV, a figure as PNG."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.analysis.look import Look
from engine.outputs import write_output

__all__ = ["LookResult", "as_npz", "frozen_array", "save_results"]

_Array = TypeVar("_Array", bound=NDArray[np.generic])


class LookResult(Protocol):
    """An analysis under one look."""

    @property
    def look(self) -> Look:
        """Layer and definition of importance."""

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything, by name."""

    def rows(self) -> Iterable[dict[str, object]]:
        """A table; every row has the same columns."""


def save_results(results: Sequence[LookResult], folder: Path, name: str, figure: bytes) -> tuple[Path, ...]:
    """Write ``name.npz``, ``name.csv`` and ``name.png``; arrays are named ``LAYER-IMPORTANCE.ARRAY``.

    Parameters
    ----------
    results : sequence of LookResult
        The same analysis under different looks.
    folder : Path
        Where to; it has to be there.
    name : str
    figure : bytes
        A PNG.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    arrays = {f"{result.look.key}.{key}": value for result in results for key, value in result.arrays().items()}
    table = [
        {"layer": result.look.layer, "importance": result.look.importance, **row}
        for result in results
        for row in result.rows()
    ]
    files = {".npz": as_npz(arrays), ".csv": _as_csv(table), ".png": figure}
    for ending, content in files.items():
        write_output(folder / f"{name}{ending}", content)
    return tuple(folder / f"{name}{ending}" for ending in files)


def as_npz(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """A NPZ file's bytes."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **{key: np.asarray(value) for key, value in arrays.items()})
    return content.getvalue()


def frozen_array(values: _Array) -> _Array:
    """The values as an array that nobody can write to."""
    array = values.view()
    array.setflags(write=False)
    return array


def _as_csv(rows: Sequence[Mapping[str, object]]) -> bytes:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue().encode()
