"""How often a patch does what it is for, at random places on photos."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.attacks.photos import Photos
from engine.classifiers import Classifier
from engine.evaluation.metrics import Share
from engine.placement import Patch, paste
from engine.places import Places, check_places, draw_placement

__all__ = ["Success", "count_success", "measure_success"]

_BATCH = 8


@dataclass(frozen=True)
class Success:
    """What a patch did to photos.

    Parameters
    ----------
    target : Share, optional
        Photos that are predicted as the target with the patch, of those that are not without it; ``None``
        for an untargeted patch.
    moved : Share
        Photos whose prediction the patch changed, whatever to.
    """

    target: Share | None
    moved: Share


def measure_success(
    classifier: Classifier,
    patch: Patch,
    photos: Photos,
    target: int | None,
    places: Places,
    seed: int = 0,
    tell: Callable[[int], None] | None = None,
) -> Success:
    """Paste a patch into photos, once each at a place drawn at random, and ask the plain, undefended model.

    Parameters
    ----------
    classifier : Classifier
    patch : Patch
    photos : Photos
    target : int, optional
    places : Places
    seed : int
        Of the places.
    tell : callable, optional
        Told how many photos are done, after each batch.

    Raises
    ------
    PatchError
        If the patch does not fit the model's input.
    """
    view_size = classifier.preprocessing.input_size
    size = patch.rgba.shape[0], patch.rgba.shape[1]
    check_places(size, view_size, places)
    draw = np.random.default_rng(seed)
    clean, patched = [], []
    for start in range(0, len(photos), _BATCH):
        views = photos.views[start : start + _BATCH]
        pasted = [paste(view, patch, draw_placement(draw, size, view_size, places)).view for view in views]
        clean.append(_predict(classifier, views))
        patched.append(_predict(classifier, np.stack(pasted)))
        if tell is not None:
            tell(start + len(views))
    return count_success(np.concatenate(clean), np.concatenate(patched), target)


def count_success(clean: NDArray[np.int64], patched: NDArray[np.int64], target: int | None) -> Success:
    """Count predictions ``(N,)`` without and with the patch."""
    moved = Share(int((clean != patched).sum()), len(clean))
    if target is None:
        return Success(None, moved)
    others = clean != target
    return Success(Share(int((patched[others] == target).sum()), int(others.sum())), moved)


def _predict(classifier: Classifier, views: NDArray[np.uint8]) -> NDArray[np.int64]:
    pixels = torch.from_numpy(np.array(views)).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        labels: NDArray[np.int64] = classifier.network(pixels).argmax(1).numpy()
    return labels
