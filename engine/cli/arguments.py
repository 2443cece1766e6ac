"""The options of every subcommand, and the settings they stand for."""

import argparse
import difflib
from typing import Any, NoReturn, get_args

from engine.cli import values
from engine.cli.adapt_options import add_adapt
from engine.cli.analyze_options import add_analyze
from engine.cli.attack_options import add_attack, add_audit
from engine.cli.evaluate_options import add_evaluate
from engine.cli.table_options import add_table
from engine.cli.train_options import add_train
from engine.cli.version import version
from engine.errors import SettingsError
from engine.settings import BackendName, Fill, Importance, Precision, Rule, Selection, Settings
from engine.threat import PatchThreat

__all__ = ["make_parser", "settings_from"]

_EXITS = """\
exit codes:
  0    every photo was inspected and none raised an alert
  3    an alert on at least one photo; `undecided` counts as one, since a certificate
       promises its label or an alert, and silence would be neither
  2    an error; the other photos are still inspected and reported
  130  interrupted; the photos that were finished are still reported
"""

_ALL_EXITS = """\
exit codes:
  0    the command did what was asked, and there is nothing to warn of
  2    an error
  3    inspect: an alert on at least one photo, or one that is undecided
  4    audit: a patch broke a certificate
  130  interrupted; what was finished is kept
each command's own: see sinscope COMMAND --help
"""

DEMO_PATCH = "5%"  # the size of the sample patch

