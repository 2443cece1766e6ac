"""A graph as plain text and back: nothing in it is ever run or unpickled, whoever wrote it."""

import operator
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Graph, GraphModule, Node

__all__ = ["GraphTextError", "from_records", "to_records"]

Record = dict[str, Any]

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)*", re.ASCII)
_OPERATORS = ("getitem", "add", "sub", "mul", "floordiv", "mod", "neg")
_CONSTANTS = (torch.dtype, torch.layout, torch.memory_format)
_MODULE = "torch.nn.Module"  # the kind of every module: OpenVINO's converter wants one named, nothing reads it


class GraphTextError(ValueError):
    """Something in a graph that has no place in the text, or the reverse."""


def to_records(graph: Graph) -> list[Record]:
    """What a graph's nodes are, in order, as lists, dicts, words and numbers that JSON keeps apart.

    Of what the export noted of each node, shapes, types and the modules it came from are kept; a symbolic
    batch is written as the size that it was exported with.

    Raises
    ------
    GraphTextError
        If the graph holds anything but ATen's operations on tensors, sizes and constants.
    """
    return [_record(node) for node in graph.nodes]


def from_records(records: list[Record], network: nn.Module) -> GraphModule:
    """The graph of some records, with the weights of a network.

    Raises
    ------
    GraphTextError
        If the records do not describe a graph.
    AttributeError
        If the network has no such weights.
    """
    graph = Graph()
    nodes: dict[str, Node] = {}
    for record in records:
        op, name, target = record["op"], record["name"], _read_target(record["op"], record["target"])
        arguments = {_word(key, _NAME): _read(value, nodes) for key, value in record["kwargs"].items()}
        node = graph.create_node(
            op, target, _read({"tuple": record["args"]}, nodes), arguments, name=_word(name, _NAME)
        )
        if node.name != name:
            raise GraphTextError(f"{name} stands there twice")
        nodes[name] = node
        if "val" in record:
            node.meta["val"] = _read_value(record["val"])
        node.meta["nn_module_stack"] = {str(key): (str(path), _MODULE) for key, path in record["stack"]}
    graph.lint()
    return GraphModule(network, graph)


def _record(node: Node) -> Record:
    record = {
        "op": node.op,
        "name": node.name,
        "target": _target(node),
        "args": [_argument(value) for value in node.args],
        "kwargs": {key: _argument(value) for key, value in node.kwargs.items()},
        "stack": [[key, path] for key, (path, _) in (node.meta.get("nn_module_stack") or {}).items()],
    }
    if "val" in node.meta:
        record["val"] = _value(node.meta["val"])
    return record


def _target(node: Node) -> str:
    target = node.target
    if isinstance(target, str) and node.op in ("placeholder", "get_attr", "output"):
        return target
    if isinstance(target, torch._ops.OpOverload) and target.namespace == "aten":
        return str(target)
    name = getattr(target, "__name__", "")
    if node.op == "call_function" and name in _OPERATORS and target is getattr(operator, name):
        return f"operator.{name}"
    raise GraphTextError(f"{target} is no operation of ATen")


def _read_target(op: str, target: str) -> str | Callable[..., Any]:
    if op in ("placeholder", "output"):
        return _word(target, _NAME)
    if op == "get_attr":
        return _word(target, _PATH)
    namespace, name, *overload = _word(target, _PATH).split(".")
    if op == "call_function" and namespace == "operator" and name in _OPERATORS and not overload:
        found: Callable[..., Any] = getattr(operator, name)
        return found
    if op == "call_function" and namespace == "aten" and len(overload) == 1:
        operation = getattr(getattr(torch.ops.aten, name), overload[0])
        if isinstance(operation, torch._ops.OpOverload):
            return operation
    raise GraphTextError(f"{op} of {target} is no operation of ATen")


def _word(text: str, pattern: re.Pattern[str]) -> str:
    """Text that becomes part of the graph's code, where nothing but names may stand."""
    if not pattern.fullmatch(text):
        raise GraphTextError(f"{text!r} is not a name")
    return text


def _argument(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Node):
        return {"node": value.name}
    if isinstance(value, list):
        return [_argument(each) for each in value]
    if isinstance(value, tuple):
        return {"tuple": [_argument(each) for each in value]}
    if isinstance(value, slice):
        return {"slice": [_argument(each) for each in (value.start, value.stop, value.step)]}
    if isinstance(value, _CONSTANTS):
        return {"torch": str(value).removeprefix("torch.")}
    if isinstance(value, torch.device):
        return {"device": str(value)}
    raise GraphTextError(f"a {type(value).__name__} cannot be written down")


def _read(value: Any, nodes: dict[str, Node]) -> Any:
    if isinstance(value, list):
        return [_read(each, nodes) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "node":
        return nodes[content]
    if kind == "tuple":
        return tuple(_read(each, nodes) for each in content)
    if kind == "slice":
        return slice(*(_read(each, nodes) for each in content))
    if kind == "device":
        return torch.device(content)
    constant = getattr(torch, content) if kind == "torch" else None
    if not isinstance(constant, _CONSTANTS):
        raise GraphTextError(f"{kind} {content} is no constant")
    return constant


def _value(value: Any) -> Any:
    if isinstance(value, Tensor):
        return {"shape": [_size(side) for side in value.shape], "dtype": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    return None if value is None else _size(value)


def _size(value: Any) -> bool | int | float:
    """A number, or what a symbolic one was while the network was exported."""
    found = value if isinstance(value, bool | int | float) else value.node.hint
    if not isinstance(found, bool | int | float):
        raise GraphTextError(f"{value} is not a number")
    return found


def _read_value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read_value(each) for each in value)
    if isinstance(value, dict):
        return torch.empty(value["shape"], dtype=_read({"torch": value["dtype"]}, {}), device="meta")
    return value
