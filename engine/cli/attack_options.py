"""The options of ``attack`` and ``audit``."""

import argparse
from typing import Any

from engine.cli import values

__all__ = ["UNTARGETED", "add_attack", "add_audit"]

UNTARGETED = "untargeted"

_EXITS = """\
exit codes:
  0    the patch was trained and saved
  2    an error; nothing that was there before is lost
  130  interrupted; the best patch so far is saved, and --resume goes on
"""


def add_attack(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command ``attack``."""
    parser = commands.add_parser(
        "attack",
        help="train an adversarial patch on photos",
        description="Train an adversarial patch on a photo, or one for all photos of a folder, and save it with "
        "a JSON of how\nit was made. Its success is then measured on the folder's other photos, at random places.",
        epilog=_EXITS,
        parents=parents,
    )
    parser.add_argument("source", metavar="PHOTOS", help="a folder, a file, sample:china or sample:flower")
    parser.add_argument("--out", metavar="PATCH.png", required=True, help="the patch; its .json goes beside it")
    aim = parser.add_argument_group("what the patch is for")
    aim.add_argument(
        "--target",
        metavar="CLASS",
        default="859",
        help=f"index or name, or `{UNTARGETED}` (%(default)s: toaster in ImageNet)",
    )
    aim.add_argument("--patch", metavar="5%|32|32x40", default="5%", help="its size, a share or px (5%%)")
    aim.add_argument("--defended", action="store_true", help="fool the pruned model instead of the plain one")
    aim.add_argument("--adaptive", action="store_true", help="also hide from detection by superficial importance")
    aim.add_argument("--alpha", type=values.number, metavar="A", help="weight of that (1)")
    photos = parser.add_argument_group("photos and places")
    photos.add_argument("--limit", type=values.integer, metavar="N", help="train on N photos, spread over the folder")
    photos.add_argument(
        "--held-out", type=values.integer, metavar="N", help="measure on N of the others (all); 0 for none"
    )
    photos.add_argument("--at", metavar="X,Y", help="always put it there (everywhere, borders included)")
    photos.add_argument("--rotation", type=values.number, metavar="DEG", help="turn it by up to DEG (0)")
    photos.add_argument("--scale", type=values.interval, metavar="A-B", help="scale it by A to B (1-1)")
    photos.add_argument("--brightness", type=values.number, metavar="S", help="darken or lighten it by up to S (0)")
    photos.add_argument("--perspective", type=values.number, metavar="S", help="move its corners by up to S (0)")
    photos.add_argument("--vary", type=values.number, metavar="S", help="mirror photos, and cut up to S off (0)")
    how = parser.add_argument_group("training")
    how.add_argument("--steps", type=values.integer, metavar="N", help="(1000)")
    how.add_argument("--batch", type=values.integer, metavar="N", help="photos a step (8)")
    how.add_argument("--optimizer", choices=("adam", "sign"), help="(adam)")
    how.add_argument("--rate", type=values.number, metavar="R", help="learning rate (0.03 for adam, 0.0157 for sign)")
    how.add_argument(
        "--arithmetic", choices=("auto", "fp32", "mixed"), help="mixed: the network in half precision (auto)"
    )
    how.add_argument("--start", metavar="PATCH.png", help="begin with this patch instead of noise")
    how.add_argument("--checkpoint", metavar="FILE", help="where an unfinished training is kept (PATCH.checkpoint)")
    how.add_argument("--resume", action="store_true", help="go on from there")


_AUDIT_EXITS = """\
exit codes:
  0    no certified photo was broken
  4    a certified photo was broken: a bug in the certificate
  2    an error
  130  interrupted; the photos that were finished are reported, and --resume goes on
"""


def add_audit(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command ``audit``."""
    parser = commands.add_parser(
        "audit",
        help="attack photos where they are weakest, against the whole defense",
        description="Attack each photo at the weakest place of its location map, against the whole defense: the "
        "answer must change\nwithout an alert. On a photo whose certificate holds no attack may succeed.",
        epilog=_AUDIT_EXITS,
        parents=parents,
    )
    parser.add_argument("source", metavar="PHOTOS", help="a folder, a file, sample:china or sample:flower")
    parser.add_argument("--limit", type=values.integer, metavar="N", help="audit N photos, spread over the folder")
    parser.add_argument("--json", metavar="FILE", help="write what was found here")
    parser.add_argument("--resume", action="store_true", help="keep what FILE has of the same audit, and go on")
    how = parser.add_argument_group("attack")
    how.add_argument("--steps", type=values.integer, metavar="N", help="steps of an attempt (50)")
    how.add_argument("--restarts", type=values.integer, metavar="N", help="attempts, each at another place (2)")
    how.add_argument("--windows", type=values.integer, metavar="N", help="windows that a step looks at (7)")
