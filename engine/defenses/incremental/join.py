"""Where the full computation takes over: regions in copies of the clean maps, and the rest of the graph."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Node

from engine.defenses.incremental.local_head import CleanMaps, Places, Span
from engine.defenses.incremental.plan import Plan
from engine.defenses.incremental.prefix import is_batch

__all__ = ["Join"]


class Join:
    """The rest of a plan's graph, for batches of a fixed number of masks.

    Parameters
    ----------
    plan : Plan
    batch : int
        Masks of a batch.
    """

    def __init__(self, plan: Plan, batch: int) -> None:
        self._plan = plan
        self._rest = _rest(plan)
        self._maps = {
            node: torch.empty(batch, *plan.prefix.shapes[node][1:], memory_format=torch.channels_last)
            for node in plan.joins
        }

    def begin(self, photo: CleanMaps) -> None:
        """Take the clean maps of a photo; whatever stood here before is gone."""
        for node, maps in self._maps.items():
            maps.copy_(photo.maps[node].expand_as(maps))

    def run(self, photo: CleanMaps, regions: dict[Node, Tensor], places: Places) -> Tensor:
        """Logits ``(batch, K)`` of the clean maps with some regions in them."""
        for node, patch, row, rows, columns in self._where(places):
            self._maps[node][row, :, slice(*rows), slice(*columns)] = regions[node][patch]
        logits: Tensor = self._rest(*self._maps.values())
        for node, _, row, rows, columns in self._where(places):
            at = slice(*rows), slice(*columns)
            self._maps[node][row, :, *at] = photo.maps[node][0, :, *at]
        return logits

    def _where(self, places: Places) -> Iterator[tuple[Node, int, int, Span, Span]]:
        """Every region of every map: its patch, its mask, its rows and its columns."""
        for node in self._maps:
            region = self._plan.regions[node]
            for patch, (top, left) in enumerate(places.corners(region)):
                rows, columns = (top, top + region.rows.size), (left, left + region.columns.size)
                yield node, patch, patch // places.boxes, rows, columns


def _rest(plan: Plan) -> GraphModule:
    """The graph behind the maps in which the full computation takes over."""
    module, joins = plan.prefix.module, plan.joins
    done = {plan.prefix.entry, *(step.node for step in plan.steps)}
    graph = Graph()
    copied = {node: graph.placeholder(f"join_{index}") for index, node in enumerate(joins)}
    entries: Sequence[Node] = tuple(copied.values())
    for node in module.graph.nodes:
        if node.op in ("placeholder", "output") or node in done:
            continue
        if is_batch(node) and node.args[0] in done:
            # Every map has the batch, the one size that is not fixed, as its first axis.
            copied[node] = graph.call_function(torch.ops.aten.sym_size.int, (entries[0], 0))
        else:
            copied[node] = graph.node_copy(node, lambda source: copied[source])
    (logits,) = module.graph.output_node().all_input_nodes
    graph.output(copied[logits])
    graph.eliminate_dead_code()
    graph.lint()
    return GraphModule(module, graph)
