"""How a pruned model agrees with the full one on photos without labels: what an adaptation is judged by."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.attacks.photos import Photos
from engine.evaluation.metrics import Share
from engine.pipeline import Inspector
from engine.settings import Settings

__all__ = ["Agreement", "measure_agreement"]


@dataclass(frozen=True)
class Agreement:
    """Shares of photos on which predictions are the original full model's.

    Parameters
    ----------
    pruned : Share
        The base prediction is.
    windows : Share
        Those of the base and of every window are, and the certificate holds.
    """

    pruned: Share
    windows: Share


def measure_agreement(
    inspector: Inspector, photos: Photos, settings: Settings, tell: Callable[[int], None] | None = None
) -> Agreement:
    """Inspect photos, and count on how many the pruned model says what the full one says.

    Parameters
    ----------
    inspector : Inspector
    photos : Photos
    settings : Settings
        Which name the adapted weights, or none.
    tell : callable, optional
        Told how many photos are done, after each.
    """
    pruned = windows = 0
    for index, view in enumerate(photos.views):
        *_, found = inspector.inspect(np.array(view), settings)
        assert found.verdict is not None
        alike = found.verdict.base.label[0] == found.verdict.full.label[0]
        pruned += int(alike)
        windows += int(alike and found.verdict.word == "certified")
        inspector.forget()
        if tell is not None:
            tell(index + 1)
    return Agreement(Share(pruned, len(photos)), Share(windows, len(photos)))
