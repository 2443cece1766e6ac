"""What the machine allows: operations over a measured matrix rate, bytes over a measured copy rate."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Interpreter, Node
from torch.utils.flop_counter import FlopCounterMode

from engine.classifiers.cut import CutClassifier
from engine.classifiers.operations import base_name

__all__ = ["Rates", "Work", "measured_rates", "work_of"]

_SIDE, _COPIED = 512, 2**23  # of the matrices; float32 values copied, more than a cache holds
_HEAVY = frozenset({"conv2d", "convolution", "linear", "addmm", "matmul"})


@dataclass(frozen=True)
class Rates:
    """What the machine does at best, with this many threads.

    Parameters
    ----------
    operations : float
        Floating-point operations a second, of a product of two float32 matrices.
    bytes : float
        Bytes a second, read and written, of a copy.
    """

    operations: float
    bytes: float


@dataclass(frozen=True)
class Work:
    """What a pass costs at least, whoever runs it.

    Parameters
    ----------
    operations : float
        Floating-point operations.
    bytes : float
        Read and written if every convolution and matrix product reads its input and weights and writes its
        output once, and everything else is done on the way.
    """

    operations: float
    bytes: float

    def times(self, passes: float) -> "Work":
        """The work of some passes."""
        return Work(self.operations * passes, self.bytes * passes)

    def __add__(self, other: "Work") -> "Work":
        """Both, one after the other."""
        return Work(self.operations + other.operations, self.bytes + other.bytes)

    def floor_ms(self, rates: Rates) -> float:
        """Milliseconds below which the machine cannot do it: the longer of computing and moving."""
        return 1000 * max(self.operations / rates.operations, self.bytes / rates.bytes)


def measured_rates(seconds: float = 3.0) -> Rates:
    """The best of many short products and copies."""
    one, two = torch.rand(_SIDE, _SIDE), torch.rand(_SIDE, _SIDE)
    out, source, target = torch.empty(_SIDE, _SIDE), torch.rand(_COPIED), torch.empty(_COPIED)
    product = _least(lambda: torch.mm(one, two, out=out), seconds / 2)
    copy = _least(lambda: target.copy_(source), seconds / 2)
    return Rates(2 * _SIDE**3 / product, 2 * 4 * _COPIED / copy)


def work_of(cut: CutClassifier) -> tuple[Work, Work]:
    """The work of the head, and of the tail for one row."""
    pixels = torch.rand(1, 3, *cut.input_size)
    crossing = tuple(torch.rand(1, *shape) for shape in cut.shapes)
    return _work(cut.head_module, (pixels,)), _work(cut.tail_module, crossing)


class _Traffic(Interpreter):
    """Runs a graph and adds up what its heavy operations read and write."""

    def __init__(self, module: GraphModule) -> None:
        super().__init__(module)
        self.bytes = 0.0

    def run_node(self, n: Node) -> Any:
        answer = super().run_node(n)
        if n.op == "call_function" and base_name(n).partition(".")[0] in _HEAVY and isinstance(answer, Tensor):
            given = [self.env[source] for source in n.all_input_nodes if isinstance(self.env.get(source), Tensor)]
            self.bytes += sum(prod(tensor.shape) * tensor.element_size() for tensor in [answer, *given])
        return answer


def _work(module: GraphModule, example: tuple[Tensor, ...]) -> Work:
    traffic = _Traffic(module)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        traffic.garbage_collect_values = False
        traffic.run(*example)
    return Work(float(counter.get_total_flops()), traffic.bytes)


def _least(call: Callable[[], object], seconds: float) -> float:
    call()
    least, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        call()
        least = min(least, time.perf_counter() - started)
    return least
