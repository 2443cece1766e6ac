"""Data sets by name where a folder of labelled photos is expected, and the photos beside the checkout."""

from collections.abc import Iterable
from pathlib import Path

from engine.datasets.beside import BESIDE
from engine.datasets.cifar10 import cifar10_folder
from engine.errors import DataError

__all__ = ["CIFAR10", "data_folder", "imagenet_folder", "refuse_data_names"]

CIFAR10 = "cifar10"


def data_folder(name: str) -> Path:
    """The folder that was named; for ``cifar10``, unless there is such a folder, CIFAR-10's test photos.

    Raises
    ------
    DataError
        If a named data set cannot be had.
    """
    return cifar10_folder("test") if _is_name(name) else Path(name)


def imagenet_folder() -> Path:
    """The ImageNet photos beside the checkout, on which tables are made unless others are named.

    Raises
    ------
    DataError
        If they are not there.
    """
    folder = BESIDE / "imagenet-sample"
    if not folder.is_dir():
        raise DataError(
            f"There are no photos to measure on: {folder} does not exist; name a folder of labelled photos, or "
            f"{CIFAR10}, with --data."
        )
    return folder


def refuse_data_names(names: Iterable[str | None]) -> None:
    """Refuse a data set's name where photos, and not classes, are asked for.

    Raises
    ------
    DataError
        Naming the folder of a class.
    """
    for name in names:
        if name is not None and _is_name(name):
            raise DataError(
                f"{name} is a data set's name, which evaluate and table take; name a folder of photos here, such as "
                f"{cifar10_folder('test') / 'cat'}."
            )


def _is_name(name: str) -> bool:
    return name == CIFAR10 and not Path(name).exists()
