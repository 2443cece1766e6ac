"""Weights from files: read without running code, fitted key by key, checked for NaN, and digested."""

import hashlib
import pickle
import re
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from engine.classifiers.libraries import reason
from engine.errors import ModelError

__all__ = ["RANDOM", "check_finite", "fit_weights", "read_weights", "seeded", "weights_sha256"]

# The value of ``Settings.weights`` that asks for an untrained network; a file of this name is ``./random``.
RANDOM = "random"

_NESTINGS = ("state_dict", "model_state_dict", "model")
_PREFIXES = ("module.", "_orig_mod.", "model.")
_DEPTH = 4  # of nestings; a file can nest a mapping in itself
_NAMED = 3  # keys named in a message


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw torch's random numbers from a seed within the block; the generator outside is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def read_weights(path: str) -> Mapping[str, Tensor]:
    """The state dict in a safetensors file or in one of ``torch.save``; code in it is never run.

    Usual nestings of checkpoints (``state_dict``, ``model_state_dict``, ``model``) are opened.

    Parameters
    ----------
    path : str
        What the file holds decides, not its name.

    Raises
    ------
    ModelError
        If the file cannot be read, holds Python objects beside tensors, or no tensors by name.
    """
    content = _load(path)
    for _ in range(_DEPTH):
        if not isinstance(content, Mapping):
            break
        content = next((content[key] for key in _NESTINGS if isinstance(content.get(key), Mapping)), content)
    tensors = content if isinstance(content, Mapping) else {}
    state = OrderedDict((name, value) for name, value in tensors.items() if isinstance(value, Tensor))
    if not state or not all(isinstance(name, str) for name in state):
        raise ModelError(
            f"{path} holds no weights by name; save them with torch.save(model.state_dict(), FILE) or as safetensors."
        )
    # Versions of modules, by which old layouts are recognised.
    state._metadata = getattr(tensors, "_metadata", None)  # type: ignore[attr-defined]
    return state


def _load(path: str) -> Any:
    try:
        with Path(path).open("rb") as file:
            start = file.read(9)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The weights in {path} cannot be read ({getattr(error, 'strerror', None) or reason(error)}); "
            f"give a state dict or safetensors file with --weights FILE."
        ) from error
    try:
        if start[8:] == b"{":  # after eight bytes of length, safetensors begin with a JSON object
            return safetensors.torch.load_file(path, device="cpu")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        found = re.search(r"GLOBAL (\S+)", str(error))
        raise ModelError(
            f"{path} holds Python objects beside tensors{f' ({found[1]})' if found else ''}, and these are "
            f"never loaded because they can run code; save only the weights, with "
            f"torch.save(model.state_dict(), FILE) or as safetensors."
        ) from error
    except Exception as error:  # torch answers broken bytes with almost any exception
        if "TorchScript" in str(error):
            raise ModelError(
                f"{path} is a TorchScript program, which is never run; save only its weights, with "
                f"torch.save(model.state_dict(), FILE)."
            ) from error
        why = f" ({reason(error)})" if " " in reason(error) else ""  # a lone number or key tells nobody anything
        raise ModelError(
            f"{path} is not a file of weights, or is damaged or cut short{why}; fetch or save it again."
        ) from error


def fit_weights(network: nn.Module, state: Mapping[str, Tensor], source: str, unused: tuple[str, ...] = ()) -> None:
    """Load a state dict into a network in place; every key has to fit.

    Prefixes that wrappers leave on every key (``module.``, ``_orig_mod.``, ``model.``) are stripped.

    Parameters
    ----------
    network : nn.Module
    state : mapping of str to Tensor
    source : str
        Where the weights come from, for the message.
    unused : tuple of str
        Keys that begin so are passed over where the network has no such key.

    Raises
    ------
    ModelError
        If keys are missing, unexpected or of the wrong shape; the first few are named.
    """
    own = network.state_dict()
    fitted = _stripped(state, own)
    same_names = fitted.keys() == state.keys()
    for name in [name for name in fitted if name not in own and name.startswith(unused)]:
        del fitted[name]
    # Counters of batches do not take part in inference, and old files lack them.
    counters = (name for name in own if name.endswith("num_batches_tracked"))
    fitted |= {name: own[name] for name in counters if name not in fitted}
    if faults := _faults(fitted, own):
        raise ModelError(
            f"The weights in {source} do not fit the network: {'; '.join(faults)}; give the weights of the "
            f"same architecture and number of classes (--labels FILE sets the latter)."
        )
    versions = getattr(state, "_metadata", None) if same_names else None
    fitted._metadata = versions or getattr(own, "_metadata", None)  # type: ignore[attr-defined]
    try:
        network.load_state_dict(fitted, strict=True)
    except (RuntimeError, ValueError, TypeError, NotImplementedError) as error:
        raise ModelError(
            f"The weights in {source} cannot be copied into the network ({reason(error)}); "
            f"save them again as plain dense tensors."
        ) from error


def _stripped(state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
    """The state without prefixes that all its keys and none of the network's have."""
    names = OrderedDict(state)
    while not any(name in own for name in names):
        prefix = next((prefix for prefix in _PREFIXES if all(name.startswith(prefix) for name in names)), None)
        if prefix is None:
            break
        names = OrderedDict((name.removeprefix(prefix), tensor) for name, tensor in names.items())
    return names


def _faults(state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[str]:
    missing = [name for name in own if name not in state]
    unexpected = [name for name in state if name not in own]
    wrong = [
        f"{name} is {_shape(state[name])} and not {_shape(tensor)}"
        for name, tensor in own.items()
        if isinstance(tensor, Tensor) and name in state and state[name].shape != tensor.shape
    ]
    kinds = ((missing, "missing"), (unexpected, "unexpected"), (wrong, "wrong shape"))
    return [f"{kind} {_first(names)}" for names, kind in kinds if names]


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _shape(tensor: Tensor) -> str:
    return " x ".join(str(side) for side in tensor.shape) or "a single number"


def check_finite(network: nn.Module, source: str) -> None:
    """Refuse NaN and infinite weights.

    Raises
    ------
    ModelError
        Naming the first such tensor.
    """
    for name, tensor in network.state_dict().items():
        if isinstance(tensor, Tensor) and not bool(torch.isfinite(tensor).all()):
            raise ModelError(
                f"The weights of {source} are NaN or infinite in {name}; fetch them again or train without overflow."
            )


def weights_sha256(network: nn.Module) -> str:
    """Digest of names, types, shapes and bytes of all parameters and persistent buffers, in hex."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        if isinstance(tensor, Tensor):
            digest.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode())
            data = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(data.numpy().data)
    return digest.hexdigest()
