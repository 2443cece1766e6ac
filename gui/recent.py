"""What was opened last, newest first; kept in the user's settings file."""

import json
import os

from PySide6.QtCore import QSettings

__all__ = ["RECENT_KEPT", "RecentFiles"]

RECENT_KEPT = 12
_REMOTE = ("//", "\\\\")


class RecentFiles:
    """The files of a kind that were opened last.

    What the settings file holds is as likely rubbish as not: what cannot be read is as if it were not there.

    Parameters
    ----------
    store : QSettings
    kind : str
        ``photos``, ``folders``, ``patches`` or ``sessions``.
    """

    def __init__(self, store: QSettings, kind: str) -> None:
        self._store, self._key = store, f"recent/{kind}"

    def paths(self) -> list[str]:
        """Those that are still there; the others are dropped from the list."""
        kept = self._stored()
        there = [path for path in kept if _may_be_there(path)]
        if there != kept:
            self._write(there)
        return there

    def add(self, path: str) -> None:
        """Put a file or folder on top of the list."""
        path = os.path.abspath(path)
        self._write([path, *(other for other in self._stored() if other != path)])

    def drop(self, path: str) -> None:
        """Take out one that could not be opened."""
        path = os.path.abspath(path)
        self._write([other for other in self._stored() if other != path])

    def clear(self) -> None:
        """Empty the list."""
        self._store.remove(self._key)

    def _stored(self) -> list[str]:
        value = self._store.value(self._key)
        try:
            content = json.loads(value) if isinstance(value, str) else None
        except (ValueError, RecursionError):
            return []
        if not isinstance(content, list):
            return []
        paths = [entry for entry in content if isinstance(entry, str) and entry and "\0" not in entry]
        return list(dict.fromkeys(paths))[:RECENT_KEPT]

    def _write(self, paths: list[str]) -> None:
        self._store.setValue(self._key, json.dumps(paths[:RECENT_KEPT]))


def _may_be_there(path: str) -> bool:
    # Another machine may take long to answer; it is asked when the file is opened.
    return path.startswith(_REMOTE) or os.path.exists(path)
