"""Operations that can be recomputed on a region: each knows what it reads and what lies outside the map."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.fx import Node

from engine.classifiers.operations import base_name
from engine.defenses.incremental.regions import Reach

__all__ = ["Step", "local_step"]

Pair = tuple[int, int]

_CELLWISE = frozenset(
    {
        "abs",
        "add",
        "alias",
        "celu",
        "clamp",
        "clamp_max",
        "clamp_min",
        "clone",
        "detach",
        "div",
        "elu",
        "gelu",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "leaky_relu",
        "maximum",
        "minimum",
        "mish",
        "mul",
        "neg",
        "relu",
        "relu6",
        "sigmoid",
        "silu",
        "softplus",
        "square",
        "sub",
        "tanh",
    }
)


@dataclass(frozen=True, eq=False)
class Step:
    """A node that can be recomputed on a region.

    Parameters
    ----------
    node : Node
    reads : tuple of Node
        The maps that it reads, all by the same reach.
    rows, columns : Reach
    outside : float
        What it reads beyond a map's border.
    call : callable
        From the patches of ``reads``, with all that the region reads in them, to the region.
    macs : int
        Multiply-adds of one value of its output.
    weights : int
        Values that it reads beside the maps.
    """

    node: Node
    reads: tuple[Node, ...]
    rows: Reach = field(default_factory=Reach)
    columns: Reach = field(default_factory=Reach)
    outside: float = 0.0
    call: Callable[[Sequence[Tensor]], Tensor] = field(repr=False, default=operator.itemgetter(0))
    macs: int = 0
    weights: int = 0


def local_step(
    node: Node, maps: Mapping[Node, torch.Size], constant: Callable[[Node], Tensor | None], shape: torch.Size
) -> Step | None:
    """A node as a step, or ``None`` if its answer on a region needs more than what lies near it.

    Parameters
    ----------
    node : Node
    maps : dict
        The maps before it that are recomputed on regions, and their shapes ``(1, C, H, W)``.
    constant : callable
        The value of a node that does not depend on the photo; ``None`` if it does.
    shape : Size
        Of the node's answer.
    """
    if node.op != "call_function" or getattr(node.target, "namespace", "") != "aten" or len(shape) != 4:
        return None
    given = _arguments(node, maps, constant)
    if given is None:
        return None
    name = base_name(node)
    if name in _MAKERS:
        return _MAKERS[name](node, given)
    return _cellwise(node, given, maps, shape) if name in _CELLWISE else None


def _arguments(
    node: Node, maps: Mapping[Node, torch.Size], constant: Callable[[Node], Tensor | None]
) -> dict[str, Any] | None:
    """A node's arguments by name, constants as their values; ``None`` if one is neither map nor constant."""
    names = [argument.name for argument in node.target._schema.arguments]  # type: ignore[union-attr]
    defaults = {argument.name: argument.default_value for argument in node.target._schema.arguments}  # type: ignore[union-attr]
    given = {**defaults, **dict(zip(names, node.args, strict=False)), **node.kwargs}
    for key, value in given.items():
        if isinstance(value, Node) and value not in maps:
            found = constant(value)
            if found is None:
                return None
            given[key] = found
        elif isinstance(value, list | tuple) and any(isinstance(each, Node) and each not in maps for each in value):
            return None
    return given


def _conv2d(node: Node, given: dict[str, Any]) -> Step | None:
    weight, padding = given["weight"], given["padding"]
    bias, groups = given["bias"], given["groups"]
    if isinstance(padding, str) or not isinstance(weight, Tensor) or isinstance(bias, Node):
        return None
    strides, dilation = _pair(given["stride"]), _pair(given["dilation"])

    def call(patches: Sequence[Tensor]) -> Tensor:
        return F.conv2d(patches[0], weight, bias, strides, 0, dilation, groups)

    rows, columns = _reaches((weight.shape[2], weight.shape[3]), strides, _pair(padding), dilation)
    macs = weight.shape[1] * weight.shape[2] * weight.shape[3]
    return Step(node, (given["input"],), rows, columns, 0.0, call, macs, weight.numel())


