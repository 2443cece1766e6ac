"""``module:function`` and ``file.py:function``: a network of the user's own, made by the user's own code.

The code runs only here, and only because its name was given as the model.
"""

import contextlib
import difflib
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from engine.classifiers.assembly import asked_labels, asked_preprocessing, assemble
from engine.classifiers.classifier import Classifier
from engine.classifiers.libraries import reason
from engine.classifiers.preprocessing import Preprocessing
from engine.classifiers.weights import RANDOM, fit_weights, read_weights, seeded
from engine.errors import ModelError
from engine.settings import Settings

__all__ = ["load", "names_code"]

_LIBRARIES = ("torchvision", "timm")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def names_code(model: str) -> bool:
    """Whether a model's name asks for code: ``package.module:function`` or ``path/to/file.py:function``."""
    place, colon, function = model.rpartition(":")
    return bool(colon) and function.isidentifier() and (place.endswith(".py") or bool(_MODULE.fullmatch(place)))


def load(settings: Settings) -> Classifier:
    """Run the user's function and take the network it returns.

    The input size has to be given; mean and std are ImageNet's unless given. With ``settings.weights`` the
    network's weights are replaced by the file's, or by random ones.

    Raises
    ------
    ModelError
        If the code cannot be found or fails, or what it returns is not a usable network.
    """
    model = settings.model
    place, _, name = model.rpartition(":")
    with _importing_beside(place), seeded(settings.seed):
        _require(place, model)
        if settings.input_size is None:
            raise ModelError(f"The input size of {model} is not known; give it with --input-size, such as 224.")
        preprocessing = asked_preprocessing(settings, Preprocessing(settings.input_size))
        network = _call(_attribute(_module(place, model), name, model), model)
        if settings.weights == RANDOM:
            for module in network.modules():
                if callable(reset := getattr(module, "reset_parameters", None)):
                    reset()
    if settings.weights not in (None, RANDOM):
        path = str(settings.weights)
        fit_weights(network, read_weights(path), path)
    return assemble(settings, network, preprocessing, asked_labels(settings))


@contextlib.contextmanager
def _importing_beside(place: str) -> Iterator[None]:
    """Let the user's code import what lies beside it; what it prints goes to standard error."""
    folder = str(Path(place).resolve().parent if place.endswith(".py") else Path.cwd())
    sys.path.insert(0, folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)


def _require(place: str, model: str) -> None:
    """Refuse a file or package that is not there, before anything else is asked of the user."""
    if place.endswith(".py"):
        if not Path(place).is_file():
            raise ModelError(f"There is no file {place} for the model {model}; check its path.")
        return
    package = place.partition(".")[0]
    if package not in sys.modules and importlib.util.find_spec(package) is None:
        near = difflib.get_close_matches(package.lower(), _LIBRARIES, n=1, cutoff=0.75)
        if near:
            meant = f"{near[0]}:{model.partition(':')[2]}"
            raise ModelError(f"There is no Python module {package} for the model {model}; did you mean {meant}?")
        raise ModelError(
            f"There is no Python module {package} for the model {model}; check its name, or give "
            f"path/to/file.py:function (models of libraries are torchvision:NAME and timm:NAME)."
        )


def _module(place: str, model: str) -> ModuleType:
    try:
        return _from_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:
        raise _failed(model, error) from error


def _from_file(path: Path) -> ModuleType:
    name = f"sinscope_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not Python code")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _attribute(module: ModuleType, name: str, model: str) -> Any:
    if not hasattr(module, name):
        near = difflib.get_close_matches(name, vars(module), n=3)
        offer = f"did you mean {' or '.join(near)}?" if near else "check its name."
        raise ModelError(f"There is no {name} in the Python module of {model}; {offer}")
    return getattr(module, name)


def _call(made_by: Any, model: str) -> nn.Module:
    if isinstance(made_by, nn.Module):
        return made_by
    if not callable(made_by):
        raise ModelError(
            f"{model} is a {type(made_by).__name__} and not a function; name one without arguments that "
            f"returns an nn.Module."
        )
    try:
        network = made_by()
    except (Exception, SystemExit) as error:
        raise _failed(model, error) from error
    if not isinstance(network, nn.Module):
        raise ModelError(f"{model} returns an object of type {type(network).__name__}; let it return an nn.Module.")
    return network


def _failed(model: str, error: BaseException) -> ModelError:
    return ModelError(
        f"The code of {model} fails with {type(error).__name__} ({reason(error)}); mend it and try again."
    )
