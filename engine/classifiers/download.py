"""Weights that a library fetches because the user asked for its model; all that can fail is one error."""

import contextlib
import io
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

from engine.classifiers.libraries import reason
from engine.errors import DataError, ModelError

__all__ = ["downloaded_data", "downloading", "require_host", "show_progress"]

_PATIENCE = 10.0  # seconds to wait for a host's first answer


def show_progress() -> bool:
    """Whether somebody watches: the libraries draw their progress bars on standard error."""
    return sys.stderr is not None and sys.stderr.isatty()


def require_host(address: str) -> None:
    """Ask a host for a sign of life, so that a library does not try for minutes while there is no network.

    Raises
    ------
    OSError
        If it cannot be reached.
    """
    request = urllib.request.Request(address, method="HEAD")
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=_PATIENCE):
        pass


@contextlib.contextmanager
def downloading(model: str) -> Iterator[None]:
    """Turn any failure within the block into one sentence; standard output stays clean for results.

    Raises
    ------
    ModelError
        If the download fails.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"The weights of {model} cannot be downloaded ({reason(error)}); connect to the network, or "
            f"fetch them elsewhere and give the file with --weights FILE."
        ) from error


@contextlib.contextmanager
def downloaded_data(name: str) -> Iterator[None]:
    """The same for a data set that a library fetches.

    Raises
    ------
    DataError
        If the download fails.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except Exception as error:
        raise DataError(
            f"{name} is not here and cannot be downloaded ({reason(error)}); connect to the network and try again."
        ) from error
