"""Backends: the same logits as the eager tail, row by row, from a compiled tail that is checked before it is used."""

import contextlib
import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from toys import ChannelsLast, Skip, Toy, classifier, cut, inspect

from engine.backends import Backend, OpenVinoBackend, TorchBackend, make_backend, openvino_backend
from engine.classifiers.cut import CutClassifier
from engine.errors import BackendError, SinscopeError
from engine.pipeline import Inspector
from engine.settings import Settings

NETS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "one tensor": (lambda: Toy(nn.Conv2d(3, 4, 3, stride=2, padding=1), 4), "stem"),
    "two tensors": (lambda: Skip(stride=2), "mid"),
    "channels last": (ChannelsLast, "act"),
    "pixels": (lambda: Toy(nn.Conv2d(3, 4, 3), 4), "input"),
}
KINDS = {"torch": TorchBackend, "openvino": OpenVinoBackend}


@pytest.fixture(scope="module", params=NETS)
def toy(request) -> CutClassifier:
    network, layer = NETS[request.param]
    return cut(network(), (12, 16), layer)


def filled_inputs(backend: Backend, at: CutClassifier, seed: int = 0) -> list[Tensor]:
    """Random activations of a whole batch, put into a backend's inputs."""
    draw = torch.Generator().manual_seed(seed)
    tensors = [torch.randn(backend.batch, *shape, generator=draw) for shape in at.shapes]
    for own, tensor in zip(backend.inputs(), tensors, strict=True):
        own.copy_(tensor)
    return tensors


def stored_tails(folder: Path) -> list[Path]:
    return sorted((folder / "openvino").glob("*"))


@pytest.mark.parametrize("kind", KINDS)
def test_logits_are_those_of_the_eager_tail(toy, kind):
    backend = KINDS[kind](toy)
    assert [tuple(tensor.shape) for tensor in backend.inputs()] == [(backend.batch, *shape) for shape in toy.shapes]
    for seed in range(3):
        tensors = filled_inputs(backend, toy, seed)
        wanted = toy.tail(*tensors).numpy()
        found = backend.run()
        assert found.dtype == np.float32
        assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_openvino_and_torch_agree_on_the_embedded_model(lite0, views):
    rows = []
    for name in ("torch", "openvino"):
        found = inspect(lite0, views[0], backend=name)
        rows.append(np.concatenate([found.sweep.logits, found.sweep.base[None], found.sweep.full[None]]))
        assert found.backend_name == f"{name}-cpu"
    torch_rows, openvino_rows = rows
    scale = np.abs(torch_rows).max(axis=1, keepdims=True)
    assert (np.abs(torch_rows - openvino_rows) <= 1e-4 * scale).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_does_not_depend_on_its_place_or_its_company(toy, kind):
    backend = KINDS[kind](toy)
    tensors = filled_inputs(backend, toy)
    wanted = backend.run()[0]
    for place in range(backend.batch):
        for company in (0.0, torch.nan, 1e20):
            for own, tensor in zip(backend.inputs(), tensors, strict=True):
                own.fill_(company)
                own[place] = tensor[0]
            assert np.array_equal(backend.run()[place], wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_instance_gives_the_same_bits(toy, kind):
    """Certificate and inference may come from different processes of the same program."""
    answers = []
    for _ in range(2):
        backend = KINDS[kind](toy)
        filled_inputs(backend, toy)
        answers.append(backend.run().copy())
    assert np.array_equal(*answers)


@pytest.mark.parametrize("kind", KINDS)
def test_logits_of_a_former_run_stay(toy, kind):
    backend = KINDS[kind](toy)
    filled_inputs(backend, toy, 0)
    first = backend.run()
    kept = first.copy()
    filled_inputs(backend, toy, 1)
    second = backend.run()
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)


# Choosing one.


def test_each_is_chosen_by_name():
    at = cut(Toy(nn.Conv2d(3, 4, 3), 4), 12)
    assert isinstance(make_backend(at, "torch"), TorchBackend)
    assert isinstance(make_backend(at, "openvino"), OpenVinoBackend)
    assert make_backend(at, "openvino").name == "openvino-cpu"
    assert make_backend(at, "openvino").precision == make_backend(at, "torch").precision == "fp32"


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a device")
def test_auto_is_what_was_quicker_on_a_cpu_and_stays_so():
    names = {make_backend(cut(Toy(nn.Conv2d(3, 4, 3), 4), 12)).name for _ in range(2)}
    assert len(names) == 1, "measured once"
    assert names < {"openvino-cpu", "torch-cpu"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="half precision works here")
