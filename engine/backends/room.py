"""How many rows a device has room for, from what the graph holds at once and from what is free."""

import math
from collections.abc import Sequence

from torch import Tensor
from torch.fx import Graph, Node

from engine.classifiers.graph import tensor_value

__all__ = ["batch_within", "row_bytes"]

_MOST = 128  # rows: more of them keep a device no busier
# Of what is free: convolutions keep copies in layouts of their own, up to three times what the graph holds.
_SHARE = 0.25


def row_bytes(graph: Graph, inputs: Sequence[tuple[int, ...]], width: int = 4) -> int:
    """Bytes that one row of a batch takes when it takes most, while the graph runs node by node.

    A value lives until its last reader is done; a view is counted as a copy, which errs on the safe side.

    Parameters
    ----------
    graph : Graph
        Exported, with the shapes of its values; their first axis is the batch.
    inputs : sequence of shapes
        Of one row of what goes in, which stays until the end.
    width : int
        Bytes of a number.
    """
    places = {node: place for place, node in enumerate(graph.nodes)}
    live = most = 0
    ending: dict[int, int] = {}
    for node, place in places.items():
        size = width * _row(node)
        live += size
        most = max(most, live)
        last = max((places[user] for user in node.users), default=place)
        ending[last] = ending.get(last, 0) + size
        live -= ending.pop(place, 0)
    return most + width * sum(math.prod(shape) for shape in inputs)


def batch_within(free: int, row: int) -> int:
    """The largest power of two of rows, at most 128, for which a quarter of what is free suffices; at least 1."""
    rows = max(1, min(_MOST, int(free * _SHARE) // max(1, row)))
    return 1 << (rows.bit_length() - 1)


def _row(node: Node) -> int:
    """Numbers in one row of what a node gives; weights are no rows."""
    value: Tensor | None = tensor_value(node)
    if value is None or node.op != "call_function" or value.ndim == 0:
        return 0
    return math.prod(int(extent) for extent in value.shape[1:])
