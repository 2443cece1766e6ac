"""From a photo to the model's input: resize, centre crop, and the normalisation the network begins with."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

__all__ = ["Normalized", "Preprocessing"]

_RESAMPLING = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@dataclass(frozen=True)
class Preprocessing:
    """How a classifier wants its photos.

    Parameters
    ----------
    input_size : (int, int)
        Height and width of the model's input in pixels.
    mean, std : tuple of float
        Per channel, for pixels in [0, 1].
    crop : float
        Share of the resized photo's short side that the centre crop keeps.
    interpolation : str
        ``nearest``, ``bilinear``, ``bicubic`` or ``lanczos``.
    squash : bool
        Resize height and width each on its own, to the input's aspect ratio, instead of keeping the photo's.
    made_for : (int, int), optional
        The input size that the weights were published for, where another one was asked for.
    """

    input_size: tuple[int, int]
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)
    crop: float = 0.875
    interpolation: str = "bilinear"
    squash: bool = False
    made_for: tuple[int, int] | None = None

    def resized(self, source_height: int, source_width: int) -> tuple[int, int]:
        """Height and width that a whole photo is resized to before the crop."""
        height, width = self.input_size
        whole = math.floor(height / self.crop), math.floor(width / self.crop)
        scale = max(whole[0] / source_height, whole[1] / source_width)
        return (
            max(height, whole[0] if self.squash else int(source_height * scale + 1e-6)),
            max(width, whole[1] if self.squash else int(source_width * scale + 1e-6)),
        )

    def view(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The photo as the model sees it.

        The photo is resized so that the crop fits its short side (with ``squash``: both sides), then cropped
        in the middle; only the part that the crop keeps is ever resampled, so that a very long photo costs no
        more than a square one.

        Parameters
        ----------
        rgb : array (h, w, 3)

        Returns
        -------
        array (H, W, 3), read-only
        """
        height, width = self.input_size
        source_height, source_width = rgb.shape[:2]
        resized = self.resized(source_height, source_width)
        top, left = round((resized[0] - height) / 2), round((resized[1] - width) / 2)
        down, across = source_height / resized[0], source_width / resized[1]
        box = (
            left * across,
            top * down,
            min((left + width) * across, source_width),
            min((top + height) * down, source_height),
        )
        picture = Image.fromarray(rgb).resize((width, height), _RESAMPLING[self.interpolation], box=box)
        view = np.array(picture, dtype=np.uint8)
        view.setflags(write=False)
        return view


class Normalized(nn.Module):
    """A network that takes pixels in [0, 1] and begins with its own normalisation.

    Mean and std are part of its state, so that a digest of the weights tells normalisations apart.

    Parameters
    ----------
    network : nn.Module
        Takes normalised input ``(B, 3, H, W)``.
    preprocessing : Preprocessing
        Whose mean and std are applied.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        shape = (1, -1, 1, 1)
        self.register_buffer("mean", torch.tensor(preprocessing.mean).reshape(shape))
        self.register_buffer("std", torch.tensor(preprocessing.std).reshape(shape))
        self.eval()

    def forward(self, pixels: Tensor) -> Tensor:
        """Logits ``(B, K)`` of pixels ``(B, 3, H, W)`` in [0, 1]."""
        logits: Tensor = self.network((pixels - self.mean) / self.std)
        return logits
