"""What the objectives train is what the defenses run."""

import numpy as np
import torch
import torch.nn.functional as F

from engine.classifiers.cifar10 import CIFAR10_NETS
from engine.classifiers.preprocessing import Normalized
from engine.defenses.interval import Interval, interval_steps, margin_bounds, propagate
from engine.selection import apply_mask, select
from engine.superficial import Superficial, measure, ranked, sin_count
from engine.training.bands import Band
from engine.training.evidence import MaskedEvidence
from engine.training.interval import _margins
from engine.training.occlusion import Occlusion, window_starts
from engine.training.pruning import Pruning, _Stem
from engine.windows import AxisWindow


def network(name: str) -> Normalized:
    torch.manual_seed(0)
    row = CIFAR10_NETS[name]
    return Normalized(row.build(), row.preprocessing)


def test_pruning_keeps_the_neurons_that_inference_keeps() -> None:
    activation, grey = torch.rand(2, 1, 5, 9, 9, generator=torch.Generator().manual_seed(0))
    importance = measure(activation[0], grey[0], "contrast")
    rank, _ = ranked(importance)
    empty = np.zeros(1, np.float32)
    state = Superficial((activation,), (grey,), importance, rank, empty, empty)
    for (top, bottom), (left, right) in (((0, 4), (5, 9)), ((3, 7), (2, 6)), ((8, 9), (0, 9))):
        window = AxisWindow(((top, bottom),), (0, 0)), AxisWindow(((left, right),), (0, 0))
        out = [torch.empty_like(activation)]
        apply_mask(state, [select(state, window, sin_count(rank.numel(), 0.2), "per_window")], out)
        hidden = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
        hidden[:, :, top:bottom, left:right] = True
        assert torch.equal(Pruning(rate=0.2)._pruned(activation, grey, hidden), out[0])


def test_the_stem_is_what_a_cut_behind_it_gives() -> None:
    net = network("cifar10_resnet_sin")
    pixels = torch.rand(2, 3, 32, 32)
    stem = _Stem(net)
    activation, _ = stem(pixels)
    torch.testing.assert_close(stem.tail(activation), net(pixels))


def test_interval_training_bounds_are_those_of_the_certificate() -> None:
    net = network("cifar10_ibp").double()
    lower = torch.rand(3, 3, 32, 32, dtype=torch.float64)
    upper = (lower + 0.1).clamp(max=1)
    labels = torch.tensor([0, 4, 9])
    margins = _margins(net, lower, upper, labels)
    *steps, last = interval_steps(net.network)
    bounds = propagate(tuple(steps), Interval((lower - net.mean) / net.std, (upper - net.mean) / net.std))
    assert isinstance(last, torch.nn.Linear)
    least = margin_bounds(last, bounds)[0][torch.arange(3), labels]
    others = torch.ones(3, 10, dtype=torch.bool).scatter(1, labels[:, None], False)
    torch.testing.assert_close(margins[others], least[others])


def test_masked_evidence_takes_the_windows_away_that_the_defenses_take() -> None:
    net = network("cifar10_bagnet")
    pixels, labels = torch.rand(2, 3, 32, 32), torch.tensor([3, 7])
    evidence = net.network.evidence(net.network.features((pixels - net.mean) / net.std))  # type: ignore[operator,union-attr]
    robust, worst = [], []
    for photo, label in zip(evidence, labels, strict=True):
        total = photo.mean((1, 2))
        boxes = torch.stack([photo[:, i : i + 6, j : j + 6].sum((1, 2)) for i in range(10) for j in range(10)]) / 225
        one = total.clone()
        one[label] -= boxes[:, label].max()
        robust.append(F.cross_entropy(one, label))
        worst.append(torch.stack([F.cross_entropy(total - box, label) for box in boxes]).max())
    expected = 0.3 * torch.stack(robust).mean() + 0.7 * torch.stack(worst).mean()
    torch.testing.assert_close(MaskedEvidence().loss(net, pixels, labels, torch.Generator(), 0.9), expected)


def test_the_local_net_sees_four_pixels_a_cell() -> None:
    net = network("cifar10_bagnet").network
    for side, cells in ((1, 2), (7, 5), (9, 6)):
        pixels = torch.zeros(1, 3, 32, 32)
        pixels[:, :, 11 : 11 + side, 11 : 11 + side] = torch.nan  # from an odd start: the most cells
        touched = net.evidence(net.features(pixels)).isnan().any(1)[0]  # type: ignore[operator,union-attr]
        assert touched.shape == (15, 15)
        assert int(touched.any(1).sum()) == int(touched.any(0).sum()) == cells


def test_the_harder_square_is_trained_on() -> None:
    net = network("cifar10_resnet_occlusion")
    pixels, labels = torch.rand(16, 3, 32, 32), torch.arange(16) % 10
    easy = Occlusion(tries=1, clean=0.0)
    hard = Occlusion(tries=8, clean=0.0, hard_from=0.0)
    with torch.no_grad():
        losses = [float(one.loss(net, pixels, labels, torch.Generator().manual_seed(0), 0.0)) for one in (easy, hard)]
    assert losses[1] > losses[0]


def test_squares_of_the_score_cover_every_place_of_a_patch() -> None:
    for side, patch in ((11, 7), (13, 9)):
        starts = window_starts(32, side)
        assert all(
            any(start <= at and at + patch <= start + side for start in starts) for at in range(32 - patch + 1)
        )


def test_bands_wrap_at_the_edge() -> None:
    shown = Band()._shown(torch.rand(1, 3, 8, 8), torch.tensor([6]))
    assert (shown[0, 0, 0] >= 0).tolist() == [True, True, False, False, False, False, True, True]
