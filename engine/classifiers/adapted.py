"""Which adapted weights an inspection uses, and a cut with them in its tail."""

import copy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from engine.classifiers.adaptation import Adaptation, read_adaptation
from engine.classifiers.classifier import Classifier
from engine.classifiers.cut import CutClassifier
from engine.classifiers.weights import weights_sha256
from engine.errors import ModelError, SinscopeError
from engine.settings import Settings

__all__ = ["adapted_cut", "chosen_adaptation", "shipped"]

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "weights"


@lru_cache(maxsize=4)
def _read_once(path: str, _stamp: tuple[int, ...]) -> Adaptation:
    return read_adaptation(Path(path))


def _stamp(path: str) -> tuple[int, ...]:
    """What changes with a file's content; whether it can be read is said by who reads it."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=1)
def shipped() -> tuple[Adaptation, ...]:
    """Adapted weights that come with the program; a file that cannot be read is passed over."""
    found = []
    for path in sorted(SHIPPED.glob("adapted-*.safetensors")):
        try:
            found.append(read_adaptation(path))
        except SinscopeError:
            continue
    return tuple(found)


def chosen_adaptation(classifier: Classifier, layer: str, settings: Settings) -> Adaptation | None:
    """The adapted weights for a classifier cut at a layer (by its name), as ``settings.adapted`` asks.

    ``auto`` takes weights only for the very rate, importance and fill they were made for, and never brings another
    rate than the model's own; a file that was named is taken whatever these are.

    Raises
    ------
    ModelError
        If a file that was asked for cannot be read, or was not made for this classifier and layer.
    """
    if settings.adapted == "off":
        return None
    if settings.adapted == "auto":
        rate = classifier.family.rate(layer) if settings.top is None else settings.top
        fitting = (each for each in shipped() if each.misfit(classifier, layer) is None and each.fits(settings, rate))
        return next(fitting, None)
    found = _read_once(settings.adapted, _stamp(settings.adapted))
    if fault := found.misfit(classifier, layer):
        raise ModelError(
            f"The adapted weights {settings.adapted} do not belong to {classifier.name} cut at {layer}: {fault}; "
            f"give others, or turn adapted weights off (--adapted off)."
        )
    return found


def adapted_cut(cut: CutClassifier, adaptation: Adaptation) -> CutClassifier:
    """A cut with adapted weights in its tail; the head, and so every SIN, stays the original network's.

    Its classifier is the adapted network, by a name and a digest of its own: the one that inference runs and that
    a certificate is about.

    Raises
    ------
    ModelError
        If a tensor is not one of the tail's, or the head also uses it.
    """
    tail = copy.deepcopy(cut.tail_module)
    own, above = tail.state_dict(), cut.head_module.state_dict()
    for name, value in adaptation.tensors.items():
        if name not in own or own[name].shape != value.shape or name in above:
            raise ModelError(
                f"The adapted weights {adaptation.name} do not fit {cut.classifier.name} below {cut.layer} (at "
                f"{name}); make them anew with the command adapt."
            )
    tail.load_state_dict({**own, **adaptation.tensors})
    network = copy.deepcopy(cut.classifier.network)
    network.load_state_dict({**network.state_dict(), **adaptation.tensors})
    classifier = replace(
        cut.classifier, network=network, weights_sha256=weights_sha256(network), adapted=str(adaptation)
    )
    return replace(cut, classifier=classifier, adaptation=adaptation, _tail=tail)
