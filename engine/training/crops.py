"""Unlabelled photos, and the crops of them that a training sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional

from engine.classifiers.preprocessing import Preprocessing
from engine.errors import ImageError
from engine.images import load_image

__all__ = ["PhotoSet", "cropped", "read_photo_set"]

_MARGIN = 1.5  # short side of a kept photo, in sides of the model's input
_TRIES = 10


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """Whole photos, larger than the model's input.

    Parameters
    ----------
    names, sha256 : tuple of str
        Of their files.
    pictures : tuple of uint8 Tensor (3, h, w)
    """

    names: tuple[str, ...]
    sha256: tuple[str, ...]
    pictures: tuple[Tensor, ...] = field(repr=False)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)


def read_photo_set(
    references: Sequence[str], preprocessing: Preprocessing, tell: Callable[[int], None] | None = None
) -> PhotoSet:
    """Read photos in their order, none of them kept larger than crops need.

    Raises
    ------
    ImageError
        If one of them cannot be read, or there is none.
    """
    if not references:
        raise ImageError("There is no photo to adapt to; name a folder that holds some.")
    names, checksums, pictures = [], [], []
    wanted = _MARGIN * max(preprocessing.input_size)
    for index, reference in enumerate(references):
        image = load_image(reference)
        height, width = image.rgb.shape[:2]
        scale = min(1.0, wanted / min(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        kept = Image.fromarray(image.rgb).resize(size, Image.Resampling.BICUBIC)
        pictures.append(torch.from_numpy(np.array(kept)).permute(2, 0, 1).contiguous())
        names.append(image.name)
        checksums.append(image.sha256)
        if tell is not None:
            tell(index + 1)
    return PhotoSet(tuple(names), tuple(checksums), tuple(pictures))


def cropped(
    picture: Tensor, size: tuple[int, int], draw: np.random.Generator, smallest: float, jitter: float
) -> Tensor:
    """A random part of a photo in the model's input size, mirrored or not, its colours a little off.

    Parameters
    ----------
    picture : uint8 Tensor (3, h, w)
    size : (int, int)
        Height and width.
    draw : Generator
    smallest : float
        Least share of the photo's area; the part's aspect ratio is up to 4:3 either way.
    jitter : float
        Most by which brightness, contrast and saturation are changed.

    Returns
    -------
    Tensor (3, H, W)
        In [0, 1].
    """
    top, left, down, across = _part(picture.shape[1:], draw, smallest)
    crop = functional.resized_crop(picture, top, left, down, across, list(size), antialias=True)
    if draw.random() < 0.5:
        crop = functional.horizontal_flip(crop)
    pixels: Tensor = crop.float() / 255
    for change in (functional.adjust_brightness, functional.adjust_contrast, functional.adjust_saturation):
        pixels = change(pixels, 1 + jitter * (2 * draw.random() - 1))
    return pixels.clamp(0.0, 1.0)


def _part(sides: Sequence[int], draw: np.random.Generator, smallest: float) -> tuple[int, int, int, int]:
    height, width = sides
    for _ in range(_TRIES):
        area = height * width * draw.uniform(smallest, 1.0)
        aspect = np.exp(draw.uniform(np.log(3 / 4), np.log(4 / 3)))
        down, across = round(np.sqrt(area / aspect)), round(np.sqrt(area * aspect))
        if 0 < down <= height and 0 < across <= width:
            top, left = draw.integers(height - down + 1), draw.integers(width - across + 1)
            return int(top), int(left), down, across
    side = min(height, width)
    return (height - side) // 2, (width - side) // 2, side, side
