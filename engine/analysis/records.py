"""What was measured of each photo, kept as it comes: a run that was interrupted goes on where it was."""

import dataclasses
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.analysis.results import as_npz
from engine.errors import OutputError, SettingsError
from engine.outputs import make_folder, write_output

__all__ = ["Record", "Records", "pack", "unpack"]

Record = Mapping[str, NDArray[np.generic]]
_Value = TypeVar("_Value")
_SETTINGS = "settings.json"


class Records:
    """A folder of records, all made with the same settings.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    settings : dict
        Everything that decides what a record holds, in JSON's types.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to.
    SettingsError
        If it holds records that were made with other settings.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        make_folder(folder)
        stored = folder / _SETTINGS
        wanted = json.dumps(settings, indent=1, sort_keys=True)
        if stored.exists():
            _check_same(folder, stored, json.loads(wanted))
        else:
            write_output(stored, wanted.encode())

    def read(self, kind: str, photo: str) -> Record | None:
        """The record of a photo (its sha256); ``None`` if there is none, or it is damaged."""
        try:
            with np.load(io.BytesIO(self._path(kind, photo).read_bytes()), allow_pickle=False) as stored:
                record = {name: stored[name] for name in stored.files}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
        for array in record.values():
            array.setflags(write=False)
        return record

    def write(self, kind: str, photo: str, record: Record) -> None:
        """Keep a record, whole.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        write_output(self._path(kind, photo), as_npz(record))

    def _path(self, kind: str, photo: str) -> Path:
        return self._folder / f"{photo[:32]}-{kind}.npz"


def pack(prefix: str, value: Any) -> dict[str, NDArray[np.generic]]:
    """The fields of a frozen value of arrays, each under ``prefix`` and its name."""
    return {f"{prefix}{field.name}": getattr(value, field.name) for field in dataclasses.fields(value)}


def unpack(kind: type[_Value], prefix: str, record: Record) -> _Value:
    """The value that :func:`pack` took apart.

    Raises
    ------
    KeyError
        If the record does not hold it.
    """
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: record[f"{prefix}{name}"] for name in names})


def _check_same(folder: Path, stored: Path, wanted: dict[str, Any]) -> None:
    try:
        found = json.loads(stored.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(f"{stored} is damaged, so {folder} cannot be gone on with; remove that folder.") from error
    names = sorted({*found, *wanted})
    if different := [name for name in names if found.get(name) != wanted.get(name)]:
        raise SettingsError(
            f"{folder} holds measurements with other settings ({', '.join(different)}); give another folder with "
            f"--figures, or remove that one."
        )
