"""Exported graphs kept in the user's cache folder: exporting takes a second, reading a graph back a few hundredths.

Footprints, and so certificates, rest on the graph. What comes from the cache is therefore used only if it is what was
written there, digit by digit, and answers like the network, bit by bit; in any doubt the network is exported anew.
"""

import contextlib
import hashlib
import inspect
import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.fx import GraphModule

from engine.cache import cache_folder, digest, write_whole
from engine.classifiers import graph as exporting
from engine.classifiers import graph_text, operations, rows
from engine.classifiers.classifier import Classifier
from engine.classifiers.graph import content_digest, export_graph
from engine.classifiers.graph_text import from_records, to_records

__all__ = ["load_graph"]


def load_graph(classifier: Classifier) -> GraphModule:
    """The graph of a classifier's network, from the user's cache folder where it was exported before.

    Only networks of libraries are kept (:attr:`Classifier.code`): the user's own code may change and its weights
    stay as they are.

    Raises
    ------
    ModelError
        As :func:`engine.classifiers.graph.export_graph`.
    """
    network, input_size = classifier.network, classifier.preprocessing.input_size
    path = _path(classifier)
    if path is not None and path.exists():
        kept = _read(path, network, input_size)
        if kept is not None:
            return kept
    exported = export_graph(network, input_size)
    if path is not None:
        _keep(path, exported, network, input_size)
    return exported


def _path(classifier: Classifier) -> Path | None:
    folder = cache_folder("graphs") if classifier.code else None
    if folder is None:
        return None
    try:
        exporter = [inspect.getsource(module) for module in (exporting, operations, rows, graph_text)]
    except OSError:  # installed without its source
        return None
    key = digest(
        torch.__version__,
        classifier.code,
        classifier.weights_sha256,
        classifier.preprocessing.input_size,
        classifier.network,  # its modules with what they were made with
        *exporter,
    )
    return folder / f"{key}.json"


def _read(path: Path, network: nn.Module, input_size: tuple[int, int]) -> GraphModule | None:
    try:
        stored = json.loads(path.read_bytes())
        graph = from_records(stored["nodes"], network)
        is_same = _signature(path, graph) == stored["signature"] and _answers_alike(network, graph, input_size)
    except Exception:  # a file may hold anything, and its graph fail in any way
        return None
    return graph if is_same else None


def _keep(path: Path, exported: GraphModule, network: nn.Module, input_size: tuple[int, int]) -> None:
    """Write a graph down if what is read back is the same; one with constants of its own, say, is not."""
    try:
        signature = _signature(path, exported)
        nodes = to_records(exported.graph)
        content = json.dumps({"signature": signature, "nodes": nodes}).encode()
        read = from_records(json.loads(content)["nodes"], network)
        is_same = _signature(path, read) == signature and str(read.graph) == str(exported.graph)
    except Exception:  # of whatever the text does not hold
        is_same = False
    with contextlib.suppress(OSError):
        if is_same and _answers_alike(network, read, input_size):
            write_whole(path, content)
        else:
            path.unlink(missing_ok=True)


def _signature(path: Path, graph: GraphModule) -> str:
    """Digest of the file's name, a graph's nodes with all that is kept of them, and its weights."""
    nodes: list[dict[str, Any]] = to_records(graph.graph)
    weights = [content_digest(graph, node) for node in graph.graph.nodes if node.op == "get_attr"]
    return hashlib.sha256(json.dumps([path.name, nodes, weights]).encode()).hexdigest()


def _answers_alike(network: nn.Module, graph: GraphModule, input_size: tuple[int, int]) -> bool:
    pixels = torch.rand(2, 3, *input_size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        return torch.equal(network(pixels), graph(pixels))
