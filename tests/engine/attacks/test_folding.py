"""Folding batch norms changes nothing but the time."""

import pytest
import torch
from torch import Tensor, nn

from engine.attacks.folding import folded
from engine.classifiers.graph import export_graph


class Norms(nn.Module):
    """Convolutions with batch norms behind them: with bias and without, shared, and behind something else."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.first_norm = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.second, self.second_norm = nn.Conv2d(4, 4, 3, groups=2, stride=2), nn.BatchNorm2d(4, affine=False)
        self.shared, self.shared_norm = nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)
        self.lone_norm = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 3)
        for norm in self.modules():
            if isinstance(norm, nn.BatchNorm2d):
                nn.init.uniform_(norm.running_mean, -1, 1)
                nn.init.uniform_(norm.running_var, 0.5, 2)
                if norm.affine:
                    nn.init.uniform_(norm.weight, -1, 1)
                    nn.init.uniform_(norm.bias, -1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first_norm(self.first(x)).tanh()
        x = self.second_norm(self.second(x)).tanh()
        y = self.shared(x)
        x = self.lone_norm((self.shared_norm(y) + y).tanh())
        return self.fc(x.mean((2, 3)))


def norms(module: torch.fx.GraphModule) -> int:
    return sum("batch_norm" in str(node.target) for node in module.graph.nodes)


def test_folding_keeps_logits_and_gradients() -> None:
    network = Norms().eval().requires_grad_(False)
    graph = export_graph(network, (12, 12))
    quick = folded(graph)
    assert norms(graph) == 4
    assert norms(quick) == 2  # what is used twice, or follows no convolution, stays
    answers = []
    for module in (network, quick):
        pixels = torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(1)).requires_grad_()
        logits = module(pixels)
        logits[:, 1].sum().backward()
        answers.append((logits.detach(), pixels.grad))
    for one, other in zip(*answers, strict=True):
        assert one is not None
        assert other is not None
        assert float(one.abs().max()) > 0
        assert torch.allclose(one, other, atol=1e-5)


def test_what_has_no_batch_norm_stays_as_it_is() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    network.eval()
    graph = export_graph(network, (8, 8))
    pixels = torch.rand(2, 3, 8, 8)
    assert torch.equal(folded(graph)(pixels), graph(pixels))


@pytest.mark.parametrize("batch", [1, 5])
def test_any_batch_size_goes_through(batch: int) -> None:
    quick = folded(export_graph(Norms().eval(), (12, 12)))
    assert quick(torch.rand(batch, 3, 12, 12)).shape == (batch, 3)
