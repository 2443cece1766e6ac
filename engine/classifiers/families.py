"""Known kinds of networks: their usual superficial layers 1, 2, 3 and a top-ranking rate for each."""

import re
from dataclasses import dataclass

__all__ = ["Family", "family_of"]

DEFAULT_RATE = 0.5


@dataclass(frozen=True)
class Family:
    """What is known of a kind of network.

    Parameters
    ----------
    name : str
    layers : tuple of str
        Names of superficial layers 1, 2, 3. Empty: the first activations of the network, in order.
    rates : tuple of float
        Top-ranking rate in (0, 1] for each; ``DEFAULT_RATE`` where there is none.
    stages : tuple of str
        Modules, in order, that are usually retrained when such a network is adapted to SIN pruning.
    """

    name: str
    layers: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    stages: tuple[str, ...] = ()

    def rate(self, layer: str) -> float:
        """Default top-ranking rate for a layer, given as ``1``, ``2``, ``3`` or by its name."""
        if layer == "input":
            return 1.0
        if layer in self.layers:
            layer = str(self.layers.index(layer) + 1)
        if layer.isdecimal() and 1 <= int(layer) <= len(self.rates):
            return self.rates[int(layer) - 1]
        return DEFAULT_RATE


_FAMILIES: tuple[tuple[str, Family], ...] = (
    (
        r"^(timm:(tf_)?)?efficientnet_lite\d",
        Family(
            "EfficientNet-Lite",
            ("bn1", "blocks.0.0.bn1", "blocks.1.0.bn2"),
            (0.5, 0.5, 0.3),
            ("blocks.0", "blocks.1", "blocks.2", "blocks.3"),
        ),
    ),
    (
        r"^cifar10_resnet",
        Family("residual network for CIFAR-10", ("stem", "stages.0.0", "stages.0.1"), (0.3, 0.3, 0.3)),
    ),
    (
        r"^torchvision:(wide_)?res(net|next)",
        Family("ResNet", ("relu", "layer1.0.relu#1", "layer1.0.relu#2"), (0.5, 0.5, 0.5), ("layer1", "layer2")),
    ),
)


def family_of(model: str) -> Family:
    """The family a model's name belongs to; an unnamed one without layers of its own if none."""
    for pattern, family in _FAMILIES:
        if re.search(pattern, model):
            return family
    return Family("other")
