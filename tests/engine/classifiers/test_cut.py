"""The cut: ``tail(*head(x)) == model(x)`` at any layer of any architecture, or a refusal that says why."""

from collections.abc import Callable

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn
from torch.fx import GraphModule
from toys import ChannelsLast, Skip, Toy, classifier, cut

from engine.classifiers import Classifier, load_classifier
from engine.classifiers.cut import CutClassifier, cut_classifier, layer_names, resolve_layer
from engine.classifiers.graph import export_graph
from engine.errors import LayerError
from engine.settings import Settings

SIDE = 64

# Name, network with random weights, and layers: (asked for, crossing tensors, first layout).
NCHW, NHWC = (0, 1, 2, 3), (0, 3, 1, 2)
ARCHITECTURES: dict[str, tuple[Callable[[], nn.Module], list[tuple[str, int, tuple[int, ...]]]]] = {
    "efficientnet_lite0": (
        lambda: timm.create_model("tf_efficientnet_lite0"),
        [("bn1", 1, NCHW), ("blocks.1.1.bn2", 2, NCHW), ("blocks.0.0", 1, NCHW), ("input", 1, NCHW)],
    ),
    "resnet18": (
        torchvision.models.resnet18,
        [("relu", 1, NCHW), ("layer1.0.relu#1", 2, NCHW), ("layer1.0", 1, NCHW)],
    ),
    "resnet50": (torchvision.models.resnet50, [("relu", 1, NCHW), ("layer1.0.relu#2", 2, NCHW)]),
    "densenet121": (
        torchvision.models.densenet121,
        [("features.relu0", 1, NCHW), ("features.denseblock1.denselayer2.conv1", 3, NCHW)],
    ),
    "convnext": (
        torchvision.models.convnext_tiny,
        [("features.0", 1, NCHW), ("features.1.0.block.4", 2, NHWC)],
    ),
    "vit": (lambda: timm.create_model("vit_tiny_patch16_224", img_size=SIDE), [("patch_embed.proj", 1, NCHW)]),
    "mobilenet_v3": (
        torchvision.models.mobilenet_v3_small,
        [("features.0", 1, NCHW), ("features.2.block.0", 1, NCHW), ("features.3.block.1", 2, NCHW)],
    ),
}


@pytest.fixture(scope="module", params=ARCHITECTURES)
def exported(request) -> tuple[str, Classifier, GraphModule]:
    """An architecture with random weights and running statistics, and its graph."""
    torch.manual_seed(0)
    network = ARCHITECTURES[request.param][0]()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    made = classifier(network, SIDE, name=request.param)
    return request.param, made, export_graph(made.network, (SIDE, SIDE))


def assert_equal_to_model(made: Classifier, at: CutClassifier, batches: tuple[int, ...] = (1, 2, 5)) -> None:
    """``tail(*head(x)) == model(x)`` for some batch sizes, within 1e-5 of the largest logit."""
    for batch in batches:
        pixels = torch.rand(batch, 3, *at.input_size, generator=torch.Generator().manual_seed(batch))
        before = pixels.clone()
        with torch.no_grad():
            wanted = made.network(pixels.clone())
        crossing = at.head(pixels)
        assert torch.equal(pixels, before)
        assert [tuple(tensor.shape) for tensor in crossing] == [(batch, *shape) for shape in at.shapes]
        kept = [tensor.clone() for tensor in crossing]
        torch.testing.assert_close(at.tail(*crossing), wanted, rtol=1e-5, atol=1e-5)
        assert all(map(torch.equal, crossing, kept)), "the tail changed its inputs"


def test_tail_of_head_is_the_model(exported):
    name, made, graph = exported
    for layer, tensors, layout in ARCHITECTURES[name][1]:
        at = cut_classifier(made, graph, layer)
        assert at.layer == layer
        assert len(at.shapes) == tensors, f"{layer}: {at.shapes}"
        assert at.layouts[0] == layout
        assert_equal_to_model(made, at)


def test_usual_layers_are_maps_in_order(exported):
    name, made, graph = exported
    names = layer_names(graph)
    usual = [resolve_layer(made, graph, "1")]
    assert usual[0] in names
    if name != "vit":
        usual += [resolve_layer(made, graph, number) for number in ("2", "3")]
    assert sorted(usual, key=names.index) == usual
    assert len(set(usual)) == len(usual)


def test_the_embedded_classifier_with_its_weights():
    made = load_classifier(Settings())
    graph = export_graph(made.network, made.preprocessing.input_size)
    for layer in ("1", "2", "3", "blocks.1.1.bn2"):
        assert_equal_to_model(made, cut_classifier(made, graph, layer), batches=(2,))


