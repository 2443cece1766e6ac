"""The command line: ``sinscope``, ``python -m engine.cli`` and ``python main.py`` are one program."""

from engine.cli.program import main

__all__ = ["main"]
