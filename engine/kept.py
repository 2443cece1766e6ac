"""Things worth keeping between inspections: what was used last stays, up to a size."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Kept"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def _one(_: object) -> int:
    return 1


class Kept(Generic[K, V]):
    """Values by their keys; the least recently used ones are dropped above a limit.

    Parameters
    ----------
    limit : int
        How many values, or what all of them may measure together.
    size : callable, optional
        What one value measures; 1 if ``None``.
    """

    def __init__(self, limit: int, size: Callable[[V], int] | None = None) -> None:
        self.limit, self.size = limit, 0
        self._measure = size or _one
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        """How many values are kept."""
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value of a key, or ``None``."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep a value; one that is above the limit by itself is not kept."""
        self.drop(key)
        self._values[key] = value
        self.size += self._measure(value)
        while self.size > self.limit:
            self.drop(next(iter(self._values)))

    def drop(self, key: K) -> None:
        """Forget the value of a key, if there is one."""
        value = self._values.pop(key, None)
        if value is not None:
            self.size -= self._measure(value)

    def clear(self) -> None:
        """Forget every value."""
        self._values.clear()
        self.size = 0