@pytest.mark.parametrize("size", [9, (8, 12)])
@pytest.mark.parametrize(
    ("network", "layer"), [(Skip, "mid"), (Skip, "stem"), (ChannelsLast, "act"), (ChannelsLast, "norm")]
)
def test_toys(network, layer, size):
    made = classifier(network(), size)
    at = cut_classifier(made, export_graph(made.network, made.preprocessing.input_size), layer)
    assert_equal_to_model(made, at, batches=(1, 3))


def test_channels_last_is_turned_into_channels_first():
    at = cut(ChannelsLast(), (8, 12), "act")
    assert at.layouts == (NHWC, NCHW)
    assert at.shapes == ((8, 4, 6), (6, 4, 6))


@pytest.mark.parametrize("size", [10, 11, 12, 13, (10, 12)])
def test_a_layout_is_found_though_strides_pass_over_the_middle_line(size):
    """With windows of two lines every three, one line in three is read by no cell."""
    at = cut(Toy(nn.Conv2d(3, 4, 2, stride=3), 4), size)
    assert at.layouts == (NCHW,)


@pytest.mark.parametrize("padding", [(1, 1, 1, 1), (0, 1, 0, 1), (2, 0, 0, 0)])
def test_a_layout_is_found_though_a_border_sees_nothing(padding):
    """TensorFlow's "same" padding as a module of its own leaves constant cells at the border."""
    at = cut(Toy(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ZeroPad2d(padding)), 4), 10)
    assert at.layouts == (NCHW,)
    assert_equal_to_model(at.classifier, at)


def test_the_superficial_layer_comes_first():
    at = cut(Skip(channels=3, stride=2), 8, "mid")
    assert at.shapes[0] == (3, 4, 4)
    assert len(at.shapes) == 2


