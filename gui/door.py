"""The one door: the window without a command, the command line with one."""

import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]

_TOUR = "--tour"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the process's own if ``None``. None at all, ``--tour`` or a photo open the window;
        anything else is a command line. Where no window can open, the demonstration runs without one.

    Returns
    -------
    int
        The exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if refusal := _refusal(words):
        return _refuse(refusal)
    if not _wants_window(words):
        from engine.cli import main as command_line

        return command_line(words)
    from gui.headless import no_display

    if no_display():
        from engine.errors import SinscopeError
        from gui.headless import run as run_headless

        if photos := _named(words):
            return _refuse(f"No window can open here for {photos[0]}; use sinscope inspect {photos[0]}.")
        try:
            return run_headless()
        except SinscopeError as error:
            return _refuse(str(error))
    from gui.app import run

    return run(words)


def _wants_window(words: list[str]) -> bool:
    photos = _named(words)
    return not photos or (len(photos) == 1 and _is_photo(photos[0]))


def _refusal(words: list[str]) -> str | None:
    """What is wrong with words that were meant for the window."""
    photos = _named(words)
    if not photos:
        return None
    first = photos[0]
    if _TOUR in words and _is_photo(first):
        return f"The tour brings photos of its own; leave out {_TOUR} or {first}."
    if _is_photo(first):
        return "The window takes one photo or one folder; sinscope inspect takes several." if photos[1:] else None
    if Path(first).name != first or Path(first).suffix:  # no command's name
        return f"{first} does not exist; name a photo, a folder or a command (see sinscope --help)."
    return None


def _named(words: list[str]) -> list[str]:
    return [word for word in words if word != _TOUR]


def _is_photo(word: str) -> bool:
    return word.startswith("sample:") or (not word.startswith("-") and Path(word).exists())


def _refuse(sentence: str) -> int:
    from engine.cli.faults import say

    say(f"error: {sentence}")
    return 2
