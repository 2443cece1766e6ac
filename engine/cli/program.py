"""From a command line to an exit code: no traceback, and nothing heavy imported before it is needed."""

import argparse
import contextlib
import gc
import sys
from collections.abc import Iterator, Sequence

from engine.cli import exits
from engine.cli.arguments import make_parser, settings_from
from engine.cli.faults import internal, say
from engine.cli.inspectors import Inspectors
from engine.errors import SinscopeError

__all__ = ["main"]

DEFAULT_COMMAND = "demo"


def main(argv: Sequence[str] | None = None, inspectors: Inspectors | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the process's own if ``None``.
    inspectors : Inspectors, optional
        Classifiers that are loaded already, for callers that run several commands.

    Returns
    -------
    int
        The exit code, see ``engine.cli.exits``.
    """
    debug = False
    try:
        words = list(sys.argv[1:] if argv is None else argv)
        arguments = make_parser().parse_args(words)
        if arguments.command is None:
            arguments = make_parser().parse_args([*words, DEFAULT_COMMAND])
        arguments.debug = debug = getattr(arguments, "debug", False)
        arguments.words = words
        with _rare_collections():
            return _run(arguments, inspectors or Inspectors())
    except SystemExit as ended:  # --help and --version
        return ended.code if isinstance(ended.code, int) else exits.QUIET
    except KeyboardInterrupt:
        say("interrupted")
        return exits.INTERRUPTED
    except SinscopeError as error:
        say(f"error: {error}")
        return exits.ERROR
    except Exception as error:
        say(f"error: {internal(error, debug)}")
        return exits.ERROR


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Within the block, garbage is collected seldom: imports make a million objects that all stay."""
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def _run(arguments: argparse.Namespace, inspectors: Inspectors) -> int:
    # Each command imports what it needs, torch above all, once it is clear that it is wanted.
    if arguments.command == "models":
        from engine.cli.models import show_models

        show_models()
        return exits.QUIET
    if arguments.command == "train":
        from engine.cli.train import train_network

        return train_network(arguments)
    settings_from(arguments)  # what is wrong whatever the model is, is said at once
    from engine.datasets.named import refuse_data_names

    named = (getattr(arguments, name, None) for name in ("source", "photos"))
    refuse_data_names((*getattr(arguments, "images", ()), *named))
    if arguments.command == "inspect":
        from engine.cli.inspect import inspect_photos

        return inspect_photos(arguments, inspectors)
    if arguments.command == "attack":
        from engine.cli.attack import attack

        return attack(arguments, inspectors)
    if arguments.command == "adapt":
        from engine.cli.adapt import adapt_classifier

        return adapt_classifier(arguments, inspectors)
    if arguments.command == "audit":
        from engine.cli.audit import audit_photos

        return audit_photos(arguments, inspectors)
    if arguments.command == "evaluate":
        from engine.cli.evaluate import evaluate_defenses

        return evaluate_defenses(arguments, inspectors)
    if arguments.command == "table":
        from engine.cli.table import measure_table

        return measure_table(arguments, inspectors)
    if arguments.command == "analyze":
        from engine.cli.analyze import analyze_photos

        return analyze_photos(arguments, inspectors)
    from engine.cli.demo import demonstrate

    return demonstrate(arguments, inspectors)
