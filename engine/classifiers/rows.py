"""Networks whose answer to one photo hangs on the others in its batch, or on chance: no proof holds for them."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensorMode,
)
from torch.fx import GraphModule, Interpreter, Node

from engine.classifiers.operations import base_name
from engine.errors import ModelError

__all__ = ["check_rows"]

_SAME = 1e-5  # of the largest logit
_EXTREME = 1e4  # times noise of both signs: what a row can hold that an attacker has changed

# They ask a tensor for its shape and type alone.
_ONLY_SHAPES = frozenset(
    {
        "empty_like",
        "full_like",
        "new_empty",
        "new_full",
        "new_ones",
        "new_zeros",
        "ones_like",
        "sym_size",
        "zeros_like",
    }
)


def check_rows(network: nn.Module, graph: GraphModule, example: Tensor, name: str) -> None:
    """Refuse a network that does not answer each photo of a batch by itself, and always in the same way.

    What is made of pixels has to keep the batch axis: a mean over the photos, a branch on the brightest of them or
    one photo picked out has none. Then, a photo has to get the same logits whatever stands before and behind it.

    Parameters
    ----------
    network : nn.Module
    graph : GraphModule
        The network's, for any batch size; its one placeholder is the pixels.
    example : Tensor (2, 3, H, W)
    name : str
        Of the network, for the message.

    Raises
    ------
    ModelError
        If a photo's answer depends on more than the photo.
    """
    if region := next((node for node in graph.graph.nodes if _is_region(node)), None):
        raise ModelError(
            f"The graph of {name} holds {base_name(region)}, a region that cannot be looked into; remove control "
            f"flow and autocast from its forward pass."
        )
    by_chance = any(_draws(node) for node in graph.graph.nodes)
    if by_chance or _loses_rows(graph, example) or not _answers_alone(network, example):
        raise ModelError(
            f"The answer of {name} to one photo depends on the others in its batch, or on chance (batch "
            f"statistics, dropout, noise), so nothing can be proved of it; mend its eval mode."
        )


def _is_region(node: Node) -> bool:
    """Whether a node runs a graph of its own: a branch, a loop, a change of mode."""
    return getattr(node.target, "namespace", "") == "higher_order"


def _loses_rows(graph: GraphModule, example: Tensor) -> bool:
    """Whether something made of pixels, and needed for the logits, has lost the batch axis."""
    nodes = list(graph.graph.nodes)
    pixels = next(node for node in nodes if node.op == "placeholder")
    needed = {nodes[-1]}
    for node in reversed(nodes):
        if node in needed and base_name(node) not in _ONLY_SHAPES:
            needed.update(node.all_input_nodes)
    made = {pixels}
    for node in nodes:
        if base_name(node) not in _ONLY_SHAPES and made.intersection(node.all_input_nodes):
            made.add(node)
    try:
        batched, tensors = _batched(graph, pixels, example)
    except (DataDependentOutputException, DynamicOutputShapeException):
        return True  # a number, or a choice of elements, taken from all rows
    return not (made & needed & tensors) <= batched


def _batched(graph: GraphModule, pixels: Node, example: Tensor) -> tuple[set[Node], set[Node]]:
    """Tensors whose shape grows with the batch, and all tensors."""
    batch = _symbols(pixels.meta["val"])
    if batch:
        values = {node: node.meta.get("val") for node in graph.graph.nodes}
        tensors = {node: value for node, value in values.items() if isinstance(value, Tensor)}
        return {node for node, value in tensors.items() if batch & _symbols(value)}, set(tensors)
    # Taking out in-place operations can settle the batch on the example's.
    fewer, more = (_shapes(graph, example.shape[1:], rows) for rows in (2, 3))
    return {node for node in fewer if fewer[node] != more[node]}, set(fewer)


def _symbols(value: Tensor) -> set[Any]:
    """Symbols in the shape of a tensor of the export."""
    extents: Iterable[Any] = value.shape  # typed as whole numbers, and of the export symbolic ones too
    return set().union(*(extent.node.expr.free_symbols for extent in extents if isinstance(extent, torch.SymInt)))


def _shapes(graph: GraphModule, extents: torch.Size, rows: int) -> dict[Node, torch.Size]:
    """Shape of every tensor for some number of photos, found without computing any."""
    shapes: dict[Node, torch.Size] = {}

    class Recorder(Interpreter):
        def run_node(self, n: Node) -> Any:
            value = super().run_node(n)
            if isinstance(value, Tensor):
                shapes[n] = value.shape
            return value

    with FakeTensorMode(allow_non_fake_inputs=True), torch.inference_mode():
        Recorder(graph).run(torch.empty(rows, *extents))
    return shapes


def _answers_alone(network: nn.Module, example: Tensor) -> bool:
    """Whether a photo gets the same logits twice, and beside NaN and extreme values on either side."""
    photo, other = example[:1], example[1:]
    beside = (other, other, torch.full_like(other, torch.nan), _EXTREME * (other - 0.5))
    with torch.inference_mode():  # not in the middle of the batch, which a batch turned round leaves in its place
        first, *others = (network(torch.cat([one, photo, one, one]))[1] for one in beside)
    tolerance = _SAME * max(1.0, float(first.abs().max()))
    return all(bool((first - answer).abs().max() <= tolerance) for answer in others)


def _draws(node: Node) -> bool:
    """Whether a node draws random numbers."""
    if torch.Tag.nondeterministic_seeded not in getattr(node.target, "tags", ()):
        return False
    name, arguments = base_name(node), node.args
    if name == "scaled_dot_product_attention":
        return bool(arguments[4] if len(arguments) > 4 else node.kwargs.get("dropout_p", 0.0))
    dropout = name in ("dropout", "feature_dropout", "alpha_dropout", "native_dropout")
    return not (dropout and len(arguments) > 2 and arguments[2] is False)
