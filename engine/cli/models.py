"""``models``: the classifiers that can be inspected."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from engine.cli.console import Screen
from engine.models import ListedModel, list_models

__all__ = ["show_models"]


def show_models() -> None:
    """Print the models, and the forms of the names of all others."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("model", "input", "licence", "installed"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what it is, and what to do first")
    for model in list_models():
        about = Text(model.description).append(f"\n{model.how}" if model.how else "", "dim")
        table.add_row(model.name, _size(model), model.licence, _installed(model), about)
    Screen().show(table)


def _size(model: ListedModel) -> str:
    return " x ".join(str(side) for side in model.input_size) if model.input_size else "its own"


def _installed(model: ListedModel) -> str:
    return "yes" if model.installed else "no" if model.input_size else ""
