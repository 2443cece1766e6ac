"""The files of a session: referred to by path and sha256, looked for and compared when it is read."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from engine.errors import ImageError
from gui.sources import clipboard_image

__all__ = ["FileFault", "Role", "find", "reference_to"]

_MOST_LETTERS = 4096  # of a path
_REMOTE = ("//", "\\\\")

Role = Literal["image", "patch", "weights", "adapted", "labels"]
_CALLED = {
    "image": "photo",
    "patch": "patch",
    "weights": "file of weights",
    "adapted": "file of adapted weights",
    "labels": "file of class names",
}
# References that are no paths.
_NAMES: dict[str, tuple[str, ...]] = {
    "image": ("sample:", "clipboard:"),
    "patch": ("sample:",),
    "weights": ("random",),
    "adapted": ("auto", "off"),
    "labels": (),
}

Json = dict[str, Any]


@dataclass(frozen=True)
class FileFault:
    """A file of a session that is not what it was.

    Parameters
    ----------
    role, path : str
        What it is to the document, and where it was looked for.
    kind : str
        ``missing``: it cannot be found or read. ``changed``: its bytes are others than when the session was saved.
    sentence : str
        What is wrong and what to do.
    """

    role: Role
    path: str
    kind: Literal["missing", "changed"]
    sentence: str


def reference_to(role: Role, reference: str | None, folder: Path) -> Json | None:
    """What a session writes of a file: its path, relative where it lies below the folder, size and sha256."""
    if reference is None:
        return None
    if _is_name(role, reference):
        return {"name": reference}
    path = Path(os.path.abspath(reference))
    try:
        size, checksum = _measure(path)
    except (OSError, ValueError):  # moved since it was opened: loading will ask for it
        size, checksum = None, None
    written = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
    return {"path": written, "bytes": size, "sha256": checksum}


def find(role: Role, reference: object, folder: Path) -> tuple[str | None, FileFault | None]:
    """Where a file of a session in a folder is now, and what is wrong with it.

    Raises
    ------
    ValueError
        If it is not described as :func:`reference_to` does.
    """
    if reference is None:
        return None, None
    if not isinstance(reference, dict):
        raise ValueError(f"its {_CALLED[role]} is not described as it should be")
    if isinstance(name := reference.get("name"), str) and _is_name(role, name) and _is_sound(name):
        return name, _gone(role, name)
    written, size, checksum = (reference.get(key) for key in ("path", "bytes", "sha256"))
    if not isinstance(written, str) or not _is_sound(written):
        raise ValueError(f"its {_CALLED[role]} has no usable path")
    if not (size is None or isinstance(size, int)) or not (checksum is None or isinstance(checksum, str)):
        raise ValueError(f"its {_CALLED[role]} has no usable checksum")
    path = os.path.normpath(folder / PurePosixPath(written) if not os.path.isabs(written) else written)
    return path, _fault(role, path, written.startswith(_REMOTE), size, checksum)


def _gone(role: Role, name: str) -> FileFault | None:
    try:
        clipboard_image(name)
    except ImageError as error:
        return FileFault(role, name, "missing", str(error))
    return None


def _is_sound(text: str) -> bool:
    """Whether a text can be the name of a file here."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return 0 < len(text) <= _MOST_LETTERS and "\0" not in text


def _is_name(role: Role, reference: str) -> bool:
    return any(reference == name or (name.endswith(":") and reference.startswith(name)) for name in _NAMES[role])


def _fault(role: Role, path: str, is_remote: bool, size: int | None, checksum: str | None) -> FileFault | None:
    called = _CALLED[role]
    if is_remote:  # looking for it would tell that machine who we are
        sentence = f"The {called} {path} lies on another machine; choose it yourself to use it."
        return FileFault(role, path, "missing", sentence)
    try:
        same = (size is None or os.stat(path).st_size == size) and _measure(Path(path))[1] == checksum
    except FileNotFoundError:
        return FileFault(role, path, "missing", f"The {called} {path} is not there any more; choose where it is now.")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        sentence = f"The {called} {path} cannot be read ({why}); choose where it is now."
        return FileFault(role, path, "missing", sentence)
    if same:
        return None
    sentence = f"The {called} {path} has changed since the session was saved; use it as it is, or choose another."
    return FileFault(role, path, "changed", sentence)


def _measure(path: Path) -> tuple[int, str]:
    """Bytes and sha256 of a regular file."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for, a device never ends
        raise ValueError("it is not a regular file")
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
