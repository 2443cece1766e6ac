"""Work beside the window: hashing and writing files in a thread, with the outcome told in the window's thread."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from engine.errors import SinscopeError

__all__ = ["Aside"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What came of a piece of work: a result, or a sentence that says why there is none."""

    then: Callable[[Any], None]
    otherwise: Callable[[str], None]
    result: Any = None
    fault: str | None = None


class Aside(QObject):
    """Runs pieces of work in threads of their own, which end with the work.

    The threads are waited for when the program ends, so that no file is left half written.
    """

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: list[threading.Thread] = []
        self._finished.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    @property
    def is_busy(self) -> bool:
        """Whether a piece of work is still running."""
        return any(thread.is_alive() for thread in self._threads)

    def run(self, work: Callable[[], Any], then: Callable[[Any], None], otherwise: Callable[[str], None]) -> None:
        """Start a piece of work.

        Parameters
        ----------
        work : callable
            Runs in a thread: it must not touch widgets.
        then : callable
            Given its result, in the thread of this object.
        otherwise : callable
            Given a sentence instead, if the work fails.
        """
        thread = threading.Thread(target=self._work, args=(work, then, otherwise), name="aside")
        self._threads = [former for former in self._threads if former.is_alive()] + [thread]
        thread.start()

    def close(self) -> None:
        """Wait for what is running."""
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _work(self, work: Callable[[], Any], then: Callable[[Any], None], otherwise: Callable[[str], None]) -> None:
        try:
            outcome = _Outcome(then, otherwise, result=work())
        except SinscopeError as error:
            outcome = _Outcome(then, otherwise, fault=str(error))
        except MemoryError:
            outcome = _Outcome(then, otherwise, fault="There is not enough memory for this; close something first.")
        except Exception:
            log.exception("work beside the window failed")
            sentence = "This met an internal error; try again, and report it with the log if it comes back."
            outcome = _Outcome(then, otherwise, fault=sentence)
        try:
            self._finished.emit(outcome)
        except RuntimeError:  # the window is gone, and nobody is left to tell
            log.debug("an outcome came after its window")

    @Slot(object)
    def _tell(self, outcome: _Outcome) -> None:
        if outcome.fault is None:
            outcome.then(outcome.result)
        else:
            outcome.otherwise(outcome.fault)
