"""``train``: a network for CIFAR-10 by its recipe."""

import argparse
import difflib
from dataclasses import replace
from pathlib import Path

from engine.cli import exits
from engine.cli.console import Screen
from engine.errors import ModelError, SettingsError
from engine.outputs import make_folder

__all__ = ["train_network"]


def train_network(arguments: argparse.Namespace) -> int:
    """Train, or go on training; the exit code.

    Raises
    ------
    SinscopeError
        If it cannot be done as asked.
    """
    for name in ("epochs", "threads"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise SettingsError(f"--{name} is at least 1, not {value}; leave it out for the usual.")
    import torch

    from engine.training import RECIPES, cifar10_training, train, write_outcome

    if arguments.recipe not in RECIPES:
        near = difflib.get_close_matches(arguments.recipe, RECIPES, n=2) or list(RECIPES)
        raise ModelError(f"There is no recipe for {arguments.recipe}; choose from {', '.join(near)}.")
    recipe = RECIPES[arguments.recipe]
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs, later=())
    if arguments.threads is not None:
        torch.set_num_threads(arguments.threads)
    out = Path(arguments.out)
    make_folder(out)
    screen = Screen()
    photos = cifar10_training()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    trained = None
    try:
        for trained in train(recipe, photos, out / f"{recipe.model}.checkpoint", device):
            done = trained.curve[-1]
            shares = ", ".join(f"{name} {value:.3f}" for name, value in done.score.items())
            screen.show(
                f"epoch {done.epoch} of {recipe.all_epochs}: loss {done.loss:.3f}, {shares}, {done.seconds:.0f} s",
                wrap=False,
            )
    except KeyboardInterrupt:
        screen.tell("interrupted; the same command goes on from the last whole epoch")
        return exits.INTERRUPTED
    if trained is not None:
        for path in write_outcome(recipe, trained, photos, out):
            screen.show(f"{path} written", wrap=False)
    return exits.QUIET