@pytest.mark.parametrize("name", ["auto", "torch", "openvino"])
@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precision_without_cuda_is_refused(name, precision):
    with pytest.raises(BackendError) as caught:
        make_backend(cut(Toy(nn.Conv2d(3, 4, 3), 4), 12), name, precision)
    assert "fp32" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("precision", ["fp32", "fp16", "bf16"])
def test_cuda(toy, precision):
    backend = TorchBackend(toy, "cuda", precision)
    tensors = filled_inputs(backend, toy)
    wanted = toy.tail(*tensors).numpy()
    found = backend.run()
    assert (
        np.abs(found - wanted).max() <= {"fp32": 1e-4, "fp16": 1e-2, "bf16": 8e-2}[precision] * np.abs(wanted).max()
    )
    for place in (1, backend.batch - 1):
        for own, tensor in zip(backend.inputs(), tensors, strict=True):
            own.fill_(torch.nan)
            own[place] = tensor[0]
        assert np.array_equal(backend.run()[place], found[0])


class Unsupported(Toy):
    """A tail that OpenVINO cannot convert."""

    def forward(self, x):
        x = self.mid(self.stem(x).relu()).mean((2, 3))
        return self.fc(x) + torch.special.i0e(x).sum(1, keepdim=True)


def test_a_tail_that_openvino_cannot_take_goes_to_torch():
    at = cut(Unsupported(nn.Conv2d(3, 4, 3), 4), 12)
    with pytest.raises(BackendError) as caught:
        make_backend(at, "openvino")
    assert "use --backend torch" in str(caught.value)
    assert "\n" not in str(caught.value)
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        assert make_backend(at, "auto").name == "torch-cpu"


@pytest.mark.parametrize("network", [Unsupported, Toy])
def test_openvinos_converter_leaves_the_log_as_it_was(network):
    root = logging.getLogger()
    before = root.level, list(root.filters), list(root.handlers)
    assert root.isEnabledFor(logging.WARNING)
    with contextlib.suppress(BackendError):
        OpenVinoBackend(cut(network(nn.Conv2d(3, 4, 3), 4), 12))
    assert (root.level, root.filters, root.handlers) == before


def test_openvino_missing_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(BackendError, match="OpenVINO cannot be imported"):
        OpenVinoBackend(cut(Toy(nn.Conv2d(3, 4, 3), 4), 12))


def test_openvinos_telemetry_is_blocked():
    OpenVinoBackend(cut(Toy(nn.Conv2d(3, 4, 3), 4), 12))
    assert sys.modules["openvino_telemetry"] is None
    with pytest.raises(ImportError):
        __import__("openvino_telemetry")


# The compiled tail on disk.


def no_compile(*_: object) -> None:
    raise AssertionError("compiled again")


@pytest.fixture
def compiled(fresh_cache, toy) -> tuple[CutClassifier, NDArray[np.float32], Path]:
    """A cut, logits of its freshly compiled tail, and the file that was left."""
    backend = OpenVinoBackend(toy)
    filled_inputs(backend, toy)
    (path,) = stored_tails(fresh_cache)
    return toy, backend.run(), path


def test_a_stored_tail_is_used_and_gives_the_same_bits(compiled, monkeypatch):
    at, wanted, _ = compiled
    monkeypatch.setattr(openvino_backend, "_compile", no_compile)
    backend = OpenVinoBackend(at)
    filled_inputs(backend, at)
    assert np.array_equal(backend.run(), wanted)


