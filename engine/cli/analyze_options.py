"""The options of ``analyze``."""

import argparse
from typing import Any

from engine.cli import values

__all__ = ["add_analyze"]

_EXITS = """\
exit codes:
  0    measured and written
  2    an error; what was measured before it is kept, and the same command goes on from there
  130  interrupted; likewise
"""


def add_analyze(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command ``analyze``."""
    parser = commands.add_parser(
        "analyze",
        help="measure how SINs tell patched photos from benign ones",
        description="Measure the evidence behind the method on photos and on patched copies of them: importance\n"
        "curve, SIN distribution, prediction stability, detection under adaptive attack, deep against superficial\n"
        "importance, each with both definitions of importance. Figures, arrays (NPZ), tables (CSV) and a page\n"
        "(Markdown and HTML) are written to a folder.",
        epilog=_EXITS,
        parents=parents,
    )
    parser.add_argument("photos", metavar="DIR", help="folder of photos; <class index>_<anything> says the class")
    patches = parser.add_argument_group("photos and patches")
    patches.add_argument("--patch-file", metavar="PATCH.png", required=True, help="patch of the patched copies")
    patches.add_argument(
        "--adaptive-patches",
        nargs="+",
        metavar="PATCH.png|DIR",
        help="patches that attack --adaptive trained; a folder stands for those in it",
    )
    patches.add_argument("--limit", type=values.integer, default=300, metavar="N", help="photos, evenly spread (300)")
    patches.add_argument(
        "--sweep-limit", type=values.integer, default=100, metavar="N", help="of them, for detection (100)"
    )
    patches.add_argument("--layers", default="1,2,3", metavar="1,2,3|NAMES", help="superficial layers (1,2,3)")
    patches.add_argument("--top", type=values.rate, default=argparse.SUPPRESS, metavar="50%", help="top-ranking rate")
    patches.add_argument(
        "--seed", type=values.integer, default=argparse.SUPPRESS, metavar="N", help="of the patches' places (0)"
    )
    results = parser.add_argument_group("results")
    results.add_argument("--figures", metavar="OUT", required=True, help="folder for everything")
    results.add_argument("--reference", metavar="FILE.json", help="write the SIN distribution here too, in short")