class InPlaceBehind(nn.Module):
    """The cut at ``stem`` is followed by an activation in place, and the tensor is needed again."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.Hardtanh(-0.2, 0.2, inplace=True)
        self.mid = nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.act(x)
        return self.fc((self.act(self.mid(y)) + x).mean((2, 3)))


@pytest.mark.parametrize("layer", ["stem", "act#1", "mid", "act#2", "act"])
def test_activations_in_place(layer):
    made = classifier(InPlaceBehind(), 9)
    at = cut_classifier(made, export_graph(made.network, (9, 9)), layer)
    assert_equal_to_model(made, at)


def test_what_the_head_gives_belongs_to_the_caller():
    """Overwriting it changes neither the photo, nor the next answer, nor the neutral response."""
    for network, layer in ((Skip(), "mid"), (ChannelsLast(), "act"), (Toy(nn.Conv2d(3, 4, 3), 4), "input")):
        at = cut(network, 8, layer)
        pixels = torch.rand(1, 3, 8, 8)
        before, grey = pixels.clone(), torch.full((1, 3, 8, 8), 0.5)
        first = at.head(pixels)
        wanted = [tensor.clone() for tensor in first]
        neutral = [tensor.clone() for tensor in at.head(grey)]
        for tensor in (*first, *at.head(grey)):
            tensor.fill_(torch.nan)
        assert torch.equal(pixels, before)
        assert all(map(torch.equal, at.head(pixels), wanted))
        assert all(map(torch.equal, at.head(grey), neutral))
        addresses = {tensor.data_ptr() for tensor in (*at.head(pixels), *at.head(pixels))}
        assert pixels.data_ptr() not in addresses


class Constant(Toy):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 3, padding=1), 4)
        self.table = nn.Conv2d(4, 4, 1)
        self.register_buffer("grid", torch.rand(1, 4, 8, 8))

    def forward(self, x):
        return self.fc((self.stem(x) + self.table(self.grid)).mean((2, 3)))


class Stemmed(Toy):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 3, padding=1), 4)


class Unused(Stemmed):
    def forward(self, x):
        x = self.stem(x)
        _ = self.mid(x)
        return self.fc(x.mean((2, 3)))


class Pooled(Stemmed):
    """Beside the map, the mean over the image crosses: it is not a map."""

    def forward(self, x):
        mean = x.mean((2, 3)) @ torch.ones(3, 4)
        return self.fc(self.mid(self.stem(x)).mean((2, 3)) + mean)


def refusal(network: nn.Module, layer: str, name: str = "toy") -> str:
    """The message of the LayerError, checked to be one sentence."""
    made = classifier(network, 8, name=name)
    graph = export_graph(made.network, (8, 8))
    with pytest.raises(LayerError) as caught:
        cut_classifier(made, graph, layer)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_an_unknown_layer_offers_near_names():
    text = refusal(Skip(), "midd")
    assert "no layer 'midd'" in text
    assert "mid" in text.split("nearest:")[1]


def test_a_superficial_layer_beyond_the_last_names_the_usual_ones():
    assert "1 to 3 (relu, layer1.0.relu#1, layer1.0.relu#2)" in refusal(
        torchvision.models.resnet18(), "7", "torchvision:resnet18"
    )
    assert "no superficial layer 0" in refusal(Skip(), "0")


def test_a_number_is_a_usual_layer_and_never_a_module_of_that_name():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    made = classifier(network, 12)
    graph = export_graph(made.network, (12, 12))
    assert layer_names(graph)[:4] == ("input", "module:0", "module:1", "module:2")
    first, second, as_module = (cut_classifier(made, graph, name) for name in ("1", "module:2", "module:1"))
    assert first.layer == second.layer == "module:2"
    assert as_module.layer == "module:1"
    for at in (first, as_module):
        assert cut_classifier(made, graph, at.layer).signature == at.signature
    pixels = torch.rand(1, 3, 12, 12)
    with torch.no_grad():
        assert torch.equal(as_module.head(pixels)[0].relu(), first.head(pixels)[0])
    assert "no superficial layer 3" in refusal(network, "3")
    assert "no superficial layer 111" in refusal(network, "1" * 5000)
    assert "no layer '²'" in refusal(network, "²")


class NamesItsInput(Toy):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 3, padding=1), 4)
        self.add_module("input", nn.Conv2d(3, 3, 3, padding=1))

    def forward(self, x):
        return super().forward(self.input(x))


def test_input_is_the_pixels_though_a_module_has_that_name():
    assert cut(NamesItsInput(), 8, "input").shapes == ((3, 8, 8),)
    pixels = torch.rand(1, 3, 8, 8)
    assert not torch.equal(cut(NamesItsInput(), 8, "module:input").head(pixels)[0], pixels)
    assert cut(NamesItsInput(), 8, "module:stem").layer == "stem"


def test_a_layer_that_is_not_a_map():
    assert "no layer 'fc'" in refusal(Skip(), "fc")
    tokens = timm.create_model("vit_tiny_patch16_224", img_size=32, depth=1)
    made = classifier(tokens, 32)
    with pytest.raises(LayerError, match=r"no layer 'blocks\.0\.norm1'"):
        cut_classifier(made, export_graph(made.network, (32, 32)), "blocks.0.norm1")


def test_a_layer_that_does_not_depend_on_the_photo():
    assert "does not depend on the photo" in refusal(Constant(), "table")


def test_a_layer_that_does_not_reach_the_logits():
    assert "mid" in refusal(Unused(), "mid")


def test_something_beside_the_map_that_is_none():
    assert "not a map" in refusal(Pooled(), "stem")


class ChangesType(Stemmed):
    """Half precision behind ``stem``, as mixed-precision networks write it out by hand."""

    def __init__(self, kind: torch.dtype) -> None:
        super().__init__()
        self.act = nn.ReLU()
        self.kind = kind

    def forward(self, x):
        x = self.act(self.stem(x).to(self.kind)) * 2
        return self.fc(x.mean((2, 3)).float())


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64], ids=str)
def test_what_crosses_is_in_single_precision(kind):
    assert f"is in {str(kind).removeprefix('torch.')}," in refusal(ChangesType(kind), "act")
    at = cut(ChangesType(kind), 8, "stem")
    pixels = torch.rand(2, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(at.tail(*at.head(pixels)), at.classifier.network(pixels))


def test_a_signature_tells_networks_apart_that_share_their_weights():
    """Caches rest on it: equal weights do not make equal networks."""
    plain = cut(Toy(nn.Conv2d(3, 4, 3, padding=1), 4), 9)
    again = cut(Toy(nn.Conv2d(3, 4, 3, padding=1), 4), 9)
    dilated = cut(Toy(nn.Conv2d(3, 4, 3, padding=2, dilation=2), 4), 9)
    louder = cut(Toy(nn.Conv2d(3, 4, 3, padding=1), 4, gain=2.0), 9)
    other = cut(Toy(nn.Conv2d(3, 4, 3, padding=1), 4, seed=1), 9)
    behind = cut(Toy(nn.Conv2d(3, 4, 3, padding=1), 4), 9, "mid")
    assert plain.classifier.weights_sha256 == dilated.classifier.weights_sha256
    assert plain.signature == again.signature
    assert len({one.signature for one in (plain, dilated, louder, other, behind)}) == 5


class Buffers(Toy):
    """Numbers that a state dict does not hold: a plain tensor and a buffer that is not kept."""

    def __init__(self, plain: float = 1.0, unkept: float = 1.0) -> None:
        super().__init__(nn.Conv2d(3, 4, 3, padding=1), 4)
        self.plain = torch.tensor([plain])
        self.register_buffer("unkept", torch.tensor([unkept]), persistent=False)

    def forward(self, x):
        return super().forward(x * self.unkept) * self.plain


def test_a_signature_holds_numbers_outside_the_state_dict():
    signatures = {cut(Buffers(*values), 9).signature for values in ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0))}
    assert len(signatures) == 3
