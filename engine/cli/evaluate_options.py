"""The options of ``evaluate``."""

import argparse
from typing import Any

from engine.cli import values
from engine.cli.worker_options import add_workers

__all__ = ["add_evaluate"]

_EXITS = """\
exit codes:
  0    every photo has its rows
  2    an error; the other photos are still evaluated and reported
  130  interrupted; what was finished is kept and reported
"""


def add_evaluate(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    evaluate = commands.add_parser(
        "evaluate",
        help="certified accuracy of the defenses over a data set",
        description="Answer labelled photos by certified defenses and count what is right, certified and silent.\n"
        "The same command goes on where an interrupted one stopped.",
        epilog=_EXITS,
        parents=parents,
    )
    evaluate.add_argument(
        "data",
        metavar="DATA",
        help="a folder of photos named <class index>_..., or with a folder for each class; or cifar10",
    )
    group = evaluate.add_argument_group("evaluation")
    group.add_argument(
        "--defense",
        metavar="A,B|all",
        dest="defenses",
        default="all",
        help="defenses, as NAME, NAME:PRESET or NAME:knob=value (all)",
    )
    group.add_argument(
        "--patch-space", choices=("input", "photo"), default="input", help="where the patch has its size (input)"
    )
    group.add_argument(
        "--unlabelled",
        action="store_true",
        help="photos have no labels: each defense certifies its own answer, and no accuracy is measured",
    )
    group.add_argument("--limit", type=values.integer, metavar="N", help="this many photos, evenly spread")
    add_workers(group)
    group.add_argument(
        "--out", metavar="DIR", default="sinscope-evaluation", help="where rows and report go (%(default)s)"
    )
