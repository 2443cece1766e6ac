"""The one door: the window without a command, the command line with one."""

import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["main"]


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
    if not _wants_window(words):
        from engine.cli import main as command_line

        return command_line(words)
    from gui.headless import no_display

    if no_display():
        from engine.cli.faults import say
        from engine.errors import SinscopeError
        from gui.headless import run as run_headless

        try:
            return run_headless()
        except SinscopeError as error:
            say(f"error: {error}")
            return 2
    from gui.app import run

    return run(words)


def _wants_window(words: list[str]) -> bool:
    photos = [word for word in words if word != "--tour"]
    if not photos:
        return True
    return len(photos) == 1 and (photos[0].startswith("sample:") or Path(photos[0]).exists())
