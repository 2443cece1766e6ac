"""Loading a classifier by its name."""

import difflib

from engine.classifiers import timm_models, torchvision_models, user_module
from engine.classifiers.classifier import Classifier
from engine.errors import ModelError
from engine.models import MODELS
from engine.settings import Settings

__all__ = ["load_classifier"]

_WEIGHT_FILES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors")


def load_classifier(settings: Settings) -> Classifier:
    """Load the classifier that ``settings.model`` names.

    Parameters
    ----------
    settings : Settings
        ``model``: an embedded name, ``torchvision:<name>``, ``timm:<name>``, ``package.module:function`` or
        ``path/to/file.py:function``. ``weights``: None for the model's own, a file, or ``random`` for an
        untrained network drawn from ``seed``. ``input_size``, ``mean``, ``std`` and ``labels`` stand above
        the model's own.

    Returns
    -------
    Classifier
        On the CPU, in eval mode, without gradients.

    Raises
    ------
    ModelError
        If there is no such model (the nearest names are offered), or it cannot be loaded or trusted.
    """
    name = settings.model
    if name in MODELS:
        return MODELS[name].load(settings)
    if name.startswith(torchvision_models.PREFIX):
        if torchvision_models.known(name.removeprefix(torchvision_models.PREFIX)):
            return torchvision_models.load(settings)
    elif name.startswith(timm_models.PREFIX):
        if timm_models.known(name.removeprefix(timm_models.PREFIX)):
            return timm_models.load(settings)
    elif user_module.names_code(name):
        return user_module.load(settings)
    raise _unknown(name)


def _unknown(name: str) -> ModelError:
    """The error for a name that nobody has, with the nearest ones: first those of the same library."""
    if name.endswith(_WEIGHT_FILES):
        return ModelError(f"{name} is a file of weights; give it with --weights, and its architecture as --model.")
    if name.endswith(".py"):
        return ModelError(f"{name} is a file of code; add the function that returns your network, {name}:function.")
    near = _nearest(name)
    offer = f"nearest: {', '.join(near)}" if near else f"there are {', '.join(MODELS)}"
    return ModelError(f"There is no model {name!r}; {offer}, and `sinscope models` lists the forms of names.")


def _nearest(name: str) -> list[str]:
    """Names like this one, at most four: versions of its weights where only these are not known."""
    libraries = (torchvision_models, timm_models)
    prefix, _, bare = name.rpartition(":")
    architecture, dot, _ = bare.partition(".")
    for library in libraries:
        if dot and f"{prefix}:" == library.PREFIX and architecture in library.names():
            offered = library.versions(architecture) or (architecture,)
            return [f"{prefix}:{each}" for each in difflib.get_close_matches(bare, offered, n=4, cutoff=0.0)]
    by_bare = {row: [row] for row in MODELS}
    for library in libraries:
        for known in library.names():
            by_bare.setdefault(known, []).append(f"{library.PREFIX}{known}")
    near = [full for close in difflib.get_close_matches(bare, by_bare, n=4) for full in by_bare[close]]
    return sorted(near, key=lambda full: not full.startswith(f"{prefix}:"))[:4]
