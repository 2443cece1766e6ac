"""The options of ``table``."""

import argparse
from typing import Any

from engine.cli.worker_options import add_workers

__all__ = ["add_table"]

_EXITS = """\
exit codes:
  0    every photo has its rows
  2    an error; the other photos are still measured and reported
  130  interrupted; what was finished is kept and reported
"""


def add_table(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the subcommand."""
    table = commands.add_parser(
        "table",
        help="measure Table 5, 6 or 7 of the paper again, beside what was published",
        description="Measure a table of the paper: the defenses (5), ScaleCert's top-ranking rates (6) or its\n"
        "superficial layers (7), each on the model made for it. The same command goes on where an interrupted one\n"
        "stopped.",
        epilog=_EXITS,
        parents=parents,
    )
    table.add_argument("number", metavar="TABLE", choices=("5", "6", "7"), help="5, 6 or 7: its number in the paper")
    group = table.add_argument_group("measurement")
    group.add_argument(
        "--data",
        metavar="cifar10|DIR",
        help="labelled photos, as for evaluate (the ImageNet photos beside the checkout)",
    )
    group.add_argument(
        "--patch",
        metavar="5%,8%",
        dest="patches",
        help="patches, with commas between (the table's own: 5%% and 8%%; 2%% and 5%% for Table 5 on photos of your "
        "own, 2%% for Table 7 on them)",
    )
    group.add_argument(
        "--limit",
        metavar="N|DEFENSE=N",
        help="this many photos a row, evenly spread; other numbers for some defenses: 1000,minority_reports=200",
    )
    add_workers(group)
    group.add_argument("--out", metavar="DIR", help="where rows and table go (sinscope-table5, -6 or -7)")
