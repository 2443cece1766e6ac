"""Interval bounds through convolutions, linear layers, layers that never fall, and nothing else."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import ModelError

__all__ = ["PASSED", "Interval", "interval_steps", "margin_bounds", "propagate"]

_MONOTONE = (nn.ReLU, nn.ReLU6, nn.AvgPool2d, nn.Flatten)  # more in is never less out: each bound goes through alone
_EXACT = (nn.Conv2d, nn.Linear, *_MONOTONE)
PASSED = "Conv2d, Linear, ReLU, ReLU6, AvgPool2d and Flatten"


@dataclass(frozen=True)
class Interval:
    """Elementwise bounds.

    Parameters
    ----------
    lower, upper : Tensor
        Of one shape.
    """

    lower: Tensor
    upper: Tensor

    @property
    def centre(self) -> Tensor:
        """Middle of the bounds."""
        return (self.upper + self.lower) / 2

    @property
    def radius(self) -> Tensor:
        """Half of their distance."""
        return (self.upper - self.lower) / 2


def interval_steps(network: nn.Module) -> tuple[nn.Module, ...]:
    """The layers of a network that interval bounds can pass, in order, down to its last linear layer.

    Raises
    ------
    ModelError
        If it has any other layer, or does not end in a linear one: a layer left out would certify another network.
    """
    steps = tuple(_flat(network))
    if not steps or type(steps[-1]) is not nn.Linear:
        raise ModelError("Interval bounds need a network that ends in a linear layer; add one.")
    return steps


def _flat(module: nn.Module) -> list[nn.Module]:
    name = type(module).__name__
    if module._forward_hooks or module._forward_pre_hooks:
        raise ModelError(f"Interval bounds cannot follow the hooks of {name}; remove them.")
    if type(module) is nn.Sequential:
        return [step for child in module for step in _flat(child)]
    if type(module) not in _EXACT:
        raise ModelError(
            f"Interval bounds pass {PASSED} in Sequential, and not {name}; fold it into its neighbours or leave it "
            f"out."
        )
    if isinstance(module, nn.Conv2d) and module.padding_mode != "zeros":
        raise ModelError(f"Interval bounds pass convolutions padded with zeros, not {module.padding_mode}.")
    if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) != (1, -1):
        raise ModelError("Interval bounds pass a Flatten of all but the batch, and not of other axes.")
    return [module]


def propagate(steps: tuple[nn.Module, ...], bounds: Interval) -> Interval:
    """Bounds behind some layers, from bounds in front of them, ``(B, ...)``, in their own precision.

    Affine layers map centre to ``W c + b`` and radius to ``|W| r``; monotone ones act on each bound.
    """
    for step in steps:
        if isinstance(step, nn.Conv2d | nn.Linear):
            centre = _affine(step, bounds.centre, absolute=False)
            radius = _affine(step, bounds.radius, absolute=True)
            bounds = Interval(centre - radius, centre + radius)
        else:
            bounds = Interval(step(bounds.lower), step(bounds.upper))
    return bounds


def _affine(step: nn.Conv2d | nn.Linear, x: Tensor, absolute: bool) -> Tensor:
    """The layer's map; its absolute weights and no bias for radii."""
    weight = step.weight.detach().to(x.dtype)
    bias = None if step.bias is None or absolute else step.bias.detach().to(x.dtype)
    weight = weight.abs() if absolute else weight
    if isinstance(step, nn.Linear):
        return F.linear(x, weight, bias)
    return F.conv2d(x, weight, bias, step.stride, step.padding, step.dilation, step.groups)


def margin_bounds(last: nn.Linear, features: Interval) -> tuple[Tensor, Tensor]:
    """For every class, the least by which its logit is ahead of the others, and the scale of that sum.

    The last layer is merged with the margin (rows ``W_y - W_j``), which is tighter than bounds on each logit.

    Parameters
    ----------
    last : nn.Linear
    features : Interval (N, D)

    Returns
    -------
    Tensor (N, K, K), Tensor (N, K, K)
        Entry ``y, j``: lower bound on ``z_y - z_j``, infinite for ``y = j``; and the sum of the magnitudes that
        were added for it.
    """
    weight = last.weight.detach().to(features.lower.dtype)
    bias = torch.zeros_like(weight[:, 0]) if last.bias is None else last.bias.detach().to(weight.dtype)
    margins, scales = [], []
    for label in range(len(weight)):
        rows = weight[label] - weight
        centre = F.linear(features.centre, rows, bias[label] - bias)
        radius = F.linear(features.radius, rows.abs())
        magnitude = F.linear(features.centre.abs(), rows.abs(), (bias[label] - bias).abs()) + radius
        least = centre - radius
        least[:, label] = torch.inf
        margins.append(least)
        scales.append(magnitude)
    return torch.stack(margins, dim=1), torch.stack(scales, dim=1)
