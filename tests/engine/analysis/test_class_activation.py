"""Class activation maps worked out by hand, and classifiers that have none."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from toys import Toy, classifier

from engine.analysis.class_activation import class_activation
from engine.classifiers.graph import export_graph
from engine.errors import LayerError


class Ending(nn.Module):
    """Mean pools of 2 x 2 px, and a linear layer on their mean: pooled in one of several ways."""

    def __init__(self, pooling: str = "adaptive") -> None:
        super().__init__()
        self.pooling = pooling
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(3, 2)
        self.fc.weight.data.copy_(torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, -1.0]]))
        self.fc.bias.data.copy_(torch.tensor([0.5, 0.0]))

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.avg_pool2d(x, 2).relu()
        if self.pooling == "adaptive":
            pooled = self.pool(x).flatten(1)
        elif self.pooling == "mean":
            pooled = x.mean((2, 3))
        elif self.pooling == "kept":
            pooled = x.mean((2, 3), keepdim=True).squeeze(-1).squeeze(-1)
        elif self.pooling == "channels last":
            pooled = x.permute(0, 2, 3, 1).contiguous().mean((1, 2))
        else:
            pooled = x.amax((2, 3))
        return self.fc(self.drop(pooled))


class Hidden(Ending):
    """One more activation between pool and logits."""

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(nn.functional.avg_pool2d(x, 2).mean((2, 3)).relu())


def made(network: nn.Module, size: int = 4):
    found = classifier(network, size, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return class_activation(found, export_graph(found.network, (size, size)))


def pixels() -> Tensor:
    """Red 1 in the top left quarter; green 1 and blue 0.5 in the bottom right one."""
    picture = torch.zeros(1, 3, 4, 4)
    picture[0, 0, :2, :2] = 1
    picture[0, 1, 2:, 2:] = 1
    picture[0, 2, 2:, 2:] = 0.5
    return picture


@pytest.mark.parametrize("pooling", ["adaptive", "mean", "kept", "channels last"])
def test_a_map_by_hand(pooling):
    deep = made(Ending(pooling))
    # Logits: 1/4 + 0.5 = 0.75, and (2 - 0.5)/4 = 0.375.
    predicted = deep.map_of(pixels())
    assert predicted.label == 0
    assert predicted.heatmap.tolist() == [[1, 0], [0, 0]]
    assert deep.map_of(pixels(), label=1).heatmap.tolist() == [[0, 0], [0, 1.5]]
    assert predicted.milliseconds > 0
    with pytest.raises(ValueError, match="read-only"):
        predicted.heatmap[0, 0] = 2


def test_the_mean_of_a_map_is_the_logit_without_its_bias(lite0, views):
    deep = class_activation(lite0.classifier, lite0.graph)
    picture = torch.from_numpy(np.array(views[0])).permute(2, 0, 1)[None].float() / 255
    found = deep.map_of(picture)
    with torch.inference_mode():
        logits = lite0.classifier.network(picture)[0]
    assert found.heatmap.shape == (7, 7)
    assert found.label == int(logits.argmax())
    bias = dict(lite0.classifier.network.named_parameters())["network.classifier.bias"][found.label]
    assert float(found.heatmap.mean() + bias) == pytest.approx(float(logits.max()), abs=1e-3)


@pytest.mark.parametrize(
    "network",
    [Ending("max"), Hidden(), Toy(nn.Conv2d(3, 4, 3), 4, gain=5.0), nn.Sequential(nn.Flatten(), nn.Linear(48, 2))],
    ids=["maximum", "hidden layer", "scaled logits", "no pooling"],
)
def test_another_ending_has_no_map_and_says_so(network):
    with pytest.raises(LayerError, match=r"toy does not end in the mean of its last map and one linear layer"):
        made(network)
