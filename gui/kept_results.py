"""Where the window keeps what took long to make, unless it is told another place."""

from pathlib import Path

import platformdirs

__all__ = ["kept_folder", "results_folder"]


def kept_folder() -> Path:
    """A folder of the user's that is easily found; not made by this."""
    return platformdirs.user_documents_path() / "SINscope"


def results_folder(data: str) -> Path:
    """Where the evaluation of a folder's photos, or of a named data set, is kept: the same for the same name."""
    return kept_folder() / (Path(data).name or "photos")
