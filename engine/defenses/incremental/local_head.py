"""Runs the steps of a plan on stacked patches, one for each box of each mask of a batch.

A patch is put together from the clean photo's map, which holds what the masks do not change, and the regions that
were recomputed before, of all boxes of the same mask. What lies outside the map stands beside the clean one. All is
written by assignment, so that what a mask hides, NaN too, never enters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.fx import Node

from engine.defenses.incremental.plan import Plan, Region, copies
from engine.defenses.incremental.regions import Cells
from engine.defenses.incremental.steps import Step
from engine.defenses.masked_forward import Box, Mask

__all__ = ["CleanMaps", "LocalHead", "Places", "overlap"]

Span = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Places:
    """Where the boxes of a batch of masks are: one row for each box, those of a mask side by side.

    Parameters
    ----------
    rows, columns : int array (masks * boxes,)
        Place of each box along both axes.
    boxes : int
        Of each mask.
    """

    rows: Cells = field(repr=False)
    columns: Cells = field(repr=False)
    boxes: int

    @classmethod
    def of(cls, masks: Sequence[Mask], plan: Plan) -> "Places":
        """Places of masks; a mask with fewer boxes than others has one of them, or the first corner, again."""
        entry = plan.regions[plan.prefix.entry]
        most = len(entry.rows.first) - 1, len(entry.columns.first) - 1
        found = []
        for mask in masks:
            boxes = mask.boxes or ((0, 0, 0, 0),)
            found += [*boxes, *(boxes[0],) * (plan.boxes.count - len(boxes))]
        tops, lefts = (np.clip([box[axis] for box in found], 0, most[axis]) for axis in (0, 1))
        return cls(tops, lefts, plan.boxes.count)

    def __len__(self) -> int:
        """Number of patches."""
        return len(self.rows)

    def corners(self, region: Region) -> list[Span]:
        """First row and column of every patch's region."""
        tops, lefts = region.rows.starts[self.rows], region.columns.starts[self.columns]
        return list(zip(tops.tolist(), lefts.tolist(), strict=True))

    def together(self, patch: int) -> range:
        """The patches of the same mask, this one among them."""
        first = patch - patch % self.boxes
        return range(first, first + self.boxes)


@dataclass(frozen=True, eq=False)
class CleanMaps:
    """The maps of the clean photo, as far as patches are put together from them.

    Parameters
    ----------
    maps : dict
        Maps ``(1, C, H, W)`` by their node.
    framed : dict
        What a step reads of a source: the map with what lies outside it, by step and source.
    """

    maps: dict[Node, Tensor] = field(repr=False)
    framed: dict[tuple[Step, Node], "_Framed"] = field(repr=False)


@dataclass(frozen=True, eq=False)
class _Framed:
    """All that a step reads of a map: the map's first cell stands at row ``top`` and column ``left``."""

    values: Tensor = field(repr=False)
    top: int
    left: int


