"""Painting that cannot bring the program down: a second exception inside one repaint crashes PySide."""

import functools
import logging
from collections.abc import Callable
from typing import Any

__all__ = ["guarded"]

log = logging.getLogger(__name__)


def guarded(paint: Callable[..., None]) -> Callable[..., None]:
    """A paint method whose exceptions go to the log, each item's once, and leave the rest of the picture whole."""

    @functools.wraps(paint)
    def painted(self: Any, *args: Any) -> None:
        try:
            paint(self, *args)
        except Exception:
            if not getattr(self, "_paint_failed", False):
                self._paint_failed = True
                log.exception("%s cannot be drawn", type(self).__name__)

    return painted
