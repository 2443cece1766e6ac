"""A network as one functional graph: batches of any size, no in-place operations, every call by name."""

import logging
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx import Interpreter
from toys import Toy, classifier

from engine.classifiers.graph import export_graph, layer_nodes, tensor_value
from engine.errors import ModelError


class Body(nn.Module):
    """A stem, something that subclasses do to its output, and a tail; ``act`` works in place."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.mid = nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 3)

    def between(self, x: Tensor) -> Tensor:
        return self.act(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.mid(self.between(self.stem(x))).mean((2, 3)))


class InPlace(Body):
    def between(self, x):
        y = self.act(x)
        return y + x  # x itself was changed by then


class InPlaceArithmetic(Body):
    def between(self, x):
        y = x
        x += 1.0
        x *= 0.5
        x.sub_(0.25).clamp_(-0.5, 0.5)
        return x + y


class HardTanh(Body):
    def between(self, x):
        return F.hardtanh_(x, 0.0, 6.0)


class Assigned(Body):
    def between(self, x):
        x[:, :2] = 0.0
        x[:, :, 2:5, 1:3] *= 2.0
        return x


class ViewBefore(Body):
    def between(self, x):
        rows = x.view(x.shape[0], 4, -1)
        x.relu_()
        return x + rows.mean(2)[:, :, None, None]


class Chunked(Body):
    def between(self, x):
        half, _ = x.chunk(2, 1)
        half.relu_()
        return x


class Split(Body):
    def between(self, x):
        x.split(1, 1)[2].mul_(3.0)
        return x


class Unbound(Body):
    def between(self, x):
        x.unbind(1)[0].relu_()
        return x


class Narrowed(Body):
    def between(self, x):
        x.narrow(1, 0, 2).mul_(3.0)
        return x


class Moved(Body):
    def between(self, x):
        x.movedim(1, 3).add_(1.0)
        return x


class Unflattened(Body):
    def between(self, x):
        x.unflatten(1, (2, 2)).relu_()
        return x


class Detached(Body):
    def between(self, x):
        x.detach().relu_()
        return x


class ViewedAs(Body):
    def between(self, x):
        x.view_as(x).relu_()
        return x


class Diagonal(Body):
    def between(self, x):
        x.diagonal(dim1=2, dim2=3).zero_()
        return x


class ViewOfView(Body):
    def between(self, x):
        deep = x.view(x.shape[0], 2, 2, 12, 12).flatten(1, 2).flatten(2)
        x.relu_()
        return x + deep.mean(2)[:, :, None, None]


MUTATIONS = [
    Body,
    InPlace,
    InPlaceArithmetic,
    HardTanh,
    Assigned,
    ViewBefore,
    Chunked,
    Split,
    Unbound,
    Narrowed,
    Moved,
    Unflattened,
    Detached,
    ViewedAs,
    Diagonal,
    ViewOfView,
]


@pytest.mark.parametrize("network", MUTATIONS, ids=lambda kind: kind.__name__)
def test_the_graph_computes_what_the_network_computes(network):
    """In-place operations, through views of every kind, do the same in the graph, node by node and as a module."""
    made = classifier(network(), 12)
    graph = export_graph(made.network, (12, 12))
    for batch in (1, 2, 5):
        pixels = torch.rand(batch, 3, 12, 12)
        with torch.no_grad():
            wanted = made.network(pixels.clone())
            assert torch.equal(Interpreter(graph).run(pixels.clone()), wanted)
            assert torch.equal(graph(pixels.clone()), wanted)


# What may hand its input on as it is, so that an in-place change of the one is a change of the other.
ALIASES = {
    "dropout": lambda x: F.dropout(x, 0.5, training=False),
    "dropout of channels": lambda x: F.dropout2d(x, 0.5, training=False),
    "alpha dropout": lambda x: F.alpha_dropout(x, 0.5, training=False),
    "reshape": lambda x: x.reshape(x.shape),
    "contiguous": lambda x: x.contiguous(),
    "to": lambda x: x.to(torch.float32),
    "float": lambda x: x.float(),
    "expand_as": lambda x: x.expand_as(x),
    "flatten nothing": lambda x: x.flatten(1, 1),
    "squeeze nothing": lambda x: x.squeeze(0),
    "transposed twice": lambda x: x.transpose(2, 3).transpose(2, 3),
    "slice of all": lambda x: x[:],
    "identity": lambda x: nn.Identity()(x),
}


class Aliased(Body):
    """An alias of the stem's output is changed in place, and the output used afterwards."""

    def __init__(self, alias) -> None:
        super().__init__()
        self.alias = alias

    def between(self, x):
        self.alias(x).relu_()
        return x


@pytest.mark.parametrize("name", ALIASES)
def test_a_change_through_an_alias_is_a_change(name):
    made = classifier(Aliased(ALIASES[name]), 12)
    graph = export_graph(made.network, (12, 12))
    pixels = torch.rand(3, 3, 12, 12)
    with torch.no_grad():
        assert torch.equal(Interpreter(graph).run(pixels.clone()), made.network(pixels.clone()))


