"""What one step of an adaptation learns from: crops at the superficial layer, pruned and occluded as in inference."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from engine.classifiers.cut import CutClassifier
from engine.classifiers.footprint import Footprints
from engine.selection import MaskedInput, apply_mask, select
from engine.settings import Settings
from engine.superficial import sin_count, superficial_of
from engine.training.adaptation_settings import AdaptationSettings
from engine.training.crops import PhotoSet, cropped
from engine.windows import window_at

__all__ = ["Lesson", "Lessons"]


@dataclass(frozen=True, eq=False)
class Lesson:
    """The inputs of one step.

    Parameters
    ----------
    full : tuple of Tensor (B, C, H, W)
        What crosses the cut for each crop: the teacher's input.
    masked : tuple of Tensor (B * (1 + windows), C, H, W)
        The student's: of each crop in turn, one copy that is only pruned and then the occluded ones.
    """

    full: tuple[Tensor, ...] = field(repr=False)
    masked: tuple[Tensor, ...] = field(repr=False)


class Lessons:
    """Makes the inputs of any step; what is drawn follows from the seed and the step alone.

    Parameters
    ----------
    cut : CutClassifier
        The original network's.
    footprints : Footprints
    photos : PhotoSet
    adaptation : AdaptationSettings
    settings : Settings
        Importance and fill.
    rate : float
        Top-ranking rate in (0, 1].
    sides : sequence of int
        Sides of windows to draw from, in cells of the superficial layer.
    """

    def __init__(
        self,
        cut: CutClassifier,
        footprints: Footprints,
        photos: PhotoSet,
        adaptation: AdaptationSettings,
        settings: Settings,
        rate: float,
        sides: Sequence[int],
    ) -> None:
        self._cut, self._footprints, self._photos = cut, footprints, photos
        self._adaptation, self._settings, self._sides = adaptation, settings, tuple(sides)
        self._count = sin_count(int(np.prod(cut.shapes[0])), rate)

    def make(self, step: int) -> Lesson:
        """The lesson of a step, from 0 on."""
        adaptation = self._adaptation
        draw = np.random.default_rng([adaptation.seed, step])
        chosen = self._chosen(step)
        crops = torch.stack(
            [
                cropped(
                    self._photos.pictures[index], self._cut.input_size, draw, adaptation.smallest, adaptation.jitter
                )
                for index in chosen
            ]
        )
        full = self._cut.head(crops)
        copies = 1 + adaptation.windows
        masked = tuple(torch.empty(len(chosen) * copies, *shape) for shape in self._cut.shapes)
        for row in range(len(chosen)):
            crossing = tuple(tensor[row : row + 1] for tensor in full)
            state = superficial_of(self._cut, crossing, self._settings.importance, self._settings.fill)
            masks = [MaskedInput(self._count)]
            for _ in range(adaptation.windows):
                side = self._sides[draw.integers(len(self._sides))]
                _, height, width = self._cut.shapes[0]
                top, left = (int(draw.integers(lines - side + 1)) for lines in (height, width))
                window = window_at(self._footprints, top, left, side)
                masks.append(select(state, window, self._count, "per_window"))
            apply_mask(state, masks, [tensor[row * copies : (row + 1) * copies] for tensor in masked])
        # Tensors of inference mode could not take part in a training.
        return Lesson(tuple(tensor.clone() for tensor in full), masked)

    def _chosen(self, step: int) -> list[int]:
        """Photos of a step: every photo once, in an order drawn anew, before any comes again."""
        total, batch = len(self._photos), self._adaptation.photos
        found = []
        for position in range(step * batch, (step + 1) * batch):
            order = np.random.default_rng([self._adaptation.seed, position // total, 1]).permutation(total)
            found.append(int(order[position % total]))
        return found