_DEFAULTS = Settings()


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence with a remedy."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False, **options}
        )

    def error(self, message: str) -> NoReturn:
        """Refuse a command line."""
        if message.startswith("unrecognized arguments: "):
            message = self._unknown(message.removeprefix("unrecognized arguments: ").split()[0])
        elif "expected one argument" in message:
            message = message.replace("expected", "needs") + " (one that begins with a minus follows a `=`)"
        message = message.replace("argument ", "", 1).replace(": invalid choice: ", " cannot be ", 1)
        if ";" not in message:
            message = f"{message}; see {self.prog} --help"
        raise SettingsError(f"{message.replace('the following', 'The following', 1)}.")

    def _unknown(self, argument: str) -> str:
        if not argument.startswith("-"):
            return (
                f"{argument} stands apart from the other arguments, or is one too many; name all photos in one place"
            )
        if argument.partition("=")[0] in self._options():
            place = "belongs to another command, or stands behind its command's name"
            return f"{argument} {place}; see {self.prog} COMMAND --help"
        near = difflib.get_close_matches(argument.partition("=")[0], self._options(), n=2)
        remedy = f"nearest: {' and '.join(near)}" if near else f"see {self.prog} --help"
        return f"There is no option {argument}; {remedy}"

    def _options(self) -> set[str]:
        """Every option of this parser and of its subcommands, which leave unknown ones to it."""
        commands = [action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return set(self._option_string_actions).union(
            *(command._option_string_actions for choices in commands for command in choices.values())
        )


def make_parser() -> _Parser:
    """The parser of the whole command line; ``command`` is ``None`` without a subcommand."""
    common = _Parser(add_help=False)
    common.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks of internal errors"
    )
    parser = _Parser(
        prog="sinscope",
        description="Shows whether an image classifier can be fooled by an adversarial patch, and proves when "
        "it cannot.\nWithout a command the window opens, on a photo if one is named; --tour lets it walk by itself.\n"
        "Where no window can open, the demonstration runs instead.",
        epilog=_ALL_EXITS,
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    inspect = commands.add_parser(
        "inspect",
        help="inspect photos and say for each whether a patch could change its label",
        description="Inspect photos: what the model sees at its superficial layer, which windows decide its "
        "label,\nand whether it is certified against a patch of a given size.",
        epilog=_EXITS,
        parents=[common, _knobs(_DEFAULTS.patch)],
    )
    inspect.add_argument("images", nargs="+", metavar="IMAGE", help="a file, a folder, sample:china or sample:flower")
    pasting = inspect.add_argument_group("a patch to put into the photo")
    _add_paste(pasting, "put this picture into the photo as the model sees it")
    pasting.add_argument(
        "--at", metavar="X,Y", help="its top-left corner in px of the model's input; centred if unset"
    )
    pasting.add_argument("--scale", type=values.number, help="enlarge it by this factor (1)")
    pasting.add_argument("--rotate", type=values.number, metavar="DEG", help="turn it counter-clockwise (0)")
    inspect.add_argument(
        "--until-alert",
        action="store_true",
        help="stop at a photo's first alert, without its other windows and location map; certifying still takes all",
    )
    results = inspect.add_argument_group("results")
    results.add_argument("--json", metavar="FILE", help="write the report here; - for standard output, and only that")
    results.add_argument(
        "--figure", metavar="FILE.png", help="draw a picture; {stem} stands for the photo's name without extension"
    )

    demo = commands.add_parser(
        "demo",
        help="inspect a sample photo, clean and with a patch",
        description="Inspect scikit-learn's sample photo `china`, clean and with a patch, print both answers\n"
        "side by side, and write report and figures to a folder.",
        parents=[common, _knobs(DEMO_PATCH)],
    )
    demo.set_defaults(patch=DEMO_PATCH)
    _add_paste(demo, "another patch than the sample one")
    demo.add_argument("--out", metavar="FOLDER", default="sinscope-demo", help="where results go (%(default)s)")

    add_attack(commands, [common, _knobs(None, "model", "sins")])
    add_audit(commands, [common, _knobs(_DEFAULTS.patch, *(group for group in _GROUPS if group != "label"))])
    add_adapt(commands, [common, _knobs(None, "network", "place", "sins")])
    add_analyze(commands, [common, _knobs(None, "network", "backend", "rule")])
    add_evaluate(commands, [common, _knobs(_DEFAULTS.patch, *(group for group in _GROUPS if group != "label"))])
    add_table(commands, [common, _knobs(None, "network", "backend", "rule")])

    add_train(commands, [common])
    commands.add_parser("models", help="list the classifiers that can be inspected", parents=[common])
    return parser


def _add_paste(group: Any, purpose: str) -> None:
    group.add_argument("--paste", metavar="PATCH.png", help=purpose)


_GROUPS = ("model", "backend", "threat", "sins", "rule", "label")


def _knobs(patch: str | None, *groups: str) -> _Parser:
    """A parent parser with some groups of knobs, all of them if none is named."""
    parser = _Parser(add_help=False)
    for group in groups or _GROUPS:
        _ADD[group](parser, patch)
    return parser


def _network(parser: argparse.ArgumentParser, _: str | None) -> Any:
    model = parser.add_argument_group("model")
    _knob(model, "--model", metavar="M", help=f"classifier, see `sinscope models` ({_DEFAULTS.model})")
    _knob(model, "--weights", metavar="FILE", help="state dict or safetensors for it; `random` for an untrained one")
    _knob(model, "--input-size", type=values.sides, metavar="H|HxW", help="input in px (the model's own)")
    _knob(model, "--mean", type=values.floats, metavar="M|M,M,M", help="normalisation of pixels in [0, 1]")
    _knob(model, "--std", type=values.floats, metavar="S|S,S,S")
    _knob(model, "--labels", metavar="FILE", help="class names: one a line, or JSON")
    return model


def _model(parser: argparse.ArgumentParser, _: str | None) -> None:
    model = _network(parser, None)
    _layer(model)
    _knob(
        model,
        "--adapted",
        metavar="auto|off|FILE",
        help="weights adapted to SIN pruning: the program's own where they fit, none, or a file's (auto)",
    )


def _place(parser: argparse.ArgumentParser, _: str | None) -> None:
    _layer(parser.add_argument_group("superficial layer"))


def _layer(group: Any) -> None:
    _knob(
        group,
        "--layer",
        metavar="1|2|3|NAME",
        help="superficial layer: a usual one, or any module's name (1; module:1 is a module named 1)",
    )


def _backend(parser: argparse.ArgumentParser, _: str | None) -> None:
    backend = parser.add_argument_group("arithmetic")
    _knob(backend, "--backend", choices=get_args(BackendName), help="what runs the network (auto)")
    _knob(backend, "--precision", choices=get_args(Precision), help="arithmetic (fp32)")


def _threat(parser: argparse.ArgumentParser, patch: str | None) -> None:
    threat = parser.add_argument_group("threat and windows")
    _knob(threat, "--patch", metavar="2%|32|32x40", help=f"patch: share of the input, or px ({patch}%)")
    _knob(
        threat, "--window", type=values.integer, metavar="N", help="side of the windows in cells (at most 36 windows)"
    )
    _knob(threat, "--stride", type=values.integer, metavar="N", help="step between them in cells (fewest windows)")


def _sins(parser: argparse.ArgumentParser, _: str | None) -> None:
    sins = parser.add_argument_group("superficial important neurons (SINs)")
    _knob(sins, "--top", type=values.rate, metavar="50%", help="top-ranking rate (the model's own for the layer)")
    _knob(sins, "--selection", choices=get_args(Selection), help="where SINs are chosen (per_window)")
    _knob(sins, "--importance", choices=get_args(Importance), help="what ranks them (contrast)")
    _knob(sins, "--fill", choices=get_args(Fill), help="what stands for the others (neutral)")
    _knob(sins, "--seed", type=values.integer, metavar="N", help="of all that is drawn at random (0)")


def _rule(parser: argparse.ArgumentParser, _: str | None) -> None:
    rule = parser.add_argument_group("alert rule and certificate")
    _knob(rule, "--rule", choices=get_args(Rule), help="when an alert is raised (consistency)")
    _knob(rule, "--tau", type=values.number, metavar="T", help="its confidence threshold (0.5)")


def _label(parser: argparse.ArgumentParser, _: str | None) -> None:
    _knob(parser, "--label", metavar="L", help="label to certify, index or name (the base prediction)")


_ADD = {
    "network": _network,
    "place": _place,
    "model": _model,
    "backend": _backend,
    "threat": _threat,
    "sins": _sins,
    "rule": _rule,
    "label": _label,
}


def _knob(group: Any, option: str, **how: Any) -> None:
    group.add_argument(option, default=argparse.SUPPRESS, **how)


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The settings that were asked for; ``label`` is left out until the model's class names are known.

    Raises
    ------
    SettingsError, ThreatError
        If a value makes no sense whatever the model is.
    """
    given = {name: value for name, value in vars(arguments).items() if name in Settings.__dataclass_fields__}
    given.pop("label", None)
    settings = Settings(**given)
    if "tau" in given and settings.rule == "consistency":
        raise SettingsError(
            "--tau changes nothing under the rule consistency, which listens to every contradiction; leave it out, "
            "or add --rule confident."
        )
    # What the text of a patch means depends on the model's input; whether it means anything does not.
    PatchThreat.parse(settings.patch, (2**31, 2**31))
    return settings
