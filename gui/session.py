"""Session files: the document as JSON, with references to its files by path and sha256. Nothing in one is trusted."""

import hashlib
import json
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from engine.errors import SinscopeError
from engine.outputs import write_output
from gui.document import Document
from gui.session_fields import as_fields, placement_of, settings_of

__all__ = ["SCHEMA", "FileFault", "Role", "Session", "SessionError", "load_session", "save_session", "with_file"]

SCHEMA = "sinscope.session/1"
_FAMILY = SCHEMA.partition("/")[0]
_MOST_BYTES = 4_000_000
_MOST_LETTERS = 4096  # of a path
_LIBRARIES = ("torchvision:", "timm:")
_REMOTE = ("//", "\\\\")

Role = Literal["image", "patch", "weights", "labels"]
_CALLED = {"image": "photo", "patch": "patch", "weights": "file of weights", "labels": "file of class names"}
# References that are no paths.
_NAMES: dict[str, tuple[str, ...]] = {
    "image": ("sample:", "clipboard:"),
    "patch": ("sample:",),
    "weights": ("random",),
    "labels": (),
}

Json = dict[str, Any]


class SessionError(SinscopeError):
    """A session file that cannot be read or trusted."""


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


@dataclass(frozen=True, eq=False)
class Session:
    """A session as it was read.

    Parameters
    ----------
    document : Document
        Its files as absolute paths, also those with a fault.
    view : dict
        Layers, zoom and the like as JSON; whoever uses an entry checks its type.
    faults : tuple of FileFault
        Files to ask the user for before the document is used.
    """

    document: Document
    view: Json = field(default_factory=dict)
    faults: tuple[FileFault, ...] = ()


def save_session(path: str | Path, document: Document, view: Json | None = None) -> None:
    """Write a session, whole or not at all; it hashes files, so call it outside the window's thread.

    Files below the session's folder are named relative to it, so that the folder can be moved as a whole.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    folder = Path(os.path.abspath(path)).parent
    content = {
        "schema": SCHEMA,
        "files": {role: _reference(role, _file_of(document, role), folder) for role in get_args(Role)},
        **as_fields(document),
        "view": view or {},
    }
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=True)
    write_output(Path(path), f"{text}\n".encode())


def load_session(path: str | Path, named_models: Collection[str] = ()) -> Session:
    """Read a session and look for its files; it hashes them, so call it outside the window's thread.

    Parameters
    ----------
    path : str or Path
    named_models : collection of str
        Models that the user has named in this run: only these may be Python code.

    Raises
    ------
    SessionError
        If it is no session, one of another version, damaged, or wants code to run.
    """
    content = _read(Path(path))
    try:
        settings = settings_of(_section(content, "settings"))
        placement = placement_of(_section(content, "placement"))
        patch_on = content.get("patch_on", False)
        if not isinstance(patch_on, bool):
            raise ValueError("patch_on is neither true nor false")
        view, files = _section(content, "view"), _section(content, "files")
        document = Document(placement=placement, patch_on=patch_on, settings=settings)
        faults = []
        for role in get_args(Role):
            found, fault = _find(role, files.get(role), Path(os.path.abspath(path)).parent)
            document = with_file(document, role, found)
            faults += [fault] if fault else []
    except (SinscopeError, ValueError) as error:
        raise SessionError(f"The session {path} cannot be used: {str(error).rstrip('.')}; choose another.") from error
    model = document.settings.model
    if ":" in model and not model.startswith(_LIBRARIES) and model not in named_models:
        raise SessionError(
            f"The session {path} names Python code as its model ({model}), which no session may run; start SINscope "
            f"with --model to run it yourself."
        )
    return Session(document, view, tuple(faults))


def with_file(document: Document, role: Role, reference: str | None) -> Document:
    """The document with another file, or none, in a role."""
    changed: dict[str, Any] = {role: reference}
    if role in ("image", "patch"):
        return replace(document, **changed)
    return replace(document, settings=replace(document.settings, **changed))


def _file_of(document: Document, role: Role) -> str | None:
    reference: str | None = getattr(document if role in ("image", "patch") else document.settings, role)
    return reference


def _is_name(role: Role, reference: str) -> bool:
    return any(reference == name or (name.endswith(":") and reference.startswith(name)) for name in _NAMES[role])


def _reference(role: Role, reference: str | None, folder: Path) -> Json | None:
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


def _find(role: Role, reference: object, folder: Path) -> tuple[str | None, FileFault | None]:
    """Where a file is now, and what is wrong with it."""
    if reference is None:
        return None, None
    if not isinstance(reference, dict):
        raise ValueError(f"its {_CALLED[role]} is not described as it should be")
    if isinstance(name := reference.get("name"), str) and _is_name(role, name) and len(name) <= _MOST_LETTERS:
        return name, None
    written, size, checksum = (reference.get(key) for key in ("path", "bytes", "sha256"))
    if not isinstance(written, str) or not 0 < len(written) <= _MOST_LETTERS or "\0" in written:
        raise ValueError(f"its {_CALLED[role]} has no usable path")
    if not (size is None or isinstance(size, int)) or not (checksum is None or isinstance(checksum, str)):
        raise ValueError(f"its {_CALLED[role]} has no usable checksum")
    path = os.path.normpath(folder / PurePosixPath(written) if not os.path.isabs(written) else written)
    return path, _fault(role, path, written.startswith(_REMOTE), size, checksum)


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


def _read(path: Path) -> Json:
    """The JSON object of a session of our version."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise SessionError(f"{path} is not a file; choose a session file.")
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SessionError(f"The session {path} cannot be read ({why}); choose another.") from error
    if len(raw) > _MOST_BYTES:
        raise SessionError(f"{path} is too large to be a session; choose another file.")
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SessionError(f"{path} is not a session of SINscope, or it is damaged; choose another file.") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if not isinstance(schema, str) or schema.partition("/")[0] != _FAMILY:
        raise SessionError(f"{path} is not a session of SINscope; choose another file.")
    if schema != SCHEMA:
        raise SessionError(
            f"{path} was saved by another version of SINscope ({schema[:80]}); open it with that one, or choose "
            f"another session."
        )
    assert isinstance(content, dict)
    return content


def _section(content: Json, name: str) -> Json:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise ValueError(f"its {name} are not an object")
    return section
