"""The first part of a network's graph in which every node can be recomputed on a region."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Interpreter, Node

from engine.classifiers.operations import base_name
from engine.defenses.incremental.steps import Step, local_step

__all__ = ["Prefix", "Work", "find_prefix", "is_batch"]

_HEAVY = frozenset({"conv2d", "linear"})  # that multiply each value of their answer's by a row of their weights


@dataclass(frozen=True)
class Work:
    """What a node does for one photo.

    Parameters
    ----------
    macs : int
        Multiply-adds of convolutions and linear layers.
    moved : int
        Values of maps read and written.
    calls : int
        Operations that are called.
    """

    macs: int = 0
    moved: int = 0
    calls: int = 0


@dataclass(frozen=True, eq=False)
class Prefix:
    """A tail's nodes up to the first that looks further than a region and its surroundings.

    Parameters
    ----------
    module : GraphModule
        The whole tail, with one crossing tensor.
    entry : Node
        The crossing tensor.
    steps : tuple of Step
        In the order of the graph.
    shapes : dict
        Shape of each node's answer for one photo, of the entry and of all steps.
    works : dict
        What each node of the graph that depends on the photo does for one photo.
    """

    module: GraphModule = field(repr=False)
    entry: Node
    steps: tuple[Step, ...] = field(repr=False)
    shapes: dict[Node, torch.Size] = field(repr=False)
    works: dict[Node, Work] = field(repr=False)

    def joins(self, count: int) -> tuple[Node, ...]:
        """The maps of the first ``count`` steps, and of the entry, that the rest of the graph reads."""
        inside = [self.entry, *(step.node for step in self.steps[:count])]
        known = set(inside)
        return tuple(node for node in inside if any(user not in known and not is_batch(user) for user in node.users))


def find_prefix(module: GraphModule, shape: tuple[int, int, int]) -> Prefix:
    """The prefix of a tail that one tensor ``(C, H, W)`` crosses to."""
    (entry,) = (node for node in module.graph.nodes if node.op == "placeholder")
    dependent = _dependent(entry)
    answers = _Recorded(module, dependent)
    with torch.inference_mode():
        answers.run(torch.zeros(1, *shape))
    maps: dict[Node, torch.Size] = {entry: torch.Size((1, *shape))}
    steps = []
    for node in module.graph.nodes:
        if node not in dependent or node is entry or is_batch(node):
            continue
        found = answers.shapes.get(node)
        step = None if found is None else local_step(node, maps, _constants(answers, dependent), found)
        if step is None:
            break
        maps[node] = answers.shapes[node]
        steps.append(step)
    return Prefix(module, entry, tuple(steps), maps, answers.works)


def is_batch(node: Node) -> bool:
    """Whether a node only asks for the number of photos, the one size that is not fixed."""
    return node.op == "call_function" and str(node.target).startswith("aten.sym_size")


def _dependent(entry: Node) -> set[Node]:
    found = {entry}
    for node in entry.graph.nodes:
        if any(source in found for source in node.all_input_nodes):
            found.add(node)
    return found


def _constants(answers: "_Recorded", dependent: set[Node]) -> Callable[[Node], Tensor | None]:
    def constant(node: Node) -> Tensor | None:
        value = None if node in dependent else answers.constants.get(node)
        return value if isinstance(value, Tensor) else None

    return constant


class _Recorded(Interpreter):
    """Runs a graph and keeps what is constant, and work and shape of what is not, the shape in single precision."""

    def __init__(self, module: GraphModule, dependent: set[Node]) -> None:
        super().__init__(module)
        self._dependent = dependent
        self.constants: dict[Node, Any] = {}
        self.shapes: dict[Node, torch.Size] = {}
        self.works: dict[Node, Work] = {}

    def run_node(self, n: Node) -> Any:
        """Run one node."""
        if n not in self._dependent or n.op != "call_function":
            answer = super().run_node(n)
            if n not in self._dependent:
                self.constants[n] = answer
            return answer
        given = [self.env[source] for source in n.all_input_nodes]
        read = [self.env[source] for source in n.all_input_nodes if source in self._dependent]
        answer = super().run_node(n)
        if isinstance(answer, Tensor):
            if answer.dtype == torch.float32:
                self.shapes[n] = answer.shape
            moved = sum(prod(tensor.shape) for tensor in [answer, *read] if isinstance(tensor, Tensor))
            heavy = base_name(n) in _HEAVY and len(given) > 1
            self.works[n] = Work(prod(answer.shape) * prod(given[1].shape[1:]) if heavy else 0, moved, 1)
        return answer
