"""Saying an error in one line, those that nobody foresaw too; leans on nothing that could be missing."""

import contextlib
import sys
import traceback

__all__ = ["internal", "printable", "say"]


def printable(sentence: str) -> str:
    """A sentence on one line, whatever characters a file's name brings along."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in sentence)


def say(sentence: str) -> None:
    """Print a sentence on standard error."""
    line = printable(sentence)
    with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody may be there to read it
        encoding = sys.stderr.encoding or "ascii"
        print(line.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr, flush=True)


def internal(error: BaseException, debug: bool, what: str = "The program") -> str:
    """A sentence on an unexpected error; its traceback goes to standard error if ``debug``.

    Parameters
    ----------
    error : BaseException
    debug : bool
    what : str
        Who met it, at the beginning of the sentence.
    """
    if debug and sys.stderr is not None:
        traceback.print_exception(error)
    if isinstance(error, MemoryError):
        return f"{what} needs more memory than is free; close other programs, or use fewer windows."
    if isinstance(error, ImportError):
        return f"{what} cannot import what it needs ({_first_line(error)}); install it again with its dependencies."
    return (
        f"{what} met an internal error ({type(error).__name__}: {_first_line(error)}); please report it with what "
        f"--debug prints."
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else "without a message"
