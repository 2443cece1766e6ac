"""Tables kept on disk, so that a new patch, threshold or label needs no network."""

import contextlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cache import cache_folder, write_whole

__all__ = ["KeptTable", "TableStore"]

STORE_BYTES = 2 * 2**30


@dataclass(frozen=True, eq=False)
class KeptTable:
    """A table from the store.

    Parameters
    ----------
    values : float array, read-only
    seconds : float
        That it took to make.
    names : tuple of str
        Of its rows, where they have any.
    """

    values: NDArray[Any]
    seconds: float
    names: tuple[str, ...] = ()


class TableStore:
    """Arrays by the digest of all that decides them; the ones longest unused are dropped above a number of bytes.

    A store is never needed, only quicker: what cannot be read is not there, and what cannot be written is not kept.

    Parameters
    ----------
    folder : Path, optional
        The user's cache folder if ``None``.
    limit : int
        Bytes to keep.
    """

    def __init__(self, folder: Path | None = None, limit: int = STORE_BYTES) -> None:
        self._folder = folder if folder is not None else cache_folder("tables")
        self._limit = limit
        self._bytes = sum(size for _, size, _ in self._files())

    def get(self, key: str) -> KeptTable | None:
        """The table of a key, or ``None``."""
        path = self._path(key)
        if path is None or not path.exists():
            return None
        try:
            with np.load(path) as stored:
                values: NDArray[Any] = stored["values"]
                found = KeptTable(values, float(stored["seconds"]), tuple(stored["names"].tolist()))
            path.touch()
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        values.setflags(write=False)
        return found

    def put(self, key: str, table: KeptTable) -> None:
        """Keep a table."""
        path = self._path(key)
        if path is None:
            return
        content = io.BytesIO()
        np.savez(content, values=table.values, seconds=table.seconds, names=np.array(table.names, dtype=np.str_))
        with contextlib.suppress(OSError):
            write_whole(path, content.getvalue())
            self._bytes += content.tell()
        if self._bytes > self._limit:
            self._drop()

    def _drop(self) -> None:
        """Drop the files longest unused until half of the limit is free, so that it is seldom done."""
        files = sorted(self._files())
        self._bytes = sum(size for _, size, _ in files)
        for _, size, path in files:
            if self._bytes <= self._limit // 2:
                break
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                self._bytes -= size

    def _path(self, key: str) -> Path | None:
        return self._folder / f"{key}.npz" if self._folder else None

    def _files(self) -> list[tuple[float, int, Path]]:
        """When each file was last used, its size, and the file."""
        found = []
        if self._folder is not None:
            for path in self._folder.glob("*.npz"):
                with contextlib.suppress(OSError):  # another process may drop it
                    status = path.stat()
                    found.append((status.st_mtime, status.st_size, path))
        return found
