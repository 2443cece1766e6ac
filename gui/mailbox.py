"""One-slot mailboxes between the window and the engine's thread: the newest wins, nothing piles up."""

import threading
from typing import Generic, TypeVar

__all__ = ["Mailbox"]

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds the newest thing put into it, until it is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._content: T | None = None

    def put(self, content: T) -> bool:
        """Put something in, over whatever is there; True if the box was empty."""
        with self._lock:
            was_empty = self._content is None
            self._content = content
            return was_empty

    def take(self) -> T | None:
        """Take out what is there, if anything."""
        with self._lock:
            content, self._content = self._content, None
            return content

    def peek(self) -> T | None:
        """Look at what is there without taking it."""
        with self._lock:
            return self._content
