"""The options of ``train``."""

import argparse
from typing import Any

from engine.cli import values
from engine.models import MODELS

__all__ = ["add_train"]

_TRAINED = tuple(name for name, row in MODELS.items() if row.data == "CIFAR-10")

_EXITS = """\
exit codes:
  0    the network is trained and written
  2    an error
  130  interrupted; the same command goes on from the last whole epoch
"""


def add_train(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    train = commands.add_parser(
        "train",
        help="train a network for CIFAR-10 by its recipe",
        description="Train one of the networks for CIFAR-10 that come with the program, from its recipe.\n"
        "Writes MODEL.safetensors, and MODEL.json with recipe, curve, time and hardware.",
        epilog=_EXITS,
        parents=parents,
    )
    train.add_argument("recipe", metavar="MODEL", help=f"one of {', '.join(_TRAINED)}; each takes 0.5 to 3 hours")
    group = train.add_argument_group("training")
    group.add_argument("--epochs", type=values.integer, metavar="N", help="instead of the recipe's")
    group.add_argument("--threads", type=values.integer, metavar="N", help="of the CPU (all)")
    group.add_argument(
        "--out",
        metavar="DIR",
        default="sinscope-training",
        help="where weights, record and checkpoint go (%(default)s)",
    )
