"""A connection to a Ray cluster that prints nothing and leaves this process as it was."""

import contextlib
import importlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from typing import Any

from engine.classifiers.libraries import reason
from engine.errors import EvaluationError

__all__ = ["connected"]

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # what Ray says of lost workers would stand among results
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # asked for by a hint that it prints otherwise
}
_PATIENCE = 10.0  # seconds until an address that does not answer is given up


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, connected to a cluster within the block.

    Parameters
    ----------
    address : str
        ``auto`` for the cluster that this machine belongs to, or one's address as ``ray.init`` takes it.

    Raises
    ------
    EvaluationError
        If Ray is not installed, or there is no such cluster.
    """
    ray = _import()
    _knock(address)
    with _own_signals():
        try:
            ray.init(address=address, log_to_driver=False, configure_logging=False, logging_level=logging.CRITICAL)
        except Exception as error:  # Ray raises its own, built-in ones, and those of gRPC
            ray.shutdown()
            raise _unreachable(address, error) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def _import() -> Any:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.exceptions")
    except Exception as error:
        raise EvaluationError(
            f"A cluster needs Ray, which cannot be imported ({reason(error)}); install it with "
            f"python -m pip install ray, here and on every machine of the cluster."
        ) from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    return ray


def _knock(address: str) -> None:
    """Refuse an address where nobody listens: Ray would try for a minute, and print how it goes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> EvaluationError:
    if address == "auto":
        return EvaluationError(
            f"This machine belongs to no running Ray cluster ({reason(error)}); start one with ray start --head, "
            f"give its address, or leave --cluster out and take --workers of this machine."
        )
    return EvaluationError(
        f"There is no Ray cluster at {address} that can be used ({reason(error)}); give the address that ray start "
        f"--head printed, such as 10.0.0.1:6379, with the same Ray and Python on every machine."
    )


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM over for good; afterwards it is handled as before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # one that was not set from Python cannot be set again
                signal.signal(number, handler)
