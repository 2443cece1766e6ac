"""Class activation maps (Zhou et al., CVPR 2016): the last map before the global mean, weighted for a class."""

import operator
import time
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.fx import Graph, GraphModule, Node

from engine.classifiers.classifier import Classifier
from engine.classifiers.graph import tensor_value
from engine.classifiers.operations import operation
from engine.errors import LayerError

__all__ = ["ClassActivation", "DeepMap", "class_activation"]

_RESHAPING = frozenset(
    {"flatten", "view", "reshape", "squeeze", "_unsafe_view", "dropout", "clone", "alias", "contiguous", "detach"}
)
_POOLING = frozenset({"adaptive_avg_pool2d", "_adaptive_avg_pool2d", "avg_pool2d", "mean"})
_AGREEMENT = 1e-4  # of the largest logit: mean and linear layer alone must give the network's logits


@dataclass(frozen=True, eq=False)
class DeepMap:
    """A class activation map.

    Parameters
    ----------
    heatmap : float32 array (h, w), read-only
        Evidence for the class in each cell of the last map; its mean, plus the bias, is the logit.
    label : int
        The class.
    milliseconds : float
        What it took: one pass through the whole network, and the weighting.
    """

    heatmap: NDArray[np.float32] = field(repr=False)
    label: int
    milliseconds: float


@dataclass(frozen=True, eq=False)
class ClassActivation:
    """A classifier that ends in a global mean and one linear layer, ready to give class activation maps.

    Parameters
    ----------
    weight : Tensor (K, C)
        Of the linear layer.
    channels : int
        Axis of the last map that holds its channels: 1, or 3 where they come last.
    """

    weight: Tensor = field(repr=False)
    channels: int
    _network: GraphModule = field(repr=False)

    def map_of(self, pixels: Tensor, label: int | None = None) -> DeepMap:
        """The map of one photo for a class, or for the class that is predicted.

        Parameters
        ----------
        pixels : Tensor (1, 3, H, W)
            In [0, 1].
        label : int, optional
        """
        started = time.perf_counter()
        with torch.inference_mode():
            last, logits = self._network(pixels)
            chosen = int(logits[0].argmax()) if label is None else label
            heat = torch.tensordot(self.weight[chosen], last[0].movedim(self.channels - 1, 0), dims=1)
        heatmap = heat.numpy().astype(np.float32)
        milliseconds = (time.perf_counter() - started) * 1000
        heatmap.setflags(write=False)
        return DeepMap(heatmap, chosen, milliseconds)


def class_activation(classifier: Classifier, graph: GraphModule) -> ClassActivation:
    """Find the last map and the linear layer of a classifier in its graph.

    Parameters
    ----------
    classifier : Classifier
    graph : GraphModule
        From :func:`engine.classifiers.graph.export_graph`.

    Raises
    ------
    LayerError
        If the classifier does not end so: then it has no class activation map.
    """
    found = _ending(graph)
    if found is not None:
        last, linear = found
        weight, bias = (_value(graph, node) for node in (*linear.args[1:], None)[:2])
        network = _network(graph, last, linear)
        if weight is not None:
            pixels = torch.rand(
                1, 3, *classifier.preprocessing.input_size, generator=torch.Generator().manual_seed(0)
            )
            with torch.inference_mode():
                values, logits = network(pixels)
            for channels in (1, 3):
                if _explains(values, weight, bias, logits, channels):
                    return ClassActivation(weight, channels, network)
    raise LayerError(
        f"{classifier.name} does not end in the mean of its last map and one linear layer, so it has no class "
        f"activation map; choose a classifier that does, such as efficientnet_lite0."
    )


def _ending(graph: GraphModule) -> tuple[Node, Node] | None:
    """The last 4-D map before global pooling, and the linear layer behind it that gives the logits."""
    output = list(graph.graph.nodes)[-1]
    (linear,) = output.all_input_nodes
    if operation(linear) != "linear":
        return None
    node = linear.args[0]
    while isinstance(node, Node) and operation(node) in _RESHAPING:
        node = node.args[0]
    if not isinstance(node, Node) or operation(node) not in _POOLING or not isinstance(node.args[0], Node):
        return None
    last = node.args[0]
    value = tensor_value(last)
    return (last, linear) if value is not None and value.ndim == 4 else None


def _value(graph: GraphModule, node: object) -> Tensor | None:
    """A weight of the graph."""
    if not isinstance(node, Node) or node.op != "get_attr":
        return None
    return cast(Tensor, operator.attrgetter(str(node.target))(graph)).detach()


def _network(module: GraphModule, last: Node, logits: Node) -> GraphModule:
    """The network with its last map beside the logits."""
    graph = Graph()
    copies: dict[Node, Node] = {}
    for node in module.graph.nodes:
        if node.op != "output":
            copies[node] = graph.node_copy(node, lambda source: copies[source])
    graph.output((copies[last], copies[logits]))
    graph.lint()
    return GraphModule(module, graph)


def _explains(last: Tensor, weight: Tensor, bias: Tensor | None, logits: Tensor, channels: int) -> bool:
    if last.shape[channels] != weight.shape[1]:
        return False
    mean = last.movedim(channels, 1).mean(dim=(2, 3))
    wanted = mean @ weight.T + (0 if bias is None else bias)
    tolerance = _AGREEMENT * max(1.0, float(logits.abs().max()))
    return bool((wanted - logits).abs().max() <= tolerance)
