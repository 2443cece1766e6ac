"""Eq. 3 and Eq. 6, worked out by hand, and the pruned model beside the sweep's own."""

import math

import numpy as np
import pytest
import torch
import toys
from torch import nn

from engine.attacks.objective import Objective, attack_loss, boxes_of
from engine.attacks.penalty import SuperficialPenalty
from engine.attacks.placing import Distortion
from engine.attacks.pruned import PrunedModel
from engine.attacks.settings import AttackSettings
from engine.pipeline import Inspector
from engine.placement import Placement
from engine.settings import Settings
from engine.superficial import to_pixels

CPU = torch.device("cpu")


class Stem(nn.Module):
    """One superficial neuron a pixel: ReLU of ``red - 2 green + bias``, behind a 1 x 1 convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 1, 1)
        self.stem.weight.data = torch.tensor([1.0, -2.0, 0.0]).reshape(1, 3, 1, 1)
        self.stem.bias.data = torch.tensor([0.25])
        self.act = nn.ReLU()
        self.fc = nn.Linear(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.act(self.stem(x)).mean((2, 3)))


def test_eq_3_is_the_mean_of_minus_log_of_the_targets_probability() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])
    loss = attack_loss(logits, torch.tensor([1, 1]), targeted=True)
    assert float(loss) == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2)


def test_untargeted_it_is_minus_log_of_what_is_left_for_the_others() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)], [0.0, 0.0]])
    loss = attack_loss(logits, torch.tensor([1, 0]), targeted=False)
    assert float(loss) == pytest.approx(-(math.log(0.25) + math.log(0.5)) / 2)


def test_untargeted_a_certain_prediction_still_has_a_gradient() -> None:
    logits = torch.tensor([[200.0, 0.0, 0.0]], requires_grad=True)
    attack_loss(logits, torch.tensor([0]), targeted=False).backward()
    assert logits.grad is not None
    assert float(logits.grad[0, 0]) == pytest.approx(1.0)


def test_eq_6s_penalty_by_hand() -> None:
    # Normalised by mean 0 and std 1, mid-grey is 0.5 in each channel: its answer is 0.5 - 1 + bias.
    inspector = Inspector(toys.classifier(Stem(), (4, 5), (0, 0, 0), (1, 1, 1)))
    penalty = SuperficialPenalty(*inspector.cut("act"), CPU)
    pixels = torch.rand(1, 3, 4, 5, requires_grad=True)
    patch = torch.tensor([[[0.5, 1.0]], [[0.5, 0.0]], [[0.0, 0.3]]])  # red, green, blue of 1 x 2 px
    patched = pixels.detach().clone()
    patched[0, :, 2:3, 3:5] = patch
    patched.requires_grad_()
    # |0.5 - 1 - (-0.5)| = 0 and |1 - 0 - (-0.5)| = 1.5, the bias in both cancelling out.
    value = penalty(patched, [(2, 3, 3, 5)])
    assert value.item() == pytest.approx(0.75)
    value.backward()
    assert patched.grad is not None
    expected = torch.zeros(3, 4, 5)
    expected[:, 2, 4] = torch.tensor([1.0, -2.0, 0.0]) / 2
    assert torch.allclose(patched.grad[0], expected, atol=1e-6)


def test_eq_6s_penalty_keeps_its_gradient_where_the_activation_is_flat() -> None:
    inspector = Inspector(toys.classifier(Stem(), (4, 5), (0, 0, 0), (1, 1, 1)))
    penalty = SuperficialPenalty(*inspector.cut("act"), CPU)
    pixels = torch.zeros(1, 3, 4, 5)
    pixels[0, 1] = 1.0  # ReLU of 0 - 2 + 0.25
    pixels.requires_grad_()
    penalty(pixels, [(0, 0, 1, 1)]).backward()
    assert pixels.grad is not None
    assert pixels.grad[0, :, 0, 0].tolist() == pytest.approx([-1.0, 2.0, 0.0])


def test_the_loss_is_eq_3_plus_alpha_times_the_penalty(toy: Inspector) -> None:
    pixels = torch.rand(2, 3, 24, 24)
    boxes, labels = [(0, 0, 5, 5), (10, 12, 15, 17)], torch.tensor([1, 1])
    settings = Settings(layer="stem")
    plain = Objective(toy, AttackSettings(target=1, precision="fp32"), settings, "cpu")
    adaptive = Objective(toy, AttackSettings(target=1, precision="fp32", alpha=2.5), settings, "cpu")
    penalty = SuperficialPenalty(*toy.cut("stem"), CPU)(pixels, boxes)
    difference = adaptive(pixels, boxes, labels)[0] - plain(pixels, boxes, labels)[0]
    assert float(difference) == pytest.approx(2.5 * float(penalty), rel=1e-5)
    assert float(penalty) > 0


@pytest.mark.parametrize("network", [toys.Toy(nn.Conv2d(3, 4, 3, padding=1), 4), toys.Skip(4)], ids=["toy", "skip"])
@pytest.mark.parametrize(("importance", "fill"), [("contrast", "neutral"), ("activation", "zero")])
def test_the_pruned_model_with_gradients_is_the_sweeps(network: nn.Module, importance: str, fill: str) -> None:
    inspector = Inspector(toys.classifier(network, 16))
    layer = "stem" if isinstance(network, toys.Toy) else "mid"
    settings = Settings(
        layer=layer,
        top=0.3,
        patch="4",
        importance=importance,
        fill=fill,
        backend="torch",  # type: ignore[arg-type]
    )
    view = toys.picture(16, 5)
    found = toys.inspect(inspector, view, **settings.as_dict())
    assert found.sweep is not None
    assert found.sweep.base is not None
    pixels = to_pixels(view).requires_grad_()
    logits = PrunedModel(inspector, settings, half=lambda: torch.autocast("cpu", enabled=False))(pixels)
    assert np.allclose(logits[0].detach().numpy(), found.sweep.base, atol=1e-5)
    logits[0, 0].backward()
    assert pixels.grad is not None
    assert bool((pixels.grad != 0).any())


def test_boxes_are_those_of_the_placements() -> None:
    placements = [Placement(3, 4), Placement(0, 1, 2.0), Placement(1, 2, 1.0, 90)]
    boxes = boxes_of((2, 5), [Distortion(at) for at in placements])
    assert boxes == [(4, 3, 6, 8), (1, 0, 5, 10), (2, 1, 7, 3)]