def with_answer(content: bytes, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> bytes:
    """The stored file with another expected answer."""
    with np.load(io.BytesIO(content)) as stored:
        return rewritten(content, expected=change(stored["expected"]))


def with_blob(content: bytes, blob: bytes) -> bytes:
    return rewritten(content, blob=np.frombuffer(blob, dtype=np.uint8))


def rewritten(content: bytes, **changed: object) -> bytes:
    """The stored file with some of its arrays replaced."""
    with np.load(io.BytesIO(content)) as stored:
        arrays = {**stored, **changed}
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"hello",
    "cut short": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "a flipped byte": lambda content: content[:-300] + bytes([content[-300] ^ 255]) + content[-299:],
    "a blob that is none": lambda content: with_blob(content, b"not a model"),
    "an empty blob": lambda content: with_blob(content, b""),
    "another answer": lambda content: with_answer(content, lambda answer: answer + np.float32(1e-3)),
    "an answer of another shape": lambda content: with_answer(content, lambda answer: answer[:1]),
    "an answer of NaN": lambda content: with_answer(content, lambda answer: answer * np.float32(np.nan)),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_stored_tail_that_is_damaged_or_answers_otherwise_is_compiled_again(compiled, name, monkeypatch):
    at, wanted, path = compiled
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    backend = OpenVinoBackend(at)
    filled_inputs(backend, at)
    assert np.array_equal(backend.run(), wanted)
    with monkeypatch.context() as patch:
        patch.setattr(openvino_backend, "_compile", no_compile)
        OpenVinoBackend(at)


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a device")
@pytest.mark.parametrize(
    ("seconds", "name"),
    [
        ((0.020, 0.080), "openvino-cpu"),
        ((0.080, 0.020), "torch-cpu"),
        ((0.020, 0.017), "openvino-cpu"),  # not clearly
        ((0.001, 0.0001), "openvino-cpu"),  # not worth it
    ],
)
def test_auto_takes_what_was_measured_to_be_clearly_quicker(compiled, seconds, name):
    at, _, path = compiled
    path.write_bytes(rewritten(path.read_bytes(), seconds=np.array(seconds)))
    assert make_backend(at).name == name
    assert make_backend(at, "openvino").name == "openvino-cpu"


def test_both_are_timed_when_a_tail_is_compiled_and_never_again(compiled):
    at, _, path = compiled
    with np.load(path) as stored:
        own, other = stored["seconds"]
    assert own > 0
    assert other > 0
    again = OpenVinoBackend(at)
    assert (again.seconds, again.torch_seconds) == (own, other)


def test_tails_that_share_their_weights_do_not_share_a_file(fresh_cache):
    """An activation without weights of its own: relu against gelu, and a plain number."""

    class Activated(Toy):
        def __init__(self, act: Callable[[Tensor], Tensor], gain: float = 1.0) -> None:
            super().__init__(nn.Conv2d(3, 4, 3), 4, gain=gain)
            self.act = act

        def forward(self, x):
            return self.fc(self.act(self.mid(self.stem(x))).mean((2, 3))) * self.gain

    for network in (Activated(F.relu), Activated(F.gelu), Activated(F.relu, gain=2.0)):
        at = cut(network, 12)
        backend = OpenVinoBackend(at)
        tensors = filled_inputs(backend, at)
        assert np.allclose(backend.run(), at.tail(*tensors).numpy(), rtol=1e-4, atol=1e-5)
    assert len(stored_tails(fresh_cache)) == 3


def test_without_a_cache_folder_it_still_runs(tmp_path, monkeypatch, toy):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SINSCOPE_CACHE", str(tmp_path / "file"))
    backend = OpenVinoBackend(toy)
    assert (backend.seconds, backend.torch_seconds) == (0.0, float("inf"))
    tensors = filled_inputs(backend, toy)
    assert np.allclose(backend.run(), toy.tail(*tensors).numpy(), rtol=1e-4, atol=1e-5)


# A network whose rows depend on each other, or on chance, has no certificate: a window that hides the patch
# would not show the same prediction twice.


class BatchStatistics(Toy):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 3), 4)
        self.norm = nn.BatchNorm2d(4, track_running_stats=False)

    def forward(self, x):
        return self.fc(self.norm(self.mid(self.stem(x))).relu().mean((2, 3)))


class MixesRows(Toy):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 3), 4)

    def forward(self, x):
        x = self.mid(self.stem(x)).relu()
        return self.fc((x - x.mean(0, keepdim=True)).mean((2, 3)))


class AlwaysDrops(Toy):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 3), 4)

    def forward(self, x):
        return self.fc(F.dropout(self.mid(self.stem(x)).relu(), 0.5).mean((2, 3)))


class AddsNoise(Toy):
    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 3), 4)

    def forward(self, x):
        return self.fc((self.mid(self.stem(x)) + torch.randn(4, 1, 1)).relu().mean((2, 3)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("network", [BatchStatistics, MixesRows, AlwaysDrops, AddsNoise])
def test_a_network_whose_answer_depends_on_more_than_its_row_is_refused(network, kind):
    with pytest.raises(SinscopeError) as caught:
        Inspector(classifier(network(), 12)).prepare(Settings(layer="stem", backend=kind))
    assert "\n" not in str(caught.value)


def test_a_device_takes_its_inputs_itself(toy):
    """On the meta device, which has shapes and no memory: masks are written where the tail runs."""
    for tensor, shape in zip(TorchBackend(toy, "meta").inputs(), toy.shapes, strict=True):
        assert tensor.device.type == "meta"
        assert tuple(tensor.shape[1:]) == shape
        assert tensor.is_contiguous(memory_format=torch.channels_last)
