"""The network that answers for a picture and its mirror image is what it says, and stays local."""

import pytest
import torch
from torch import nn

from engine.classifiers.cifar10 import CIFAR10_NETS
from engine.classifiers.cut import cut_classifier
from engine.classifiers.footprint import probe_footprints
from engine.classifiers.graph import export_graph
from engine.classifiers.hidden_pixels import HIDDEN, HiddenPixels
from engine.classifiers.nets.mirrored import mirrored
from engine.classifiers.nets.residual_net import ResidualNet
from engine.settings import Settings


def _net(**options: object) -> ResidualNet:
    torch.manual_seed(0)
    net = ResidualNet(widths=(4, 6, 8, 10), **options)  # type: ignore[arg-type]
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean):
                assert tensor is not None
                nn.init.uniform_(tensor, 0.2, 1.0)
    return net.eval()


@pytest.mark.parametrize("options", [{}, {"channels": 6, "first": HiddenPixels()}])
@torch.no_grad()
def test_its_logits_are_the_mean_over_a_picture_and_its_mirror_image(options: dict[str, object]) -> None:
    """In double precision nothing but that mean is left; hidden pixels are hidden in both."""
    net = _net(**options).double()
    twin = mirrored(net).double()
    pictures = torch.rand(5, 3, 32, 32, dtype=torch.float64)
    pictures[0, :, :, 3:9] = HIDDEN
    wanted = (net(pictures) + net(pictures.flip(3))) / 2
    assert not torch.allclose(net(pictures), net(pictures.flip(3)))
    assert torch.allclose(twin(pictures), wanted, rtol=1e-9, atol=1e-12)


@torch.no_grad()
def test_the_stem_keeps_its_place() -> None:
    """The first half of the superficial layer is the network's own, the second is mirrored back to its place."""
    net = _net()
    twin = mirrored(net)
    pictures = torch.rand(2, 3, 32, 32)
    own, other = twin.stem(pictures).chunk(2, 1)
    assert torch.allclose(own, net.stem(pictures), atol=1e-6)
    assert torch.allclose(other, net.stem(pictures.flip(3)).flip(3), atol=1e-6)


@torch.no_grad()
def test_the_former_network_is_left_as_it_was() -> None:
    """And the twin takes its mode."""
    net = _net().train()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    twin = mirrored(net)
    assert twin.training
    nn.init.zeros_(twin.stem[0].weight)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())


@pytest.mark.parametrize("layer", ["1", "2", "3"])
@torch.no_grad()
def test_nothing_inside_a_patch_reaches_beyond_its_footprint(layer: str) -> None:
    """Noise, extremes, infinities and NaN, at random places and in every corner: all else stays bit for bit."""
    made = CIFAR10_NETS["cifar10_resnet_sin"].load(Settings(model="cifar10_resnet_sin"))
    cut = cut_classifier(made, export_graph(made.network, (32, 32)), layer)
    footprints = probe_footprints(cut)
    draw = torch.Generator().manual_seed(0)
    corners = [(top, left) for top in (0, 25) for left in (0, 25)]
    places = corners + torch.randint(0, 26, (20, 2), generator=draw).tolist()
    photo = torch.rand(1, 3, 32, 32, generator=draw)
    (before,) = cut.head(photo)
    for index, (top, left) in enumerate(places):
        for content in (torch.rand(3, 7, 7, generator=draw), float("nan"), float("inf"), 1e30, -1.0, index % 2):
            patched = photo.clone()
            patched[0, :, top : top + 7, left : left + 7] = content
            (after,) = cut.head(patched)
            moved = ~((before == after) | (before.isnan() & after.isnan())).all(1)[0]
            rows, columns = footprints.rows[0].strip(top, top + 7), footprints.columns[0].strip(left, left + 7)
            moved[slice(*rows), slice(*columns)] = False
            assert not moved.any()


@pytest.mark.parametrize("name", [name for name in CIFAR10_NETS if "resnet" in name])
@torch.no_grad()
def test_the_shipped_residual_networks_do_not_care_which_way_round_a_photo_is(name: str) -> None:
    """Loaded, each gives a photo and its mirror image the same logits."""
    network = CIFAR10_NETS[name].load(Settings(model=name)).network
    photo = torch.rand(3, 3, 32, 32)
    assert torch.allclose(network(photo), network(photo.flip(3)), atol=1e-4)