class LocalHead:
    """The steps of a plan, for batches of a fixed number of patches.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._last: dict[Node, Step] = {source: step for step in plan.steps for source in step.reads}
        self._patches: dict[tuple[Step, Node], Tensor] = {}

    def clean(self, crossing: Tensor) -> CleanMaps:
        """The maps of a photo ``(1, C, H, W)``, by the same operations on the whole of it."""
        maps = {self._plan.prefix.entry: crossing.contiguous(memory_format=torch.channels_last)}
        framed: dict[tuple[Step, Node], _Framed] = {}
        for step in self._plan.steps:
            whole = []
            for source in step.reads:
                frame = self._framed(step, maps[source])
                whole.append(frame.values)
                if copies(step, source, self._plan.regions):
                    framed[step, source] = frame
            maps[step.node] = step.call(whole)
        return CleanMaps({node: maps[node] for node in self._plan.joins}, framed)

    def run(
        self, photo: CleanMaps, crossing: Tensor, fill: Tensor, masks: Sequence[Mask], places: Places
    ) -> dict[Node, Tensor]:
        """The recomputed regions ``(patches, C, h, w)`` of the maps in which the full computation takes over."""
        entry = self._plan.prefix.entry
        values = {entry: self._entry(crossing, fill, masks, places)}
        for step in self._plan.steps:
            values[step.node] = step.call(
                [self._operand(photo, step, source, values, places) for source in step.reads]
            )
            for source in step.reads:
                if self._last[source] is step and source not in self._plan.joins:
                    values.pop(source, None)
        return {node: values[node] for node in self._plan.joins}

    def _entry(self, crossing: Tensor, fill: Tensor, masks: Sequence[Mask], places: Places) -> Tensor:
        region = self._plan.regions[self._plan.prefix.entry]
        height, width = region.rows.size, region.columns.size
        out = _empty(len(places), crossing.shape[1], height, width)
        for patch, (top, left) in enumerate(places.corners(region)):
            out[patch] = crossing[0, :, top : top + height, left : left + width]
            for box in masks[patch // places.boxes].boxes:
                _hide(out[patch], fill, box, (top, left))
        return out

    def _operand(
        self, photo: CleanMaps, step: Step, source: Node, values: dict[Node, Tensor], places: Places
    ) -> Tensor:
        frame = photo.framed.get((step, source))
        if frame is None:
            return values[source]
        region, before = self._plan.regions[step.node], self._plan.regions[source]
        tops, height = step.rows.read(region.rows.starts[places.rows], region.rows.size)
        lefts, width = step.columns.read(region.columns.starts[places.columns], region.columns.size)
        corners = places.corners(before)
        recomputed = values[source]
        out = self._patches.get((step, source))
        if out is None or len(out) != len(places):
            out = self._patches[step, source] = _empty(len(places), recomputed.shape[1], height, width)
        for patch, (top, left) in enumerate(zip(tops.tolist(), lefts.tolist(), strict=True)):
            y, x = top + frame.top, left + frame.left
            out[patch] = frame.values[0, :, y : y + height, x : x + width]
            for other in places.together(patch):
                rows = overlap(top, height, corners[other][0], before.rows.size)
                columns = overlap(left, width, corners[other][1], before.columns.size)
                if rows and columns:
                    out[patch, :, slice(*rows[0]), slice(*columns[0])] = recomputed[
                        other, :, slice(*rows[1]), slice(*columns[1])
                    ]
        return out

    def _framed(self, step: Step, whole: Tensor) -> _Framed:
        _, _, height, width = self._plan.prefix.shapes[step.node]
        above, below = _outside(step.rows.read(np.zeros(1, np.int64), height), whole.shape[2])
        before, behind = _outside(step.columns.read(np.zeros(1, np.int64), width), whole.shape[3])
        if any((above, below, before, behind)):
            whole = F.pad(whole, (before, behind, above, below), value=step.outside)
        return _Framed(whole.contiguous(memory_format=torch.channels_last), above, before)


def overlap(start: int, size: int, other: int, other_size: int) -> tuple[Span, Span] | None:
    """The cells that two stretches share, counted from the start of each; ``None`` if there is none."""
    first, last = max(start, other), min(start + size, other + other_size)
    if first >= last:
        return None
    return (first - start, last - start), (first - other, last - other)


def _outside(read: tuple[Cells, int], cells: int) -> Span:
    """How many cells before and behind a map are read with all of it; negative where some of it are not read."""
    starts, size = read
    return -int(starts[0]), int(starts[0]) + size - cells


def _hide(patch: Tensor, fill: Tensor, box: Box, corner: Span) -> None:
    """Write what stands in for the pixels of a box to a patch that begins at a corner."""
    rows = overlap(box[0], box[2] - box[0], corner[0], patch.shape[1])
    columns = overlap(box[1], box[3] - box[1], corner[1], patch.shape[2])
    if rows and columns:
        (top, left), (height, width) = (rows[0][0], columns[0][0]), (rows[0][1], columns[0][1])
        patch[:, slice(*rows[1]), slice(*columns[1])] = fill[
            :, box[0] + top : box[0] + height, box[1] + left : box[1] + width
        ]


def _empty(patches: int, channels: int, height: int, width: int) -> Tensor:
    return torch.empty(patches, channels, height, width).contiguous(memory_format=torch.channels_last)
