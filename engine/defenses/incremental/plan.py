"""What to recompute for boxes of one size, and where to join the full computation: chosen by counting."""

from dataclasses import dataclass, field

from torch.fx import Node

from engine.defenses.incremental.prefix import Prefix, Work
from engine.defenses.incremental.regions import AxisRegion, Reach, hidden_region, joined, reached
from engine.defenses.incremental.steps import Step

__all__ = ["Boxes", "Plan", "Region", "copies", "make_plan", "regions_of"]

# Seconds of a core for a multiply-add, for a value that is moved, and to begin an operation: their ratios count.
_MAC, _MOVE, _CALL = 1 / 45e9, 4 / 8e9, 8e-6


@dataclass(frozen=True)
class Boxes:
    """What the masks of a list have in common.

    Parameters
    ----------
    height, width : int
        The largest box, in cells of the crossing tensor.
    count : int
        Boxes of a mask, at most.
    """

    height: int
    width: int
    count: int


@dataclass(frozen=True, eq=False)
class Region:
    """The cells of a map that are recomputed, for every place of a box."""

    rows: AxisRegion
    columns: AxisRegion

    @property
    def cells(self) -> int:
        """How many, for one box."""
        return self.rows.size * self.columns.size

    def same_as(self, other: "Region") -> bool:
        """Whether both are the same cells at every place."""
        return self.rows.same_as(other.rows) and self.columns.same_as(other.columns)


@dataclass(frozen=True, eq=False)
class Plan:
    """The steps to recompute on regions, and the maps in which the full computation takes over.

    Parameters
    ----------
    prefix : Prefix
    boxes : Boxes
    steps : tuple of Step
        The first of the prefix; none where it does not pay.
    regions : dict
        Of the entry and of every step of the prefix.
    saved : float
        Share of the plain computation's time that is saved, by counting.
    """

    prefix: Prefix = field(repr=False)
    boxes: Boxes
    steps: tuple[Step, ...] = field(repr=False)
    regions: dict[Node, Region] = field(repr=False)
    saved: float

    @property
    def joins(self) -> tuple[Node, ...]:
        """The maps that the rest of the graph reads."""
        return self.prefix.joins(len(self.steps))


def make_plan(prefix: Prefix, boxes: Boxes, batch: int) -> Plan:
    """The plan that takes least for a batch of masks, by counting multiply-adds, values moved and calls."""
    regions, patches = regions_of(prefix, boxes), batch * boxes.count
    plain = sum(_seconds(work, batch) for work in prefix.works.values())
    local, rest = _gathered(prefix, prefix.entry, regions[prefix.entry].cells, patches), plain
    best, least = 0, plain
    for count, step in enumerate(prefix.steps, start=1):
        local += _local_seconds(step, prefix, regions, patches)
        rest -= _seconds(prefix.works[step.node], batch)
        # Written for a batch, and taken back behind it.
        taken = sum(_gathered(prefix, node, 2 * regions[node].cells, patches) for node in prefix.joins(count))
        if local + taken + rest < least:
            best, least = count, local + taken + rest
    return Plan(prefix, boxes, prefix.steps[:best], regions, 1 - least / plain)


def regions_of(prefix: Prefix, boxes: Boxes) -> dict[Node, Region]:
    """What boxes of one size change in the entry and in the map of every step."""
    _, _, height, width = prefix.shapes[prefix.entry]
    regions = {prefix.entry: Region(hidden_region(height, boxes.height), hidden_region(width, boxes.width))}
    for step in prefix.steps:
        regions[step.node] = _region(step, prefix, regions)
    return regions


def copies(step: Step, source: Node, regions: dict[Node, Region]) -> bool:
    """Whether a step reads more than the region of a source, so that a patch has to be put together."""
    return (step.rows, step.columns) != (Reach(), Reach()) or not regions[source].same_as(regions[step.node])


def _region(step: Step, prefix: Prefix, regions: dict[Node, Region]) -> Region:
    _, _, height, width = prefix.shapes[step.node]
    before = [regions[node] for node in step.reads]
    rows, columns = joined([each.rows for each in before]), joined([each.columns for each in before])
    if (step.rows, step.columns) == (Reach(), Reach()):
        return Region(rows, columns)
    return Region(reached(rows, step.rows, height), reached(columns, step.columns, width))


def _local_seconds(step: Step, prefix: Prefix, regions: dict[Node, Region], patches: int) -> float:
    """Of a step on the regions of all patches, with the patches that are put together for it."""
    region, channels = regions[step.node], prefix.shapes[step.node][1]
    written = channels * region.cells
    read, seconds = 0, 0.0
    _, rows = step.rows.read(region.rows.starts, region.rows.size)
    _, columns = step.columns.read(region.columns.starts, region.columns.size)
    for source in step.reads:
        read += prefix.shapes[source][1] * rows * columns
        if copies(step, source, regions):
            seconds += _gathered(prefix, source, rows * columns + regions[source].cells, patches)
    return seconds + _seconds(Work(step.macs * written, read + written, 0), patches) + _CALL + step.weights * _MOVE


def _gathered(prefix: Prefix, node: Node, cells: int, patches: int) -> float:
    """Of some cells of a map that are copied for every patch: each value is read and written."""
    return patches * (2 * prefix.shapes[node][1] * cells * _MOVE + _CALL)


def _seconds(work: Work, rows: int) -> float:
    return rows * (work.macs * _MAC + work.moved * _MOVE) + work.calls * _CALL
