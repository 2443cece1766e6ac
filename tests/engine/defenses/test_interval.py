"""Interval bounds hold what any patch can bring about, and refuse what they cannot pass."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from defended import CLASSES, SIZE, plain, subject
from torch import nn
from toys import HALF, classifier, picture, square_threat

from engine.defenses import Subject, make_defense
from engine.defenses.ibp import _patched
from engine.defenses.interval import Interval, interval_steps, margin_bounds, propagate
from engine.errors import ModelError
from engine.pipeline import Inspector
from engine.settings import Settings
from engine.superficial import to_pixels

THREAT = square_threat(3, SIZE)
SLACK = 1e-9


def saturating() -> nn.Sequential:
    """Local features between 0 and 6, their means over squares, and a linear layer."""
    torch.manual_seed(5)
    side = (SIZE - 3) // 3
    net = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU6(), nn.Conv2d(6, 5, 1), nn.ReLU6(), nn.AvgPool2d(3), nn.Flatten())
    with torch.no_grad():
        net[0].weight.mul_(8)  # so that features reach 6
    return net.append(nn.Linear(5 * side * side, CLASSES))


@pytest.mark.parametrize(
    "make",
    [lambda: plain(seed=2), lambda: plain(seed=2, bias=False), saturating],
    ids=["bias", "no bias", "saturating"],
)
def test_patches_stay_inside(make: Callable[[], nn.Sequential]) -> None:
    """Noise and the corners of the box, at every layer and place; margins by location below every true margin."""
    net = make().double()
    steps = interval_steps(net)
    pixels = to_pixels(picture(SIZE, seed=1)).double()
    network = classifier(make(), SIZE, HALF, HALF).network
    bounds = _patched(network.double(), pixels, THREAT, np.arange(100))
    draw = torch.Generator().manual_seed(0)
    places = list(itertools.product(range(THREAT.places[0]), range(THREAT.places[1])))
    chosen = [0, 9, 47, 90, 99]
    for place in chosen:
        row, column = places[place]
        patched = pixels.repeat(64, 1, 1, 1)
        content = torch.rand(64, 3, 3, 3, generator=draw, dtype=torch.float64)
        content[:32] = content[:32].round()  # corners
        patched[:, :, row : row + 3, column : column + 3] = content
        x = (patched - 0.5) / 0.5
        inside = Interval(bounds.lower[place : place + 1], bounds.upper[place : place + 1])
        assert bool((x >= inside.lower - SLACK).all() and (x <= inside.upper + SLACK).all())
        least, _ = margin_bounds(steps[-1], propagate(steps[:-1], inside))
        for step in steps:
            x, inside = step(x), propagate((step,), inside)
            assert bool((x >= inside.lower - SLACK).all() and (x <= inside.upper + SLACK).all())
        for label in range(CLASSES):
            true = x[:, [label]] - x
            true[:, label] = torch.inf
            assert bool((true >= least[0, label] - SLACK).all())


def test_bounds_without_a_patch_are_the_logits() -> None:
    net = plain(seed=3).double()
    steps = interval_steps(net)
    x = torch.rand(2, 3, SIZE, SIZE, dtype=torch.float64)
    bounds = propagate(steps, Interval(x, x))
    assert torch.allclose(bounds.lower, net(x))
    assert torch.allclose(bounds.upper, net(x))
    least, _ = margin_bounds(steps[-1], propagate(steps[:-1], Interval(x, x)))
    logits = net(x)
    assert torch.allclose(least[:, 0, 1:], logits[:, :1] - logits[:, 1:])


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (nn.BatchNorm2d(3), "not BatchNorm2d"),
        (nn.MaxPool2d(2), "not MaxPool2d"),
        (nn.GELU(), "not GELU"),
        (nn.Dropout(), "not Dropout"),
        (nn.Conv2d(3, 3, 3, padding_mode="circular"), "padded with zeros, not circular"),
        (nn.Flatten(2), "all but the batch"),
    ],
)
def test_other_layers_are_refused(layer: nn.Module, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        interval_steps(nn.Sequential(layer, nn.Flatten(), nn.Linear(4, 2)))


def test_disguised_layers_are_refused() -> None:
    class Doubled(nn.ReLU):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(x)

    hooked = nn.ReLU()
    hooked.register_forward_hook(lambda *answer: answer[-1] * 2)
    for layer, sentence in ((Doubled(), "not Doubled"), (hooked, "hooks of ReLU")):
        with pytest.raises(ModelError, match=sentence):
            interval_steps(nn.Sequential(layer, nn.Linear(4, 2)))
    with pytest.raises(ModelError, match="ends in a linear layer"):
        interval_steps(nn.Sequential(nn.Linear(4, 2), nn.ReLU()))


def test_a_margin_of_zero_is_not_certified() -> None:
    """Two equal rows in the last layer: the margin is exactly 0 everywhere."""
    net = plain()
    with torch.no_grad():
        net[-1].weight.zero_()
        net[-1].bias.zero_()
    made = Subject(Inspector(classifier(net, SIZE)), Settings(backend="torch"))
    result = make_defense("ibp:complete=true")(made, picture(SIZE), THREAT, 0)
    assert result.certificate.certified_places == 0
    assert result.min_margin == 0.0


def test_chunks_do_not_matter() -> None:
    view = picture(SIZE, seed=4)
    small, large = (
        make_defense(f"ibp:complete=true:chunk={chunk}").tables(subject("plain"), view, THREAT) for chunk in (7, 1000)
    )
    assert np.allclose(small.margins, large.margins, atol=1e-9)
    assert np.array_equal(small.sure, large.sure)


def test_ended_early_it_certifies_the_same() -> None:
    """A photo is certified with the places that were asked for if, and only if, it is with all of them."""
    certified = ended = 0
    for seed in range(12):
        made = subject("plain", seed % 3)
        view, threat = picture(SIZE, seed=seed), square_threat(1 + seed % 2, SIZE)
        whole, short = (make_defense(f"ibp:chunk=5{more}") for more in (":complete=true", ""))
        tables, fewer = (defense.tables(made, view, threat) for defense in (whole, short))
        one, other = whole.judge(tables, threat), short.judge(fewer, threat)
        assert (one.certificate.holds, one.output) == (other.certificate.holds, other.output)
        asked = np.isfinite(fewer.margins[:, 0])
        assert np.array_equal(fewer.sure[asked], tables.sure[asked])
        assert np.allclose(fewer.margins[asked], tables.margins[asked], atol=1e-9)
        assert not fewer.sure[~asked].any()
        assert fewer.passes == 1 + 2 * asked.sum()
        certified += one.certificate.holds
        ended += not asked.all()
    assert certified
    assert ended
