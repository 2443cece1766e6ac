"""Session files: the document as JSON, with references to its files by path and sha256. Nothing in one is trusted."""

import json
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from engine.errors import SinscopeError
from engine.outputs import write_output
from gui.document import Document
from gui.session_fields import as_fields, placement_of, settings_of
from gui.session_files import FileFault, Role, find, reference_to

__all__ = ["SCHEMA", "FileFault", "Role", "Session", "SessionError", "load_session", "save_session", "with_file"]

SCHEMA = "sinscope.session/1"
_FAMILY = SCHEMA.partition("/")[0]
_MOST_BYTES = 4_000_000
_LIBRARIES = ("torchvision:", "timm:")
Json = dict[str, Any]


class SessionError(SinscopeError):
    """A session file that cannot be read or trusted."""


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
        "files": {role: reference_to(role, _file_of(document, role), folder) for role in get_args(Role)},
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
        if _names_code(settings.model) and settings.model not in named_models:
            raise SessionError(
                f"The session {path} names Python code as its model ({settings.model}), which no session may run; "
                f"start SINscope with --model to run it yourself."
            )
        placement = placement_of(_section(content, "placement"))
        patch_on = content.get("patch_on", False)
        if not isinstance(patch_on, bool):
            raise ValueError("patch_on is neither true nor false")
        view, files = _section(content, "view"), _section(content, "files")
        document = Document(placement=placement, patch_on=patch_on, settings=settings)
        faults = []
        for role in get_args(Role):
            found, fault = find(role, files.get(role), Path(os.path.abspath(path)).parent)
            if found is not None:
                document = with_file(document, role, found)
            faults += [fault] if fault else []
    except SessionError:
        raise
    except (SinscopeError, ValueError) as error:
        raise SessionError(f"The session {path} cannot be used: {str(error).rstrip('.')}; choose another.") from error
    return Session(document, view, tuple(faults))


def with_file(document: Document, role: Role, reference: str | None) -> Document:
    """The document with another file, or none, in a role."""
    changed: dict[str, Any] = {role: reference}
    if role in ("image", "patch"):
        return replace(document, **changed)
    return replace(document, settings=replace(document.settings, **changed))


def _names_code(model: str) -> bool:
    """Whether a model's name may ask for code: all names with a colon do but those of libraries."""
    return ":" in model and not model.startswith(_LIBRARIES)


def _file_of(document: Document, role: Role) -> str | None:
    reference: str | None = getattr(document if role in ("image", "patch") else document.settings, role)
    return reference


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
