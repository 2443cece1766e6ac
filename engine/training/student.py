"""A tail with weights that can be trained, and with the outputs of its stages beside the logits."""

import copy
from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Interpreter, Node

from engine.classifiers.cut import CutClassifier
from engine.classifiers.graph import layer_nodes, tensor_value
from engine.errors import LayerError

__all__ = ["StagedTail", "renormalize"]

_OURS = "network."  # `Normalized.network` is ours; users know the names below it
_BATCH_NORM = torch.ops.aten.batch_norm.default
_CONVOLUTION = torch.ops.aten.conv2d.default
_STATISTICS = slice(3, 5)  # of a batch norm's arguments: running mean and variance


class StagedTail(nn.Module):
    """A copy of a cut's tail: crossing tensors ``(B, C, H, W)`` to logits and the outputs of named stages.

    Parameters
    ----------
    cut : CutClassifier
    stages : sequence of str
        Modules below the cut.
    whole : bool
        Whether all weights of the tail are to be trained, and not only those of the stages.

    Raises
    ------
    LayerError
        If a stage is not below the cut, gives no map, or there is nothing to train.
    """

    def __init__(self, cut: CutClassifier, stages: Sequence[str], whole: bool) -> None:
        super().__init__()
        self.tail: GraphModule = copy.deepcopy(cut.tail_module)
        nodes = layer_nodes(self.tail.graph)
        for stage in stages:
            if stage not in nodes or not _is_map(nodes[stage]):
                maps = [name for name, node in nodes.items() if _is_map(node) and name.count(".") <= 1]
                raise LayerError(
                    f"{cut.classifier.name} has no stage {stage!r} below {cut.layer} that gives a map; there are "
                    f"{', '.join(maps[:12])}."
                )
        prefixes = tuple(f"{_OURS}{stage}." for stage in stages)
        self.early = tuple(name for name, _ in self.tail.named_parameters() if name.startswith(prefixes))
        self.trained = tuple(name for name, _ in self.tail.named_parameters() if whole or name.startswith(prefixes))
        if not self.trained:
            raise LayerError(
                f"Nothing of {cut.classifier.name} would be trained: name stages below {cut.layer} that have weights."
            )
        self._norms = tuple(
            node
            for node in self.tail.graph.nodes
            if node.op == "call_function"
            and node.target is _BATCH_NORM
            and all(str(each.target).startswith(prefixes) for each in node.args[_STATISTICS])
        )
        output = self.tail.graph.output_node()
        (logits,) = output.all_input_nodes
        output.args = ((logits, *(nodes[stage] for stage in stages)),)
        self.tail.recompile()
        for name, weight in self.tail.named_parameters():
            weight.requires_grad_(name in self.trained)

    def spare_the_cpu(self) -> None:
        """Leave the convolutions whose gradients take CPUs up to twenty times as long in bfloat16 in float32."""
        for node in self.tail.graph.nodes:
            if node.op == "call_function" and node.target is _CONVOLUTION and _is_slow(node):
                node.target = _in_float32
        self.tail.recompile()

    def forward(self, *crossing: Tensor) -> tuple[Tensor, ...]:
        """Logits ``(B, K)``, then the output of each stage."""
        return cast(tuple[Tensor, ...], self.tail(*crossing))

    @property
    def weights(self) -> dict[str, nn.Parameter]:
        """The weights to train, by their names in the graph."""
        return {name: weight for name, weight in self.tail.named_parameters() if name in self.trained}

    @property
    def statistics(self) -> dict[str, Tensor]:
        """Running means and variances of the batch norms within the stages, by their names in the graph."""
        names = [str(each.target) for norm in self._norms for each in norm.args[_STATISTICS]]
        return {name: _value(self.tail, name) for name in names}


def renormalize(staged: StagedTail, batches: Iterable[tuple[Tensor, ...]]) -> None:
    """Take the statistics of the batch norms within the stages anew, over some inputs.

    Every norm is given the statistics of its own input while those before it already use theirs.
    """
    measuring = _Measuring(staged)
    with torch.no_grad():
        for batch in batches:
            measuring.run(*batch)
    measuring.write()


class _Measuring(Interpreter):
    """Runs a tail with each norm normalising by its batch, and sums up what it saw."""

    def __init__(self, staged: StagedTail) -> None:
        super().__init__(staged.tail)
        self._staged = staged
        self._seen: dict[Node, list[tuple[Tensor, Tensor]]] = {norm: [] for norm in staged._norms}

    def run_node(self, n: Node) -> Any:
        if n not in self._seen:
            return super().run_node(n)
        arguments, _ = self.fetch_args_kwargs_from_env(n)
        values, weight, bias = arguments[:3]
        axes = [axis for axis in range(values.ndim) if axis != 1]
        variance, mean = torch.var_mean(values.float(), axes, correction=0)
        self._seen[n].append((mean, variance))
        return torch.nn.functional.batch_norm(
            values.float(), mean, variance, weight, bias, False, 0.0, arguments[7]
        ).to(values.dtype)

    def write(self) -> None:
        for norm, seen in self._seen.items():
            if not seen:
                continue
            means, variances = (torch.stack(each) for each in zip(*seen, strict=True))
            mean = means.mean(0)
            for name, value in zip(
                norm.args[_STATISTICS], (mean, variances.mean(0) + means.var(0, correction=0)), strict=True
            ):
                _value(self._staged.tail, str(cast(Node, name).target)).copy_(value)


def _is_slow(node: Node) -> bool:
    """Whether a convolution looks at each channel on its own, and is strided or larger than 3 x 3."""
    stride, groups = (node.args[at] if len(node.args) > at else 1 for at in (3, 6))
    kernel = tensor_value(cast(Node, node.args[1]))
    if groups == 1:
        return False
    return stride not in (1, [1, 1]) or kernel is None or max(map(int, kernel.shape[2:])) > 3


def _in_float32(values: Tensor, kernel: Tensor, *rest: Any) -> Tensor:
    """A convolution in single precision, whatever the context; its answer in the type of its input."""
    with torch.autocast(values.device.type, enabled=False):
        return torch.nn.functional.conv2d(values.float(), kernel.float(), *rest).to(values.dtype)


def _value(module: nn.Module, name: str) -> Tensor:
    value: Any = module
    for part in name.split("."):
        value = getattr(value, part)
    assert isinstance(value, Tensor)
    return value


def _is_map(node: Node) -> bool:
    value = tensor_value(node)
    return value is not None and value.ndim == 4
