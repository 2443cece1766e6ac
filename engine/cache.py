"""Where things that are costly to make again are kept between runs."""

import hashlib
import os
import secrets
from pathlib import Path

from platformdirs import user_cache_path

__all__ = ["cache_folder", "digest", "write_whole"]

FOLDER_VARIABLE = "SINSCOPE_CACHE"


def cache_folder(name: str) -> Path | None:
    """The user's cache folder for one kind of thing, made if need be.

    ``SINSCOPE_CACHE`` names another place than the system's. ``None`` where nothing can be written: a cache is
    never needed, only quicker.
    """
    base = Path(os.environ[FOLDER_VARIABLE]) if os.environ.get(FOLDER_VARIABLE) else user_cache_path("sinscope")
    folder = base / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def digest(*parts: object) -> str:
    """A short digest of everything that decides what a cached thing is."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees all of it or none of it.

    Raises
    ------
    OSError
        If the folder cannot be written; what was there before is untouched.
    """
    # Drawn at random: processes of two machines may write to one folder.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