def _max_pool2d(node: Node, given: dict[str, Any]) -> Step | None:
    kernel, dilation = _pair(given["kernel_size"]), _pair(given["dilation"])
    strides = _pair(given["stride"] or kernel)

    def call(patches: Sequence[Tensor]) -> Tensor:
        return F.max_pool2d(patches[0], kernel, strides, 0, dilation)

    rows, columns = _reaches(kernel, strides, _pair(given["padding"]), dilation)
    return Step(node, (given["self"],), rows, columns, -torch.inf, call)


def _avg_pool2d(node: Node, given: dict[str, Any]) -> Step | None:
    kernel, padding, divisor = _pair(given["kernel_size"]), _pair(given["padding"]), given["divisor_override"]
    strides = _pair(given["stride"] or kernel)
    if given["ceil_mode"] or (any(padding) and not given["count_include_pad"]):
        return None  # the mean is then of fewer cells at the border

    def call(patches: Sequence[Tensor]) -> Tensor:
        return F.avg_pool2d(patches[0], kernel, strides, 0, divisor_override=divisor)

    rows, columns = _reaches(kernel, strides, padding, (1, 1))
    return Step(node, (given["self"],), rows, columns, 0.0, call)


def _batch_norm(node: Node, given: dict[str, Any]) -> Step | None:
    if given["training"] or not isinstance(given["running_mean"], Tensor) or not isinstance(given["input"], Node):
        return None
    rest = [value for key, value in given.items() if key != "input"]
    return Step(node, (given["input"],), call=lambda patches: node.target(patches[0], *rest))  # type: ignore[operator]


def _pad(node: Node, given: dict[str, Any]) -> Step | None:
    pads = list(given["pad"])
    if given.get("mode", "constant") != "constant" or len(pads) not in (2, 4):
        return None
    left, top = pads[0], pads[2] if len(pads) == 4 else 0
    return Step(node, (given["self"],), Reach(padding=top), Reach(padding=left), float(given["value"] or 0.0))


def _dropout(node: Node, given: dict[str, Any]) -> Step | None:
    return None if given["train"] else Step(node, (given["input"],))


def _cat(node: Node, given: dict[str, Any]) -> Step | None:
    tensors = tuple(given["tensors"])
    if given["dim"] not in (1, -3) or not all(isinstance(each, Node) for each in tensors):
        return None
    return Step(node, tensors, call=lambda patches: torch.cat(list(patches), dim=1))


_MAKERS: dict[str, Callable[[Node, dict[str, Any]], Step | None]] = {
    "avg_pool2d": _avg_pool2d,
    "batch_norm": _batch_norm,
    "cat": _cat,
    "constant_pad_nd": _pad,
    "conv2d": _conv2d,
    "dropout": _dropout,
    "max_pool2d": _max_pool2d,
    "pad": _pad,
}


def _cellwise(node: Node, given: dict[str, Any], maps: Mapping[Node, torch.Size], shape: torch.Size) -> Step | None:
    """Each cell from the same cell of its maps, and from constants that are the same everywhere."""
    reads = tuple(value for value in given.values() if isinstance(value, Node))
    if not reads or any(maps[read][2:] != shape[2:] for read in reads):
        return None
    for value in given.values():
        if isinstance(value, Tensor) and any(extent != 1 for extent in (*value.shape[-2:], *value.shape[:-3])):
            return None
    only = {argument.name for argument in node.target._schema.arguments if argument.kwarg_only}  # type: ignore[union-attr]

    def call(patches: Sequence[Tensor]) -> Tensor:
        at = iter(patches)
        filled = {key: next(at) if isinstance(value, Node) else value for key, value in given.items()}
        named = {key: filled.pop(key) for key in only}
        answer: Tensor = node.target(*filled.values(), **named)  # type: ignore[operator]
        return answer

    return Step(node, reads, call=call)


def _reaches(kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> tuple[Reach, Reach]:
    rows, columns = (Reach(*each) for each in zip(kernel, stride, padding, dilation, strict=True))
    return rows, columns


def _pair(value: Any) -> Pair:
    """One number for both axes, or one for each, as ATen takes them."""
    if isinstance(value, int):
        return value, value
    return (int(value[0]), int(value[-1]))
