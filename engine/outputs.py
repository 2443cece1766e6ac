"""Writing what the user asked for: files appear whole or not at all, and never over something else."""

import errno
import os
from pathlib import Path

from engine.cache import write_whole
from engine.errors import OutputError

__all__ = ["check_output", "make_folder", "write_output"]

_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # a full disk, or a quota used up


def check_output(path: Path) -> None:
    """Find out, before any work, whether a file can be written where it is wanted.

    Raises
    ------
    OutputError
        If the folder is missing or may not be written to, or something that is not a file has the name.
    """
    folder = path.parent
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a folder and not a file's name; give the name of a file in it.")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is not a regular file, so it cannot be replaced whole; give a file's name.")
        if not folder.exists():
            raise OutputError(f"The folder {folder} for {path.name} does not exist; make it first.")
        if not folder.is_dir():
            raise OutputError(f"{folder} is not a folder, so {path.name} cannot be put there; give another place.")
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(
            f"The folder {folder} cannot be written to, so {path.name} cannot be put there; give another place, "
            f"or change its permissions."
        )


def make_folder(path: Path) -> None:
    """Make a folder for results, and those above it, unless it is there.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"{path} is a file and not a folder; give another name.") from error
    except (OSError, ValueError) as error:
        raise OutputError(
            f"The folder {path} cannot be made ({_reason(error)}); give another place, or change permissions."
        ) from error


def write_output(path: Path, content: bytes) -> None:
    """Write a result; a former file of the name stays as it was unless the new one is written in full.

    Raises
    ------
    OutputError
        If it cannot be written: no folder, no permission, read-only or full disk.
    """
    check_output(path)
    try:
        write_whole(path.resolve(), content)  # a link keeps pointing, and what it points to is replaced
    except (OSError, ValueError, RuntimeError) as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> OutputError:
    full = getattr(error, "errno", None) in _FULL
    remedy = "free some space, or give another place" if full else "give another place"
    return OutputError(f"{path} cannot be written ({_reason(error)}); {remedy}.")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
