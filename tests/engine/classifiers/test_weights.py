"""Weights from files: what is read, what is refused, and the digest."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from engine.classifiers.weights import check_finite, fit_weights, read_weights, seeded, weights_sha256
from engine.errors import ModelError


class Malicious:
    """Unpickled as usual, it makes a folder."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.trace),)


def small() -> nn.Sequential:
    """Two convolutions with a normalisation between them, from seed 0."""
    with seeded(0):
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))


def refused(call: Callable[..., object], *arguments: object) -> str:
    """The message of the ModelError, checked to be one sentence."""
    with pytest.raises(ModelError) as caught:
        call(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


NESTINGS = {
    "plain": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3},
    "model": lambda state: {"model": state, "optimizer": {"lr": 0.1}},
    "model_state_dict": lambda state: {"model_state_dict": state},
    "nested": lambda state: {"model": {"state_dict": state}},
    "module.": lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
    "both": lambda state: {"state_dict": {f"module.model.{name}": t for name, t in state.items()}},
}


@pytest.mark.parametrize("nest", NESTINGS.values(), ids=NESTINGS.keys())
@pytest.mark.parametrize("zipped", [True, False])
def test_usual_checkpoints_load(tmp_path: Path, nest: Callable, zipped: bool) -> None:
    source, target = small(), nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))
    path = str(tmp_path / "weights.pth")
    torch.save(nest(source.state_dict()), path, _use_new_zipfile_serialization=zipped)
    fit_weights(target, read_weights(path), path)
    assert weights_sha256(target) == weights_sha256(source)


def test_safetensors_load_under_any_name(tmp_path: Path) -> None:
    source, target = small(), small()
    nn.init.zeros_(target[0].weight)
    path = str(tmp_path / "weights.bin")
    safetensors.torch.save_file(source.state_dict(), path)
    fit_weights(target, read_weights(path), path)
    assert weights_sha256(target) == weights_sha256(source)


def test_half_precision_and_old_files_without_counters_load(tmp_path: Path) -> None:
    source, target = small(), small()
    path = str(tmp_path / "weights.pth")
    torch.save({name: t.half() for name, t in source.state_dict().items() if "num_batches" not in name}, path)
    fit_weights(target, read_weights(path), path)
    assert target[0].weight.dtype == torch.float32
    assert torch.equal(target[0].weight, source[0].weight.half().float())


@pytest.mark.parametrize("zipped", [True, False, None], ids=["zip", "legacy", "pickle"])
def test_code_in_a_file_is_refused_and_never_run(tmp_path: Path, zipped: bool | None) -> None:
    trace, path = tmp_path / "executed", tmp_path / "evil.pth"
    content = {"0.weight": torch.zeros(2), "payload": Malicious(trace)}
    if zipped is None:
        path.write_bytes(pickle.dumps(Malicious(trace), protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
    text = refused(read_weights, str(path))
    assert str(path) in text
    assert "run code" in text
    assert "mkdir" in text
    assert not trace.exists()
    pickle.loads(pickle.dumps(Malicious(trace)))  # the file would have done it
    assert trace.exists()


def test_a_whole_module_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "module.pth")
    torch.save(small(), path)
    assert "torch.nn.modules.container.Sequential" in refused(read_weights, path)


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning", "ignore:.*torch.jit:DeprecationWarning")
def test_torchscript_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "script.pt")
    torch.jit.script(nn.Linear(2, 2)).save(path)
    assert "TorchScript" in refused(read_weights, path)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for name in ("absent.pth", "folder.pth", "nul\0.pth"):
        if name == "folder.pth":
            (tmp_path / name).mkdir()
        assert "--weights FILE" in refused(read_weights, str(tmp_path / name))


@pytest.mark.parametrize("content", ["empty", "text", "cut", "cut safetensors", "zip of nothing"])
def test_damaged_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "weights.pth"
    torch.save(small().state_dict(), path)
    whole = path.read_bytes()
    tensors = safetensors.torch.save(small().state_dict())
    path.write_bytes(
        {
            "empty": b"",
            "text": b"hello, world\n",
            "cut": whole[: len(whole) // 2],
            "cut safetensors": tensors[: len(tensors) // 2],
            "zip of nothing": b"PK\x05\x06" + b"\0" * 18,
        }[content]
    )
    text = refused(read_weights, str(path))
    assert "damaged" in text
    assert str(path) in text


def test_a_file_without_named_tensors_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "weights.pth")
    itself: dict[str, object] = {}
    itself["model"] = itself
    for content in ([1, 2], {}, {"lr": 0.1}, torch.zeros(3), {0: torch.zeros(2)}, itself):
        torch.save(content, path)
        assert "no weights by name" in refused(read_weights, path)


def test_keys_that_do_not_fit_are_named() -> None:
    state = small().state_dict()
    state["0.weight"] = torch.zeros(4, 3, 5, 5)
    del state["2.bias"]
    state |= {f"head.{number}": torch.zeros(1) for number in range(5)}
    text = refused(fit_weights, small(), state, "mine.pth")
    assert "missing 2.bias" in text
    assert "unexpected head.0, head.1, head.2 and 2 more" in text
    assert "wrong shape 0.weight is 4 x 3 x 5 x 5 and not 4 x 3 x 3 x 3" in text


def test_nothing_is_loaded_if_a_key_does_not_fit() -> None:
    network = small()
    before = weights_sha256(network)
    state = {name: torch.zeros_like(tensor) for name, tensor in network.state_dict().items()}
    del state["2.bias"]
    refused(fit_weights, network, state, "mine.pth")
    assert weights_sha256(network) == before


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["0.weight", "1.running_var"])
def test_weights_that_are_not_finite_are_named(bad: float, name: str) -> None:
    network = small()
    check_finite(network, "mine.pth")
    network.state_dict()[name].view(-1)[1] = bad
    text = refused(check_finite, network, "mine.pth")
    assert "mine.pth" in text
    assert name in text


def test_the_digest_sees_names_types_shapes_and_bytes_and_nothing_else() -> None:
    class Two(nn.Module):
        def __init__(self, names: tuple[str, str], *tensors: torch.Tensor, passing: float = 0.0) -> None:
            super().__init__()
            for name, tensor in zip(names, tensors, strict=True):
                self.register_buffer(name, tensor)
            self.register_buffer("passing", torch.tensor(passing), persistent=False)

    a, b = torch.zeros(2, 3), torch.arange(4)
    digests = [
        weights_sha256(Two(names, *tensors))
        for names, tensors in (
            (("a", "b"), (a, b)),
            (("a", "c"), (a, b)),
            (("a", "b"), (a.half(), b)),
            (("a", "b"), (a.reshape(3, 2), b)),
            (("a", "b"), (a + 1e-30, b)),
            (("a", "b"), (-a, b)),
            (("a", "b"), (a, b.flip(0))),
        )
    ]
    assert len(set(digests)) == len(digests)
    assert weights_sha256(Two(("b", "a"), b, a)) == digests[0]
    assert weights_sha256(Two(("a", "b"), a, b, passing=1.0)) == digests[0]
    assert weights_sha256(Two(("a", "b"), torch.zeros(3, 2).t(), b)) == digests[0]
    odd = Two(("a", "b"), torch.tensor(True), torch.zeros(2, dtype=torch.complex64))
    assert len(weights_sha256(odd)) == 64
