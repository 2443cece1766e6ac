"""Which photos an analysis looks at, and their patched copies."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import ImageError
from engine.images import list_images, spread
from engine.placement import Patch, PlacedPatch, paste
from engine.places import Places, check_places, draw_placement

__all__ = ["Choice", "Photo", "choose_photos", "patched_copy"]

_CLASS = re.compile(r"(\d+)_")


@dataclass(frozen=True)
class Photo:
    """A photo file.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of the file's bytes.
    label : int, optional
        Its class, if the name says so: ``<class index>_<anything>``.
    """

    path: Path
    sha256: str
    label: int | None


@dataclass(frozen=True)
class Choice:
    """The photos of a run.

    Parameters
    ----------
    photos : tuple of Photo
    left_out : tuple of Photo
        Those of the folder that a patch was trained on.
    found : int
        Images in the folder.
    """

    photos: tuple[Photo, ...]
    left_out: tuple[Photo, ...]
    found: int


def choose_photos(folder: Path, limit: int, trained_on: frozenset[str] = frozenset()) -> Choice:
    """At most ``limit`` photos, evenly spread over those of a folder that no patch was trained on.

    Parameters
    ----------
    folder : Path
    limit : int
        At least 1.
    trained_on : frozenset of str
        sha256 of the files to leave out.

    Raises
    ------
    ImageError
        If there is no such folder, no image in it, or none left.
    """
    photos = {path: _photo(path) for path in list_images(folder)}
    kept = [path for path, photo in photos.items() if photo.sha256 not in trained_on]
    left_out = tuple(photo for photo in photos.values() if photo.sha256 in trained_on)
    if not kept:
        raise ImageError(f"The patches were trained on all {len(photos)} photos of {folder}; name other photos.")
    return Choice(tuple(photos[path] for path in spread(kept, limit)), left_out, len(photos))


def patched_copy(view: NDArray[np.uint8], patch: Patch, seed: int, photo: str) -> PlacedPatch:
    """A view with a patch at a place drawn at random, every place alike, the borders included.

    The place depends only on the seed, the photo and the patch's size, so that patches of one size are
    compared at the same places.

    Parameters
    ----------
    view : uint8 array (H, W, 3)
    patch : Patch
    seed : int
        At least 0.
    photo : str
        The photo's sha256.

    Raises
    ------
    PatchError
        If the patch is larger than the view.
    """
    size, view_size = (patch.rgba.shape[0], patch.rgba.shape[1]), (view.shape[0], view.shape[1])
    check_places(size, view_size, Places())
    draw = np.random.default_rng([seed, int(photo[:16], 16)])
    return paste(view, patch, draw_placement(draw, size, view_size, Places()))


def _photo(path: Path) -> Photo:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ImageError(f"{path} cannot be read ({error.strerror}); change its permissions.") from error
    named = _CLASS.match(path.name)
    return Photo(path, digest, int(named[1]) if named else None)
