"""Graphs kept on disk: the same as exported ones, and never used in any doubt."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.fx import GraphModule
from toys import ChannelsLast, Skip, Toy, classifier

from engine.backends import OpenVinoBackend
from engine.classifiers import graph_cache
from engine.classifiers.classifier import Classifier
from engine.classifiers.cut import CutClassifier, cut_classifier, layer_names
from engine.classifiers.footprint import probe_footprints
from engine.classifiers.graph import export_graph
from engine.classifiers.graph_cache import load_graph

SIDE = 12


class Swapped(Toy):
    """Modules, weights and names of a ``Toy``; another forward pass."""

    def forward(self, x):
        return self.fc(self.mid(self.stem(x).relu() * 0.5).relu().mean((2, 3)))


class Constant(Toy):
    """Adds numbers that the export lifts out of the code."""

    def forward(self, x):
        return super().forward(x) + torch.tensor([1.0, 2.0, 3.0])


class Branches(nn.Module):
    """Slices, splits, sizes, types and infinite numbers among the arguments."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x).clamp(-float("inf"), 6.0)
        one, two = x[:, :, 1:-1].split(2, 1)
        joined = torch.cat([one.to(torch.float64).float(), two.reshape(x.shape[0], 2, -1, x.shape[3])], 1)
        return self.fc(joined.mean((2, 3)))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "plain": lambda: Toy(nn.Conv2d(3, 4, 3), 4),
    "batch norm": lambda: Toy(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True)), 4),
    "two crossing": lambda: Skip(stride=2),
    "channels last": ChannelsLast,
    "branches": Branches,
}


def openvino_answer(at: CutClassifier) -> np.ndarray:
    """What OpenVINO makes of a tail, for one batch drawn at random."""
    backend, draw = OpenVinoBackend(at), torch.Generator().manual_seed(0)
    for own, shape in zip(backend.inputs(), at.shapes, strict=True):
        own.copy_(torch.randn(backend.batch, *shape, generator=draw))
    return backend.run().copy()


def published(network: nn.Module, code: str = "toys 1.0") -> Classifier:
    """A network as if it came from a library."""
    return replace(classifier(network, SIDE), code=code)


def stored(folder: Path) -> list[Path]:
    return sorted((folder / "graphs").glob("*"))


def no_export(*_: object) -> GraphModule:
    raise AssertionError("exported again")


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_read_back_is_what_was_exported(name, fresh_cache, monkeypatch):
    fresh = export_graph(published(NETWORKS[name]()).network, (SIDE, SIDE))
    load_graph(published(NETWORKS[name]()))
    assert len(stored(fresh_cache)) == 1
    monkeypatch.setattr(graph_cache, "export_graph", no_export)
    again = published(NETWORKS[name]())
    read = load_graph(again)
    assert str(read.graph) == str(fresh.graph)
    assert layer_names(read) == layer_names(fresh)
    pixels = torch.rand(3, 3, SIDE, SIDE)
    with torch.inference_mode():
        assert torch.equal(read(pixels), again.network(pixels))
    layer = layer_names(fresh)[1]
    cuts = [cut_classifier(again, graph, layer) for graph in (fresh, read)]
    assert cuts[0].signature == cuts[1].signature
    assert cuts[0].shapes == cuts[1].shapes
    assert cuts[0].layouts == cuts[1].layouts
    assert cuts[0].head_operations == cuts[1].head_operations
    probed = [probe_footprints(at).rows[0] for at in cuts]
    assert np.array_equal(probed[0].first, probed[1].first)
    assert np.array_equal(probed[0].last, probed[1].last)


@pytest.mark.parametrize("name", ["batch norm", "two crossing", "channels last"])
def test_openvino_takes_the_tail_of_a_kept_graph(name, fresh_cache, monkeypatch):
    fresh = export_graph(published(NETWORKS[name]()).network, (SIDE, SIDE))
    load_graph(published(NETWORKS[name]()))
    monkeypatch.setattr(graph_cache, "export_graph", no_export)
    again = published(NETWORKS[name]())
    layer = layer_names(fresh)[1]
    kept = openvino_answer(cut_classifier(again, load_graph(again), layer))
    shutil.rmtree(fresh_cache / "openvino")  # or the other would be read and not compiled
    assert np.array_equal(kept, openvino_answer(cut_classifier(again, fresh, layer)))


def changed(content: bytes, change: Callable[[dict], object]) -> bytes:
    """The file with one thing in it changed."""
    document = json.loads(content)
    change(document)
    return json.dumps(document).encode()


def node_of(document: dict, target: str) -> dict:
    return next(node for node in document["nodes"] if node["target"].startswith(target))


def wider(document: dict) -> None:
    node_of(document, "aten.conv2d")["args"] += [[1, 1], [2, 2]]


def reshaped(document: dict) -> None:
    node_of(document, "aten.conv2d")["val"]["shape"][3] += 1


def renamed(document: dict) -> None:
    node_of(document, "aten.conv2d")["stack"][-1][1] = "other"


