"""A residual network that answers for a picture and for its mirror image at once."""

import torch
from torch import Tensor

from engine.classifiers.nets.residual_net import ResidualNet

__all__ = ["mirrored"]


@torch.no_grad()
def mirrored(net: ResidualNet) -> ResidualNet:
    """The network whose logits are the mean of a network's for a picture and for its mirror image.

    It never turns the picture around: a convolution with mirrored kernels gives the mirror image of what the
    convolution gives for the mirror image. So it is a residual network of twice the width in two groups, the second
    with mirrored kernels; every layer can be cut, neurons keep their place, and a certificate holds for it as for any
    other. The maps' sides have to be even wherever they are halved, as those of 32 px are.

    Parameters
    ----------
    net : ResidualNet
        Of one group.

    Returns
    -------
    ResidualNet
        In the mode (training or evaluation) of the former; its pass costs twice as much.
    """
    widths = [2 * width for width in net.widths]
    twin = ResidualNet(net.channels, widths, net.classes, net.first, groups=2)
    twin.load_state_dict({name: _both(name, tensor) for name, tensor in net.state_dict().items()})
    return twin.train(net.training)


def _both(name: str, tensor: Tensor) -> Tensor:
    if name == "classify.weight":
        return torch.cat([tensor, tensor], 1) / 2
    if name.startswith(("stem.", "stages.")) and tensor.ndim:
        return torch.cat([tensor, tensor.flip(3) if tensor.ndim == 4 else tensor])
    return tensor
