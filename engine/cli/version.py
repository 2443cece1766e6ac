"""The version of what is running: a checkout's own, else that of the installed distribution."""

import importlib.metadata
import tomllib
from pathlib import Path

__all__ = ["version"]

NAME = "sinscope"


def version() -> str:
    """The version, or ``unknown`` where neither a checkout nor an installation can be found."""
    try:
        project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
        if project["name"] == NAME:
            return str(project["version"])
    except (OSError, ValueError, KeyError):
        pass
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