@pytest.mark.parametrize("network", [Body, InPlace, InPlaceArithmetic, Assigned], ids=lambda kind: kind.__name__)
def test_no_operation_of_the_graph_changes_a_tensor(network):
    made = classifier(network(), 12)
    graph = export_graph(made.network, (12, 12))
    mutable = [
        node for node in graph.graph.nodes if getattr(getattr(node.target, "_schema", None), "is_mutable", False)
    ]
    assert mutable == []
    pixels = torch.rand(2, 3, 12, 12)
    before = pixels.clone()
    Interpreter(graph).run(pixels)
    assert torch.equal(pixels, before)


def test_every_batch_size_has_the_same_rows():
    made = classifier(Toy(nn.Conv2d(3, 4, 3), 4), 9)
    graph = export_graph(made.network, (9, 9))
    pixels = torch.rand(7, 3, 9, 9)
    with torch.no_grad():
        whole = graph(pixels)
        for batch in (1, 2, 3):
            torch.testing.assert_close(graph(pixels[:batch]), whole[:batch], rtol=0, atol=1e-6)


class Branching(Body):
    def between(self, x):
        return x if x.mean() > 0 else -x


def test_control_flow_that_depends_on_the_photo_is_refused_in_one_sentence():
    made = classifier(Branching(), 12)
    with pytest.raises(ModelError) as caught:
        export_graph(made.network, (12, 12))
    assert "The network Branching cannot be turned into a graph" in str(caught.value)
    assert "data-dependent control flow" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_torch_says_nothing_of_a_network_that_it_cannot_follow(capfd: pytest.CaptureFixture[str]):
    loggers = [
        logging.getLogger(name) for name in ("torch", "torch._dynamo", "torch.fx.experimental.symbolic_shapes")
    ]
    loggers[1].setLevel(logging.INFO)  # as TORCH_LOGS=dynamo leaves it
    before = [logger.level for logger in loggers]
    stderr = sys.stderr
    try:
        with pytest.raises(ModelError):
            export_graph(classifier(Branching(), 12).network, (12, 12))
        assert [logger.level for logger in loggers] == before
        assert sys.stderr is stderr
    finally:
        loggers[1].setLevel(logging.NOTSET)
    assert capfd.readouterr() == ("", "")


class WithoutGradients(Body):
    """``no_grad`` in a forward pass: nothing changes, and its layers have to stay visible."""

    def forward(self, x):
        with torch.no_grad():
            x = self.act(self.stem(x))
            y = self.fc(self.mid(x).mean((2, 3)))
        return y + 1.0


def test_a_region_without_gradients_is_seen_through():
    made = classifier(WithoutGradients(), 12)
    graph = export_graph(made.network, (12, 12))
    pixels = torch.rand(2, 3, 12, 12)
    with torch.no_grad():
        torch.testing.assert_close(graph(pixels), made.network(pixels), rtol=0, atol=1e-6)
    assert {"stem", "act", "mid", "fc"} <= set(layer_nodes(graph.graph))


class ManyCalls(Body):
    """``act`` is called three times, with other modules in between."""

    def forward(self, x):
        x = self.act(self.stem(x))
        x = self.act(self.mid(x))
        x = self.act(self.mid(x))
        return self.fc(x.mean((2, 3)))


def test_a_module_called_several_times_stands_under_each_call():
    graph = export_graph(classifier(ManyCalls(), 12).network, (12, 12)).graph
    layers = layer_nodes(graph)
    assert {"act", "act#1", "act#2", "act#3", "mid", "mid#1", "mid#2", "stem", "fc"} == set(layers)
    assert layers["act"] is layers["act#3"]
    order = [layers[name] for name in ("stem", "act#1", "mid#1", "act#2", "mid#2", "act#3", "fc")]
    assert order == [node for node in graph.nodes if node in order]


class BackToBack(Body):
    """``act`` is called twice with nothing in between."""

    def forward(self, x):
        return self.fc(self.mid(self.act(self.act(self.stem(x)) - 0.5)).mean((2, 3)))


class Twice(Body):
    def forward(self, x):
        return self.fc(self.mid(self.act(self.act(self.stem(x)))).mean((2, 3)))


def test_calls_with_an_operation_between_are_told_apart():
    layers = layer_nodes(export_graph(classifier(BackToBack(), 12).network, (12, 12)).graph)
    assert layers["act#1"] is not layers["act#2"]


def test_calls_with_nothing_between_are_told_apart():
    layers = layer_nodes(export_graph(classifier(Twice(), 12).network, (12, 12)).graph)
    assert {"act#1", "act#2"} <= set(layers)
    assert layers["act#1"] is not layers["act#2"]


def test_layers_come_in_the_order_of_the_graph_without_our_own_names():
    graph = export_graph(classifier(Toy(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), 4), 9).network, (9, 9)).graph
    layers = layer_nodes(graph)
    assert list(layers) == ["stem.0", "stem", "stem.1", "mid", "fc"] or list(layers) == [
        "stem.0",
        "stem.1",
        "stem",
        "mid",
        "fc",
    ]
    assert layers["stem"] is layers["stem.1"]
    assert all(tensor_value(node) is not None for node in layers.values())
