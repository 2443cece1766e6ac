"""A classifier split in two at its superficial layer: ``tail(*head(x)) == model(x)``."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Node

from engine.cache import digest
from engine.classifiers.adaptation import Adaptation
from engine.classifiers.classifier import Classifier
from engine.classifiers.graph import ACTIVATIONS, content_digest, layer_nodes, tensor_value
from engine.classifiers.operations import operation
from engine.errors import LayerError

__all__ = ["CutClassifier", "cut_classifier", "layer_names", "resolve_layer", "usual_layers"]

INPUT = "input"
MODULE = "module:"
GREY = 0.5
_NCHW, _NHWC = (0, 1, 2, 3), (0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class CutClassifier:
    """A classifier cut at one superficial layer.

    Parameters
    ----------
    classifier : Classifier
    layer : str
        Name of the module whose output is the superficial layer (``input``: the pixels themselves).
    shapes : tuple of (C, H, W)
        Shape of each crossing tensor; the first is the superficial layer.
    layouts : tuple of permutation
        From each crossing tensor's own layout to ``(B, C, H, W)``: channels-last networks cross otherwise.
    adaptation : Adaptation, optional
        The adapted weights in its tail, if it has any.
    """

    classifier: Classifier
    layer: str
    shapes: tuple[tuple[int, int, int], ...]
    layouts: tuple[tuple[int, ...], ...]
    _head: GraphModule = field(repr=False)
    _tail: GraphModule = field(repr=False)
    adaptation: Adaptation | None = field(repr=False, default=None)

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the model's input in pixels."""
        return self.classifier.preprocessing.input_size

    def head(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Every tensor that crosses the cut, each ``(B, C, H, W)`` and owned by the caller.

        Parameters
        ----------
        pixels : Tensor (B, 3, H, W)
            In [0, 1].
        """
        with torch.inference_mode():
            crossing = self._head(pixels)
        return tuple(
            tensor.contiguous() if layout != _NCHW else tensor.clone()
            for tensor, layout in zip(self.turned(crossing), self.layouts, strict=True)
        )

    def turned(self, crossing: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """What ``head_module`` gives, each as ``(B, C, H, W)``; a view."""
        return tuple(
            tensor.permute(layout) if layout != _NCHW else tensor
            for tensor, layout in zip(crossing, self.layouts, strict=True)
        )

    def tail(self, *crossing: Tensor) -> Tensor:
        """Logits ``(B, K)`` from the crossing tensors, each ``(B, C, H, W)``."""
        with torch.inference_mode():
            return cast(Tensor, self.tail_module(*crossing))

    @cached_property
    def neutral(self) -> tuple[Tensor, ...]:
        """The neutral response ``g``: what crosses for a mid-grey image, each ``(1, C, H, W)``."""
        return self.head(torch.full((1, 3, *self.input_size), GREY))

    @cached_property
    def signature(self) -> str:
        """Digest of all that decides what head and tail compute: weights, operations, and where they are cut."""
        parts: list[object] = [self.layer, self.input_size, self.shapes, self.layouts]
        for module in (self._head, self._tail):
            parts.append(module.graph)
            parts += [content_digest(module, node) for node in module.graph.nodes if node.op == "get_attr"]
        return digest(*parts)

    @property
    def head_operations(self) -> frozenset[str]:
        """Names of the operations that the head does on pixels; marked where the answer is not floating point."""
        nodes = list(self._head.graph.nodes)
        pixels = next(node for node in nodes if node.op == "placeholder")
        return frozenset(operation(node) for node in _dependent_on(pixels, nodes) if node.op == "call_function")

    @property
    def head_module(self) -> GraphModule:
        """The head as a module, for gradients; what crosses comes in the network's own layout (:meth:`turned`)."""
        return self._head

    @property
    def tail_module(self) -> GraphModule:
        """The tail as a module that takes ``(B, C, H, W)`` tensors, for backends to convert."""
        return self._tail


def layer_names(graph: GraphModule) -> tuple[str, ...]:
    """Every module at whose output the network may be cut, in the order of the graph; see :func:`resolve_layer`."""
    names = [name for name, node in _layers(graph.graph).items() if _is_map(node)]
    return (INPUT, *names)


def usual_layers(classifier: Classifier, graph: GraphModule) -> tuple[str, ...]:
    """Names of superficial layers 1, 2, 3: the family's, or the first activations.

    A network without activations over the image (a vision transformer) has its first map.
    """
    return classifier.family.layers or _first_activations(graph.graph) or layer_names(graph)[1:2]


def resolve_layer(classifier: Classifier, graph: GraphModule, layer: str) -> str:
    """The name behind ``1``, ``2``, ``3``, a module's name, or ``module:`` and a module's name.

    A number is always one of the usual layers, and ``input`` the pixels: the modules of a plain
    ``nn.Sequential``, which have numbers for names, are ``module:0``, ``module:1``, ...

    Raises
    ------
    LayerError
        If there is no such layer; the nearest names are offered.
    """
    names = layer_names(graph)
    usual = usual_layers(classifier, graph)
    meant = {str(number): name for number, name in enumerate(usual, start=1)}
    meant |= {f"{MODULE}{name}": name for name in names[1:]} | {name: name for name in names}
    if layer in meant:
        return meant[layer]
    if layer.isdecimal():
        raise LayerError(
            f"{classifier.name} has no superficial layer {layer[:20]}; its usual ones are "
            f"1 to {len(usual)} ({', '.join(usual)}), and any module's name may be given."
        )
    near = difflib.get_close_matches(layer, names, n=4, cutoff=0.4) or names[:4]
    raise LayerError(f"{classifier.name} has no layer {layer!r}; nearest: {', '.join(near)}.")


def cut_classifier(classifier: Classifier, graph: GraphModule, layer: str) -> CutClassifier:
    """Cut a classifier's graph behind one module.

    Everything computed up to that module goes into the head, everything after it into the tail; a tensor
    that the tail needs from the head crosses. What does not depend on the pixels (constants, sizes) is
    computed again in the tail.

    Parameters
    ----------
    classifier : Classifier
    graph : GraphModule
        From :func:`engine.classifiers.graph.export_graph`.
    layer : str
        ``1``, ``2``, ``3``, ``input`` or a module's name, as :func:`resolve_layer` reads them.

    Raises
    ------
    LayerError
        If there is no such layer, or its output is not a map of neurons over the image.
    """
    name = resolve_layer(classifier, graph, layer)
    nodes = list(graph.graph.nodes)
    pixels = next(node for node in nodes if node.op == "placeholder")
    output = nodes[-1]
    last = pixels if name == INPUT else _layers(graph.graph)[name]
    if not _is_map(last) and last is not pixels:
        raise LayerError(
            f"The output of {name} in {classifier.name} is not a map of neurons; choose a layer before it."
        )

    dependent = _dependent_on(pixels, nodes)
    if last not in dependent:
        raise LayerError(f"The output of {name} in {classifier.name} does not depend on the photo; choose another.")
    cut_at = nodes.index(last)
    head_side = {node for node in nodes[: cut_at + 1] if node in dependent}
    crossing = [
        node
        for node in nodes[: cut_at + 1]
        if node in head_side and any(u not in head_side for u in _tensor_users(node))
    ]
    if last not in crossing:
        raise LayerError(
            f"The output of {name} in {classifier.name} does not reach the logits; choose another layer."
        )
    crossing.remove(last)
    crossing.insert(0, last)
    for node in crossing:
        value = tensor_value(node)
        if value is None or value.ndim != 4:
            raise LayerError(
                f"Cutting {classifier.name} at {name} would also cut {node.name}, which is not a map over the "
                f"image; choose a layer before it."
            )
        if value.dtype != torch.float32:
            raise LayerError(
                f"{node.name}, which crosses at {name} in {classifier.name}, is in {str(value.dtype)[6:]}, and masks "
                f"are made in single precision; choose another layer, or leave out the change of type."
            )

    head = _head_graph(graph, nodes[: cut_at + 1], crossing)
    layouts = _layouts(head, classifier.preprocessing.input_size, f"{name} in {classifier.name}")
    tail = _tail_graph(graph, nodes, head_side, crossing, layouts, output)
    shapes = []
    for node, layout in zip(crossing, layouts, strict=True):
        value = cast(Tensor, tensor_value(node))
        _, channels, height, width = (value.shape[axis] for axis in layout)
        shapes.append((int(channels), int(height), int(width)))
    return CutClassifier(classifier, name, tuple(shapes), layouts, head, tail)


def _layers(graph: Graph) -> dict[str, Node]:
    """Output node of every named module, by the name that no number and no ``input`` can be mistaken for."""
    return {
        f"{MODULE}{name}" if name.isdecimal() or name == INPUT else name: node
        for name, node in layer_nodes(graph).items()
    }


def _is_map(node: Node) -> bool:
    value = tensor_value(node)
    return value is not None and value.ndim == 4 and min(value.shape[1:]) >= 1 and value.is_floating_point()


def _first_activations(graph: Graph) -> tuple[str, ...]:
    by_node: dict[Node, str] = {}
    for name, node in _layers(graph).items():
        by_node.setdefault(node, name)
    first = [
        by_node[node]
        for node in graph.nodes
        if node in by_node and _is_map(node) and node.target.__name__.partition(".")[0] in ACTIVATIONS
    ]
    return tuple(first[:3])


def _dependent_on(pixels: Node, nodes: list[Node]) -> set[Node]:
    """Nodes whose values, and not only sizes, come from the pixels."""
    dependent = {pixels}
    for node in nodes:
        gives_number = (
            "val" in node.meta and tensor_value(node) is None and not isinstance(node.meta["val"], tuple | list)
        )
        if not gives_number and any(source in dependent for source in node.all_input_nodes):
            dependent.add(node)
    return dependent


def _tensor_users(node: Node) -> list[Node]:
    return [user for user in node.users if not _is_size(user)]


def _is_size(node: Node) -> bool:
    return node.op == "call_function" and str(node.target).startswith("aten.sym_size")


def _head_graph(module: GraphModule, nodes: list[Node], crossing: list[Node]) -> GraphModule:
    graph = Graph()
    copies: dict[Node, Node] = {}
    for node in nodes:
        copies[node] = graph.node_copy(node, lambda source: copies[source])
    graph.output(tuple(copies[node] for node in crossing))
    graph.eliminate_dead_code()
    graph.lint()
    return GraphModule(module, graph)


def _tail_graph(
    module: GraphModule,
    nodes: list[Node],
    head_side: set[Node],
    crossing: list[Node],
    layouts: tuple[tuple[int, ...], ...],
    output: Node,
) -> GraphModule:
    graph = Graph()
    entries = [graph.placeholder(f"crossing_{index}") for index in range(len(crossing))]
    copies: dict[Node, Node] = {}
    for node, entry, layout in zip(crossing, entries, layouts, strict=True):
        back = [layout.index(axis) for axis in range(4)]
        copies[node] = entry
        if layout != _NCHW:
            own = graph.call_function(torch.ops.aten.permute.default, (entry, back))
            copies[node] = graph.call_function(torch.ops.aten.contiguous.default, (own,))
    for node in nodes[:-1]:
        if node in head_side or node.op == "placeholder":
            continue
        if _is_size(node) and node.args[0] in head_side:
            # Only the batch is dynamic, and every crossing tensor has it as its first axis.
            copies[node] = graph.call_function(torch.ops.aten.sym_size.int, (entries[0], 0))
        else:
            copies[node] = graph.node_copy(node, lambda source: copies[source])
    (logits,) = output.all_input_nodes
    graph.output(copies[logits])
    graph.eliminate_dead_code()
    graph.lint()
    return GraphModule(module, graph)


def _layouts(head: GraphModule, input_size: tuple[int, int], what: str) -> tuple[tuple[int, ...], ...]:
    """Which axes of each crossing tensor are height and width: those along which a strip of lines stays apart."""
    anything = _reached(head, input_size, slice(None), slice(None))
    by_row, by_column = (_reached_by_strip(head, input_size, axis) for axis in (0, 1))
    layouts: list[tuple[int, ...]] = []
    for whole, row, column in zip(anything, by_row, by_column, strict=True):
        row_apart = [_apart(row, whole, axis) for axis in range(3)]
        column_apart = [_apart(column, whole, axis) for axis in range(3)]
        if row_apart == [True, False, False] or column_apart == [False, True, False]:
            layouts.append(_NHWC)
        elif row_apart in ([False, True, False], [False] * 3) and column_apart in (
            [False, False, True],
            [False] * 3,
        ):
            layouts.append(_NCHW)
        else:
            raise LayerError(
                f"A tensor crossing at {what} has no recognisable height and width; choose another layer."
            )
    return tuple(layouts)


def _reached_by_strip(head: GraphModule, input_size: tuple[int, int], axis: int) -> list[Tensor]:
    """What a strip of lines in the middle reaches, as thin as reaches anything: strides may pass over a line."""
    lines = input_size[axis]
    thick, reached = 1, []
    while thick <= lines:
        start = (lines - thick) // 2
        strip = slice(start, start + thick)
        reached = _reached(head, input_size, *((strip, slice(None)) if axis == 0 else (slice(None), strip)))
        if all(bool(tensor.any()) for tensor in reached):
            break
        thick *= 2
    return reached


def _reached(head: GraphModule, input_size: tuple[int, int], rows: slice, columns: slice) -> list[Tensor]:
    pixels = torch.full((1, 3, *input_size), GREY)
    pixels[:, :, rows, columns] = torch.nan
    with torch.inference_mode():
        return [tensor.isnan()[0] for tensor in head(pixels)]


def _apart(reached: Tensor, whole: Tensor, axis: int) -> bool:
    """Whether some slices along an axis that pixels can reach are free of the strip."""
    first, second = (other for other in range(3) if other != axis)
    free = whole.any(dim=second).any(dim=first) & ~reached.any(dim=second).any(dim=first)
    return bool(free.any())
