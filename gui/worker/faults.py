"""What went wrong in a thread of the engine, as the window tells it."""

import logging
import traceback

from engine.errors import SinscopeError
from gui.snapshot import Problem

__all__ = ["problem_of"]

log = logging.getLogger(__name__)


def problem_of(error: Exception, generation: int) -> Problem:
    """The sentence for an error; a traceback goes along, and into the log, where the fault is ours."""
    if isinstance(error, SinscopeError):
        return Problem(generation, str(error))
    if isinstance(error, MemoryError):
        return Problem(generation, "There is not enough memory for this; choose a smaller photo or model.")
    details = "".join(traceback.format_exception(error))
    log.error("%s", details)
    sentence = "The engine met an internal error; try again, and report it if it comes back."
    return Problem(generation, sentence, details)
