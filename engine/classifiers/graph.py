"""A classifier as one functional graph: what the cut works on, whatever the architecture."""

import hashlib
import operator
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Graph, GraphModule, Node
from torch.fx.graph import CodeGen

from engine.classifiers.operations import base_name
from engine.classifiers.quiet import quiet_torch
from engine.classifiers.rows import check_rows
from engine.errors import ModelError

__all__ = ["ACTIVATIONS", "content_digest", "export_graph", "layer_nodes", "tensor_value"]

# What counts as an activation when a network's first superficial layers are looked for.
ACTIVATIONS = frozenset({"relu", "hardtanh", "silu", "gelu", "leaky_relu", "elu", "hardswish", "mish", "prelu"})

_CHECKS = frozenset({"_assert_tensor_metadata", "_assert_scalar", "sym_constrain_range_for_size", "_assert_async"})
_MAX_BATCH = 4096


def export_graph(network: nn.Module, input_size: tuple[int, int]) -> GraphModule:
    """The network's graph, without in-place operations, for any batch size.

    Parameters
    ----------
    network : nn.Module
        In eval mode, ``(B, 3, H, W)`` pixels to ``(B, K)`` logits.
    input_size : (int, int)
        H and W; only the batch is dynamic.

    Raises
    ------
    ModelError
        If ``torch.export`` cannot follow the network, or a photo's answer depends on more than the photo.
    """
    name = type(getattr(network, "network", network)).__name__  # the user's, and not of our `Normalized`
    example = torch.rand(2, 3, *input_size, device=next(network.parameters(), torch.empty(0)).device)
    batch = torch.export.Dim("batch", min=1, max=_MAX_BATCH)
    try:
        # Within no_grad, for a network's own then is no change of mode, which would hide what it does.
        with quiet_torch(), torch.no_grad():
            program = torch.export.export(network, (example,), dynamic_shapes=({0: batch},))
        module = program.module()
        assert isinstance(module, GraphModule)
        if not _make_functional(module.graph):
            module = program.run_decompositions({}).module()
            assert isinstance(module, GraphModule)
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(
            f"The network {name} cannot be turned into a graph by torch.export ({reason}); "
            f"remove data-dependent control flow from its forward pass."
        ) from error
    for node in reversed(module.graph.nodes):
        if node.op == "call_module" or (node.op == "call_function" and base_name(node) in _CHECKS):
            module.graph.erase_node(node)
    (logits,) = module.graph.output_node().all_input_nodes
    module.graph.output_node().args = (logits,)
    module.graph.set_codegen(CodeGen())  # pixels in, logits out, and not the export's trees of arguments
    module.graph.eliminate_dead_code()
    module = GraphModule(module, module.graph)
    check_rows(network, module, example, name)
    return module


def tensor_value(node: Node) -> Tensor | None:
    """The fake tensor that the export recorded for a node, if it gives exactly one tensor."""
    value = node.meta.get("val")
    return value if isinstance(value, Tensor) else None


def content_digest(module: GraphModule, node: Node) -> str:
    """Digest of the weight, or of the constant that the export lifted out of the code, that a node gets."""
    value: object = module
    for name in str(node.target).split("."):
        value = getattr(value, name)
    if not isinstance(value, Tensor):
        return repr(value)
    content = value.detach().cpu().contiguous()
    return hashlib.sha256(content.flatten().view(torch.uint8).numpy().tobytes()).hexdigest()


def layer_nodes(graph: Graph) -> dict[str, Node]:
    """Output node of every named module, in the order of the graph.

    A module called more than once stands under its plain name with its last call, and as ``name#1``,
    ``name#2``, ... with each.
    """
    calls: dict[str, list[Node]] = {}
    running: dict[str, str] = {}
    for node in graph.nodes:
        if node.op != "call_function" or tensor_value(node) is None:
            continue
        paths = dict(_module_calls(node))
        for path, call in paths.items():
            outputs = calls.setdefault(path, [])
            if running.get(path) == call:
                outputs[-1] = node
            else:
                outputs.append(node)
        running = paths
    layers: dict[str, Node] = {}
    for path, outputs in calls.items():
        if len(outputs) > 1:
            layers |= {f"{path}#{call}": node for call, node in enumerate(outputs, start=1)}
        layers[path] = outputs[-1]
    order = {node: index for index, node in enumerate(graph.nodes)}
    return dict(sorted(layers.items(), key=lambda layer: (order[layer[1]], len(layer[0]))))


def _module_calls(node: Node) -> Iterator[tuple[str, str]]:
    """Name of each module that a node is part of, and a key that tells its calls apart."""
    for key, (path, _) in (node.meta.get("nn_module_stack") or {}).items():
        # `Normalized.network` is ours; users know the names below it.
        name = re.sub(r"^network(\.|$)", "", path)
        if name and "hook" not in name:
            yield name, key


def _make_functional(graph: Graph) -> bool:
    """Replace in-place operations by their functional twins; False where a view makes that unsafe."""
    order = {node: index for index, node in enumerate(graph.nodes)}
    for node in list(graph.nodes):
        if node.op != "call_function":
            continue
        if node.target in (operator.iadd, operator.imul, operator.isub, operator.itruediv):
            return False
        schema = getattr(node.target, "_schema", None)
        if schema is None or not schema.is_mutable:
            continue
        twin = _functional_twin(node.target)
        changed = node.args[0] if node.args else None
        if twin is None or not isinstance(changed, Node):
            return False
        if _shares_memory(changed) or any(_shares_memory(user) for user in changed.users if user is not node):
            return False
        node.target = twin
        for user in list(changed.users):
            if order[user] > order[node]:
                user.replace_input_with(changed, node)
    return True


def _shares_memory(node: Node) -> bool:
    """Whether a node's value may be a view of another's: then an in-place change reaches further than its users."""
    schema = getattr(node.target, "_schema", None)
    if node.op == "output":
        return False
    return schema is None or any(result.alias_info is not None for result in schema.returns)


def _functional_twin(target: Any) -> Any | None:
    name, _, overload = target.__name__.partition(".")
    if not name.endswith("_"):
        return None
    packet = getattr(torch.ops.aten, name[:-1], None)
    return getattr(packet, overload or "default", None)
