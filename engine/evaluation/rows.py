"""A row for each photo and defense, kept as a set of Parquet files that grows batch by batch."""

import contextlib
import io
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from engine.errors import EvaluationError
from engine.outputs import check_output, make_folder, write_output

__all__ = ["Row", "RowStore"]


@dataclass(frozen=True)
class Row:
    """The answer of one defense for one photo.

    Parameters
    ----------
    key : str
        Digest of all that decides the row besides the photo: weights, preprocessing, patch, defense, backend.
    photo, sha256 : str
        Name in the data's folder, and digest of the file.
    model, weights, backend : str
    patch_height, patch_width, patch_space : int, int, str
    defense, configuration, kind : str
    label, vanilla, prediction, output : int
        The true class, the undefended model's, what the defense leans to, and what it answers (-1: an alert). Of
        a photo without a label, the class that the certificate is about is what the defense leans to.
    word : str
    vanilla_right, pruned, clean, certified, guaranteed, false_alert : bool
        See :class:`engine.evaluation.metrics.Outcome`.
    claimed : bool, optional
        What a published criterion claims without proving it.
    places, certified_places : int
    worst_row, worst_column : int
    min_margin : float
    passes, inference_passes : int
    seconds : float
    """

    key: str
    photo: str
    sha256: str
    model: str
    weights: str
    backend: str
    patch_height: int
    patch_width: int
    patch_space: str
    defense: str
    configuration: str
    kind: str
    label: int
    vanilla: int
    prediction: int
    output: int
    word: str
    vanilla_right: bool
    pruned: bool
    clean: bool
    certified: bool
    guaranteed: bool
    false_alert: bool
    claimed: bool | None
    places: int
    certified_places: int
    worst_row: int
    worst_column: int
    min_margin: float
    passes: int
    inference_passes: int
    seconds: float


_PARTS = 64  # files above which they are put into one: reading takes milliseconds a file

_TYPES = {str: pa.string(), int: pa.int64(), bool: pa.bool_(), float: pa.float64(), bool | None: pa.bool_()}
SCHEMA = pa.schema([pa.field(field.name, _TYPES[field.type]) for field in fields(Row)])  # type: ignore[index]


class RowStore:
    """The rows in a folder: one Parquet file a batch, each written whole or not at all; many are put into one.

    The folder reads as one data set (``pyarrow.dataset``, pandas, DuckDB, Polars).

    Parameters
    ----------
    folder : Path
        Made if need be.
    """

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._folder = folder

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs from writing here within the block; the system lets go of the lock if this one is killed.

        Raises
        ------
        EvaluationError
            If another run writes here.
        OutputError
            If nothing can be written here.
        """
        path = self._folder / ".lock"
        check_output(path)
        lock = FileLock(path, timeout=0, thread_local=False)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(lock)
            except Timeout as error:
                raise EvaluationError(
                    f"Another run is writing to {self._folder.parent}; wait for its end, or give another --out."
                ) from error
            except (NotImplementedError, OSError):
                pass  # a file system without locks: two runs would do photos twice, and lose nothing
            else:
                for partial in self._folder.glob(".part-*.partial"):  # of a run that was killed
                    with contextlib.suppress(OSError):
                        partial.unlink()
            yield

    def append(self, rows: Sequence[Row]) -> None:
        """Write a batch.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if not rows:
            return
        content = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([asdict(row) for row in rows], schema=SCHEMA), content)
        self._write(content.getvalue())
        parts = self._parts()
        if len(parts) > _PARTS:
            self._join(parts)

    def _write(self, content: bytes) -> None:
        write_output(self._folder / f"part-{time.time_ns()}-{os.getpid()}.parquet", content)

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("part-*.parquet"))

    def _join(self, parts: Sequence[Path]) -> None:
        """Put many small files into one: rows twice, if it is ended in the middle, count once."""
        try:
            joined = pa.concat_tables([pq.read_table(path, schema=SCHEMA) for path in parts])
        except (OSError, ValueError, pa.ArrowException):
            return  # who reads them is told which is damaged
        content = io.BytesIO()
        pq.write_table(joined, content)
        self._write(content.getvalue())
        for path in parts:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def read(self, keys: Iterable[str]) -> list[Row]:
        """The rows of some keys, each photo once a key, sorted by photo.

        Raises
        ------
        EvaluationError
            If a file is damaged.
        """
        wanted = set(keys)
        found: dict[tuple[str, str], Row] = {}
        for path in self._parts():
            try:
                table = pq.read_table(path, schema=SCHEMA, filters=[("key", "in", wanted)] if wanted else None)
            except (OSError, ValueError, pa.ArrowException) as error:
                raise EvaluationError(
                    f"{path} is damaged, or not of this version; delete it, and its photos are done again."
                ) from error
            for values in table.to_pylist():
                row = Row(**values)
                found[row.key, row.photo] = row  # files are named by time: the newest row of a photo stands
        return sorted(found.values(), key=lambda row: (row.photo, row.key))
