"""The options of ``adapt``."""

import argparse
from typing import Any

from engine.cli import values

__all__ = ["add_adapt"]

_EXITS = """\
exit codes:
  0    the weights were adapted and saved
  2    an error; nothing that was there before is lost
  130  interrupted; the weights so far are saved, and --resume goes on
"""


def add_adapt(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command ``adapt``."""
    parser = commands.add_parser(
        "adapt",
        help="adapt a classifier to SIN pruning, from photos without labels",
        description="Retrain stages below the superficial layer so that from the SINs alone, under windows too, the "
        "network says\nwhat it said of the whole photo. The layer itself stays, and so do the SINs. Use the result "
        "with --adapted FILE.",
        epilog=_EXITS,
        parents=parents,
    )
    parser.add_argument("source", metavar="PHOTOS", help="a folder")
    parser.add_argument(
        "--out", metavar="FILE.safetensors", required=True, help="the weights; their curve goes beside"
    )
    what = parser.add_argument_group("what is retrained")
    what.add_argument("--stages", metavar="NAME,NAME", help="modules whose outputs are targets (the model's own)")
    what.add_argument("--all", action="store_true", help="everything below the superficial layer, and not only those")
    photos = parser.add_argument_group("photos and windows")
    photos.add_argument("--limit", type=values.integer, metavar="N", help="train on N photos, spread over the folder")
    photos.add_argument(
        "--held-out", type=values.integer, metavar="N", help="measure on N of the others (all); 0 for none"
    )
    photos.add_argument(
        "--patch", metavar="2%,5%", dest="patches", default="2%", help="windows of patches of these sizes (2%%)"
    )
    photos.add_argument("--windows", type=values.integer, metavar="N", help="occluded copies of a crop (3)")
    photos.add_argument("--smallest", type=values.number, metavar="S", help="least share of a photo in a crop (0.25)")
    photos.add_argument("--jitter", type=values.number, metavar="S", help="change its colours by up to S (0.3)")
    how = parser.add_argument_group("training")
    how.add_argument("--steps", type=values.integer, metavar="N", help="(2000)")
    how.add_argument("--batch", type=values.integer, metavar="N", dest="photos", help="crops a step (8)")
    how.add_argument("--rate", type=values.number, metavar="R", dest="learning_rate", help="learning rate (0.001)")
    how.add_argument("--late", type=values.number, metavar="S", help="share of it below the stages, with --all (0.2)")
    how.add_argument("--logits", type=values.number, metavar="W", help="weight of the logits beside the stages (1)")
    how.add_argument(
        "--worst", type=values.number, metavar="S", help="share that a crop's worst copy counts for (0.5)"
    )
    how.add_argument("--average", type=values.number, metavar="S", help="decay of the weights' running mean (0.995)")
    how.add_argument(
        "--arithmetic",
        choices=("auto", "fp32", "mixed"),
        dest="arithmetic",
        help="mixed: the network in bfloat16 (auto)",
    )
    how.add_argument("--start", metavar="FILE", help="begin with these adapted weights instead of the original ones")
    how.add_argument("--checkpoint", metavar="FILE", help="where an unfinished training is kept (FILE.checkpoint)")
    how.add_argument("--resume", action="store_true", help="go on from there")
