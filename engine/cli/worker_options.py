"""The options that say who does the work of an evaluation, and the executor that they stand for."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli import values
from engine.errors import SettingsError

if TYPE_CHECKING:  # they import torch: only once the command line is found right
    from engine.evaluation.executors import Executor

__all__ = ["add_workers", "check_workers", "executor_from"]


def add_workers(group: Any) -> None:
    """Add the options to a command's group."""
    group.add_argument(
        "--workers",
        type=values.integer,
        metavar="N",
        help="processes (1), or with --cluster workers (one a GPU, or a machine if there are none)",
    )
    group.add_argument(
        "--cluster",
        metavar="auto|HOST:PORT",
        help="work on this Ray cluster; auto is the one that this machine belongs to",
    )


def check_workers(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be meant, before anything is loaded.

    Raises
    ------
    SettingsError
    """
    if arguments.workers is not None and arguments.workers < 1:
        raise SettingsError(f"Work is done by at least 1 process, not {arguments.workers}; try --workers 1.")
    if arguments.cluster is not None and not arguments.cluster.strip():
        raise SettingsError("--cluster needs an address; give auto, or one such as 10.0.0.1:6379.")


def executor_from(arguments: argparse.Namespace, tables: Path | None) -> "Executor | None":
    """Who does the work that was asked for; ``None`` for this process.

    Parameters
    ----------
    arguments : Namespace
    tables : Path, optional
        Where others keep tables.
    """
    from engine.evaluation.executors import Cluster, Processes

    if arguments.cluster is not None:
        return Cluster(arguments.cluster.strip(), arguments.workers, tables)
    if arguments.workers is not None and arguments.workers > 1:
        return Processes(arguments.workers, tables)
    return None
