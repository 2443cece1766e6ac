"""Photos to evaluate: labelled by their names or folders, or without labels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.classifiers.libraries import import_timm
from engine.errors import ImageError
from engine.images import list_images, spread

__all__ = ["LabelledPhoto", "check_folder", "labelled_photos", "plain_photos"]

_WORDNET = re.compile(r"n\d{8}")
_IMAGENET = 1000


@dataclass(frozen=True)
class LabelledPhoto:
    """A photo file and its class.

    Parameters
    ----------
    path : Path
    name : str
        Relative to the data's folder.
    label : int, optional
        ``None`` where none is known.
    """

    path: Path
    name: str
    label: int | None


def labelled_photos(folder: Path, classes: Sequence[str], limit: int | None = None) -> list[LabelledPhoto]:
    """The photos of a folder with their classes, sorted by name; evenly spread over them if limited.

    Parameters
    ----------
    folder : Path
        Photos named ``<class index>_<anything>``; or folders of photos, named by class index, by a class's name,
        by its WordNet id (for ImageNet's 1000 classes), or anyhow if there is one for each class (in their order).
    classes : sequence of str
        The model's class names.
    limit : int, optional

    Raises
    ------
    ImageError
        If there is no photo, or the class of one cannot be told.
    """
    folders = _folders_in(folder)
    if not folders:
        found = [LabelledPhoto(path, path.name, _prefix(path, classes)) for path in list_images(folder)]
    else:
        indices = _by_folder([path.name for path in folders], classes, folder)
        found = [
            LabelledPhoto(path, f"{inside.name}/{path.name}", label)
            for inside, label in zip(folders, indices, strict=True)
            for path in list_images(inside)
        ]
    return _limited(found, limit)


def check_folder(folder: Path, *, labelled: bool) -> None:
    """Refuse a folder without photos, or with photos that have no label whatever the model's classes are.

    Raises
    ------
    ImageError
    """
    if not labelled:
        plain_photos(folder)
        return
    folders = _folders_in(folder)
    for inside in folders:
        list_images(inside)
    if not folders:
        for path in list_images(folder):
            _index_in(path)


def plain_photos(folder: Path, limit: int | None = None) -> list[LabelledPhoto]:
    """The photos of a folder and of the folders in it, without labels; evenly spread over them if limited.

    Folders in it that hold no photo, or cannot be listed, are left out.

    Parameters
    ----------
    folder : Path
    limit : int, optional

    Raises
    ------
    ImageError
        If there is no photo.
    """
    paths: list[Path] = []
    faults = []
    for one in (folder, *_folders_in(folder)):
        try:
            paths += list_images(one)
        except ImageError as error:
            faults.append(error)
    if not paths:
        raise faults[0]
    return _limited([LabelledPhoto(path, path.relative_to(folder).as_posix(), None) for path in paths], limit)


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise ImageError(f"{folder} is not a folder that can be listed; name one that holds photos.") from error


def _limited(photos: list[LabelledPhoto], limit: int | None) -> list[LabelledPhoto]:
    kept = set(spread([photo.path for photo in photos], limit))
    return [photo for photo in photos if photo.path in kept]


def _prefix(path: Path, classes: Sequence[str]) -> int:
    index = _index_in(path)
    if index >= len(classes):
        raise ImageError(f"{path} is of class {index}, and the model's are 0 to {len(classes) - 1}; rename it.")
    return index


def _index_in(path: Path) -> int:
    named = re.match(r"(\d+)_", path.name)
    if not named:
        raise ImageError(f"{path} does not say its class; name photos <class index>_<anything>.jpg.")
    return int(named[1])


def _by_folder(names: Sequence[str], classes: Sequence[str], folder: Path) -> list[int]:
    if all(name.isdigit() and int(name) < len(classes) for name in names):
        return [int(name) for name in names]
    if all(name in classes for name in names):
        return [classes.index(name) for name in names]
    if len(classes) == _IMAGENET and all(_WORDNET.fullmatch(name) for name in names):
        known = import_timm().data.ImageNetInfo("imagenet-1k").label_names()
        if all(name in known for name in names):
            return [known.index(name) for name in names]
    if len(names) == len(classes):
        return list(range(len(names)))
    raise ImageError(
        f"The folders in {folder} do not say their classes: {len(names)} of them, and {len(classes)} classes; name "
        f"them by class index, or by the model's class names."
    )
