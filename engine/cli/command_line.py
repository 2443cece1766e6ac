"""A command line as a result names it."""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["command_line"]


def command_line(words: Sequence[str]) -> str:
    """The command line with files and folders by their names alone."""
    return " ".join(
        ["python", "main.py", *(Path(word).name if "/" in word or "\\" in word else word for word in words)]
    )
