"""Eq. 6's penalty: how strongly the superficial layer answers to the patch.

The paper adds ``alpha * sum(w0 * x_p)``, with ``w0`` the weights of the first layer, to hide the patch from a
detector that looks for strong superficial neurons. Here, for any network and layer:

- ``w0 * x_p`` is what enters the layer's activation function, less what enters it for mid-grey. For a
  convolution, with the batch norm behind it folded in, that is ``w0 * (x_p - grey)``: linear in the pixels and
  free of the bias, the paper's term in normalised pixels. Behind the activation function, saturated neurons,
  the strongest of all, would have no gradient.
- The absolute value is taken: importance counts answers of either sign, and the plain sum is least for a
  patch whose negative answers are as strong as can be.
- It is averaged over the neurons of the patch's own footprint instead of summed, so that one alpha means the
  same for every patch size and layer. The paper's alpha is this one divided by the number of those neurons.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.fx import GraphModule

from engine.classifiers.cut import GREY, CutClassifier
from engine.classifiers.footprint import Footprints
from engine.classifiers.graph import ACTIVATIONS, tensor_value

__all__ = ["SuperficialPenalty"]


class SuperficialPenalty:
    """The mean of ``|w0 * (x_p - grey)|`` over the patch's footprint.

    Parameters
    ----------
    cut : CutClassifier
    footprints : Footprints
    device : torch.device
    """

    def __init__(self, cut: CutClassifier, footprints: Footprints, device: torch.device) -> None:
        self._cut, self._rows, self._columns = cut, footprints.rows[0], footprints.columns[0]
        self._response = _before_activation(cut.head_module).to(device)
        with torch.no_grad():
            grey = torch.full((1, 3, *cut.input_size), GREY, device=device)
            (self._grey,) = cut.turned(self._response(grey))[:1]

    def __call__(self, pixels: Tensor, boxes: Sequence[tuple[int, int, int, int]]) -> Tensor:
        """The penalty, a number, of patched photos ``(B, 3, H, W)`` with the patch in each one's box."""
        (answer,) = self._cut.turned(self._response(pixels))[:1]
        strength = (answer - self._grey).abs()
        means = []
        for row, (top, left, bottom, right) in zip(strength, boxes, strict=True):
            first, last = self._rows.strip(top, bottom)
            begin, end = self._columns.strip(left, right)
            inside = row[:, first:last, begin:end]
            # A patch between the strides of a convolution reaches nothing, and hides already.
            means.append(inside.mean() if inside.numel() else inside.sum())
        return torch.stack(means).mean()


def _before_activation(head: GraphModule) -> GraphModule:
    """The head with what enters the superficial layer's activation function, if it ends in one, as first output."""
    module = copy.deepcopy(head)
    output = next(node for node in module.graph.nodes if node.op == "output")
    crossing = tuple(output.all_input_nodes)
    last = crossing[0]
    name = str(getattr(last.target, "__name__", last.target)).partition(".")[0]
    source = last.all_input_nodes[0] if last.all_input_nodes else None
    if last.op == "call_function" and name in ACTIVATIONS and source is not None:
        value, before = tensor_value(last), tensor_value(source)
        if value is not None and before is not None and value.shape == before.shape:
            output.args = ((source, *crossing[1:]),)
            module.graph.lint()
            module.recompile()
    return module