def other_operation(document: dict) -> None:
    node_of(document, "aten.relu")["target"] = "aten.abs.default"


def foreign_operation(document: dict) -> None:
    node_of(document, "aten.relu")["target"] = "os.system"


def code_in_a_name(document: dict) -> None:
    node_of(document, "pixels")["target"] = "x=__import__('os').abort()"


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"hello",
    "another document": lambda _: b"[1, 2]",
    "cut short": lambda content: content[: len(content) // 2],
    "a nest without end": lambda _: b"[" * 100_000,
    "a signature of another": lambda content: changed(content, lambda document: document.update(signature="0" * 64)),
    "a node less": lambda content: changed(content, lambda document: document["nodes"].pop(-2)),
    **{
        change.__name__: lambda content, change=change: changed(content, change)
        for change in (wider, reshaped, renamed, other_operation, foreign_operation, code_in_a_name)
    },
}


@pytest.fixture(scope="module")
def plain() -> tuple[Classifier, GraphModule]:
    """A classifier with its exported graph."""
    made = published(NETWORKS["plain"]())
    return made, export_graph(made.network, (SIDE, SIDE))


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_or_foreign_file_is_exported_again(name, plain, fresh_cache, monkeypatch):
    made, exported = plain
    asked: list[object] = []

    def export(*arguments: object) -> GraphModule:
        asked.append(arguments)
        return exported

    monkeypatch.setattr(graph_cache, "export_graph", export)
    load_graph(made)
    (path,) = stored(fresh_cache)
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[name](whole))
    assert path.read_bytes() != whole
    assert load_graph(made) is exported
    assert len(asked) == 2
    assert path.read_bytes() == whole, "and written anew"
    assert str(load_graph(made).graph) == str(exported.graph)
    assert len(asked) == 2


def test_other_versions_weights_sizes_and_code_are_exported_for_themselves(fresh_cache, monkeypatch):
    made = published(NETWORKS["plain"]())
    load_graph(made)
    (first,) = stored(fresh_cache)
    monkeypatch.setattr(graph_cache, "export_graph", no_export)
    others = [
        replace(made, code="toys 1.1"),
        replace(classifier(Toy(nn.Conv2d(3, 4, 3), 4), 14), code=made.code),
        published(Toy(nn.Conv2d(3, 4, 3), 4, seed=1)),
        published(Toy(nn.Conv2d(3, 4, 3, padding=1), 4)),
        published(Swapped(nn.Conv2d(3, 4, 3), 4)),
    ]
    for other in others:
        with pytest.raises(AssertionError, match="exported again"):
            load_graph(other)
    monkeypatch.setattr(torch, "__version__", "0.0")
    with pytest.raises(AssertionError, match="exported again"):
        load_graph(made)
    assert stored(fresh_cache) == [first]


def test_a_file_under_anothers_name_is_not_used(plain, fresh_cache, monkeypatch):
    made, _ = plain
    load_graph(made)
    (path,) = stored(fresh_cache)
    path.rename(graph_cache._path(replace(made, code="toys 1.1")))
    monkeypatch.setattr(graph_cache, "export_graph", no_export)
    with pytest.raises(AssertionError, match="exported again"):
        load_graph(replace(made, code="toys 1.1"))


def test_a_network_that_computes_otherwise_than_its_file_is_exported(fresh_cache, monkeypatch):
    """Same library, weights and modules, by mistake or by force: only the answers differ."""
    load_graph(published(NETWORKS["plain"]()))
    (path,) = stored(fresh_cache)
    swapped = published(Swapped(nn.Conv2d(3, 4, 3), 4))
    monkeypatch.setattr(graph_cache, "_path", lambda _: path)
    read = load_graph(swapped)
    with torch.inference_mode():
        pixels = torch.rand(2, 3, SIDE, SIDE)
        assert torch.equal(read(pixels), swapped.network(pixels))
    assert "mul" in str(read.graph)


def test_the_users_own_code_is_never_kept(fresh_cache):
    load_graph(classifier(Toy(nn.Conv2d(3, 4, 3), 4), SIDE))
    assert not stored(fresh_cache)


def test_a_graph_with_constants_of_its_own_is_not_kept(fresh_cache):
    made = published(Constant(nn.Conv2d(3, 4, 3), 4))
    for _ in range(2):
        graph = load_graph(made)
        with torch.inference_mode():
            pixels = torch.rand(2, 3, SIDE, SIDE)
            assert torch.equal(graph(pixels), made.network(pixels))
    assert not stored(fresh_cache)


def test_without_a_cache_folder_it_exports(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SINSCOPE_CACHE", str(blocked))
    made = published(NETWORKS["plain"]())
    assert str(load_graph(made).graph) == str(export_graph(made.network, (SIDE, SIDE)).graph)


def test_the_embedded_classifier_says_what_code_it_is_made_of(lite0):
    assert lite0.classifier.code.startswith("timm ")
    assert lite0.classifier.code.endswith("tf_efficientnet_lite0")
