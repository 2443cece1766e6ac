"""Keeping torch's own talk of its internals off the terminal."""

import contextlib
import io
import logging
from collections.abc import Iterator

__all__ = ["quiet_torch"]


@contextlib.contextmanager
def quiet_torch() -> Iterator[None]:
    """Within the block torch logs nothing below critical, and its dumps of a failed graph go nowhere.

    Levels and standard error are afterwards what they were, whatever happens in the block.
    """
    known = [logging.getLogger("torch")]
    for name, logger in list(logging.root.manager.loggerDict.items()):
        # Those without a level of their own take that of the ones above them, as do those that are made meanwhile.
        if name.startswith("torch.") and isinstance(logger, logging.Logger) and logger.level:
            known.append(logger)
    levels = [logger.level for logger in known]
    try:
        for logger in known:
            logger.setLevel(logging.CRITICAL)
        with contextlib.redirect_stderr(io.StringIO()):  # the graph of a failed export is printed, not logged
            yield
    finally:
        for logger, level in zip(known, levels, strict=True):
            logger.setLevel(level)
