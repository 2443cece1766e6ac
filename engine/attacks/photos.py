"""The photos of an attack: those that a patch is trained on, and those that are held back to measure it."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from engine.classifiers.preprocessing import Preprocessing
from engine.errors import ImageError, SettingsError
from engine.images import list_images, load_image, spread

__all__ = ["Photos", "read_photos", "split", "varied"]


@dataclass(frozen=True, eq=False)
class Photos:
    """Photos as the model sees them.

    Parameters
    ----------
    names : tuple of str
        Their files' names.
    sha256 : tuple of str
        Of their files.
    views : uint8 array (N, H, W, 3), read-only
    """

    names: tuple[str, ...]
    sha256: tuple[str, ...]
    views: NDArray[np.uint8] = field(repr=False)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def without(self, known: Container[str]) -> "Photos":
        """Those whose checksum is not among some known ones."""
        left = [index for index, sha256 in enumerate(self.sha256) if sha256 not in known]
        views = self.views[left]
        views.setflags(write=False)
        return Photos(tuple(self.names[index] for index in left), tuple(self.sha256[index] for index in left), views)


def read_photos(
    references: Sequence[str], preprocessing: Preprocessing, tell: Callable[[int], None] | None = None
) -> Photos:
    """Read photos by path or ``sample:NAME``, in their order.

    Parameters
    ----------
    references : sequence of str
    preprocessing : Preprocessing
    tell : callable, optional
        Told how many are read, after each.

    Raises
    ------
    ImageError
        If one of them cannot be read, or there is none.
    """
    if not references:
        raise ImageError("There is no photo to attack; name one, or a folder that holds some.")
    height, width = preprocessing.input_size
    views = np.empty((len(references), height, width, 3), np.uint8)
    names, checksums = [], []
    for index, reference in enumerate(references):
        image = load_image(reference)
        views[index] = preprocessing.view(image.rgb)
        names.append(image.name)
        checksums.append(image.sha256)
        if tell is not None:
            tell(index + 1)
    views.setflags(write=False)
    return Photos(tuple(names), tuple(checksums), views)


def split(source: str, limit: int | None) -> tuple[list[str], list[str]]:
    """Photos to train on, spread evenly over a folder, and the others, which are held back.

    Parameters
    ----------
    source : str
        A folder, one photo, or ``sample:NAME``; one photo holds nothing back.
    limit : int, optional
        Most photos to train on.

    Raises
    ------
    ImageError
        If a folder cannot be read or holds no image.
    SettingsError
        If the limit is below 1.
    """
    if limit is not None and limit < 1:
        raise SettingsError(f"An attack needs at least 1 photo, not {limit}.")
    if source.startswith("sample:") or not Path(source).is_dir():
        return [source], []
    paths = list_images(Path(source))
    trained = spread(paths, limit)
    chosen = set(trained)
    return [str(path) for path in trained], [str(path) for path in paths if path not in chosen]


def varied(photos: Tensor, draw: np.random.Generator, share: float) -> Tensor:
    """Photos ``(B, 3, H, W)``, each mirrored or not, and cut to ``1 - share`` of its sides or more and resized."""
    if share == 0:
        return photos
    height, width = photos.shape[2:]
    changed = []
    for photo in photos:
        kept = 1 - share * float(draw.random())
        down, across = max(1, round(height * kept)), max(1, round(width * kept))
        top, left = (
            int(draw.integers(height - down, endpoint=True)),
            int(draw.integers(width - across, endpoint=True)),
        )
        part = photo[None, :, top : top + down, left : left + across]
        part = part.flip(3) if draw.random() < 0.5 else part
        changed.append(interpolate(part, (height, width), mode="bilinear", align_corners=False))
    return torch.cat(changed)
