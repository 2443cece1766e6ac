"""What the paper's tables say, from the one file that holds it."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Published", "PublishedTable", "published_table"]


@dataclass(frozen=True)
class Published:
    """One row of a published table; accuracies in %.

    Parameters
    ----------
    name : str
        Of the row: a defense, a rate, or a layer.
    data : str
        ``cifar10`` or ``imagenet``.
    patch : str, optional
        Such as ``5%``; ``None`` where the paper does not say.
    model, clean, certified : float, optional
        Of the pruned model, of the defense, and certified; ``None`` where the table has none.
    note : str
        What the table says instead of figures.
    """

    name: str
    data: str
    patch: str | None = None
    model: float | None = None
    clean: float | None = None
    certified: float | None = None
    note: str = ""


@dataclass(frozen=True)
class PublishedTable:
    """A table of the paper.

    Parameters
    ----------
    number : int
    title, source, note : str
    rows : tuple of Published
    """

    number: int
    title: str
    source: str
    note: str
    rows: tuple[Published, ...]

    def row(self, name: str, data: str, patch: str) -> Published | None:
        """The row of a name, a data set and a patch; ``None`` if the paper has none."""
        fitting = (row for row in self.rows if (row.name, row.data) == (name, data) and row.patch in (patch, None))
        return next(fitting, None)


@cache
def published_table(number: int) -> PublishedTable:
    """Table 5, 6 or 7 as it was published."""
    file = resources.files("assets") / "tables" / "published.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    table = content["tables"][str(number)]
    rows = tuple(Published(**row) for row in table["rows"])
    return PublishedTable(number, table["title"], content["source"], table.get("note", ""), rows)
