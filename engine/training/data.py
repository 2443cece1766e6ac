"""CIFAR-10 as the training sees it: most of the training photos, and some held back to judge by."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.datasets.cifar10 import cifar10_arrays

__all__ = ["TrainingPhotos", "cifar10_training"]

_HELD = 50  # every 50th photo is held back


@dataclass(frozen=True, eq=False)
class TrainingPhotos:
    """Photos to train on and photos to judge by.

    Parameters
    ----------
    images, held_images : uint8 Tensor (N, 3, H, W)
    labels, held_labels : int64 Tensor (N,)
    """

    images: Tensor = field(repr=False)
    labels: Tensor = field(repr=False)
    held_images: Tensor = field(repr=False)
    held_labels: Tensor = field(repr=False)


def cifar10_training() -> TrainingPhotos:
    """CIFAR-10's training photos: 49,000 to train on, 1,000 to judge by; test photos take no part.

    Raises
    ------
    DataError
        If they are not here and cannot be fetched.
    """
    photos, classes = cifar10_arrays("train")
    images = torch.from_numpy(photos.copy()).permute(0, 3, 1, 2).contiguous()
    labels = torch.from_numpy(classes.copy())
    held = torch.arange(len(labels)) % _HELD == 0
    return TrainingPhotos(images[~held], labels[~held], images[held], labels[held])
