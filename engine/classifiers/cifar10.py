"""The networks for CIFAR-10 that come with the program: trained by ``sinscope train``, weights in the assets."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from engine.classifiers.assembly import asked_labels, asked_preprocessing, assemble
from engine.classifiers.classifier import Classifier
from engine.classifiers.hidden_pixels import HiddenPixels
from engine.classifiers.nets.interval_net import interval_net
from engine.classifiers.nets.local_net import LocalNet
from engine.classifiers.nets.mirrored import mirrored
from engine.classifiers.nets.residual_net import ResidualNet
from engine.classifiers.preprocessing import Preprocessing
from engine.classifiers.weights import RANDOM, fit_weights, read_weights, seeded
from engine.datasets.cifar10 import CIFAR10_CLASSES
from engine.errors import ModelError
from engine.models import cifar10_weights
from engine.settings import Settings

__all__ = ["CIFAR10_NETS", "Cifar10Net"]

_SIZE = (32, 32)
_NORMALISED = Preprocessing(_SIZE, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616), crop=1.0)
_PLAIN = Preprocessing(_SIZE, (0.0,) * 3, (1.0,) * 3, crop=1.0)


@dataclass(frozen=True)
class Cifar10Net:
    """A network for CIFAR-10, made for one kind of defense.

    Parameters
    ----------
    name : str
        As in ``engine.models``.
    build : callable
        The network with random weights; takes normalised pixels ``(B, 3, 32, 32)``.
    preprocessing : Preprocessing
    """

    name: str
    build: Callable[[], nn.Module]
    preprocessing: Preprocessing = _NORMALISED

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input in pixels."""
        return self.preprocessing.input_size

    @property
    def file(self) -> Path:
        """Where its weights lie."""
        return cifar10_weights(self.name)

    def available(self) -> bool:
        """Whether the weights are there."""
        return self.file.is_file()

    def load(self, settings: Settings) -> Classifier:
        """Load it, with its own weights, those of ``settings.weights``, or random ones.

        A residual network answers with the mean over a photo and its mirror image.

        Raises
        ------
        ModelError
            If there are no weights, or they do not fit.
        """
        with seeded(settings.seed):
            network = self.build()
        if settings.weights != RANDOM:
            if settings.weights is None and not self.available():
                raise ModelError(
                    f"The weights of {self.name} are not here; train it with `sinscope train {self.name}`, or give "
                    f"--weights FILE."
                )
            path = settings.weights or str(self.file)
            fit_weights(network, read_weights(path), path)
        if isinstance(network, ResidualNet):
            network = mirrored(network)
        labels = asked_labels(settings) or CIFAR10_CLASSES
        return assemble(settings, network, asked_preprocessing(settings, self.preprocessing), labels, self.name)


_ROWS = (
    Cifar10Net("cifar10_resnet_occlusion", ResidualNet),
    Cifar10Net("cifar10_resnet_sin", ResidualNet),
    Cifar10Net(
        "cifar10_resnet_band",
        lambda: ResidualNet(channels=6, widths=(24, 48, 128, 192), first=HiddenPixels()),
        _PLAIN,
    ),
    Cifar10Net("cifar10_bagnet", LocalNet),
    Cifar10Net("cifar10_ibp", interval_net),
)
CIFAR10_NETS = {row.name: row for row in _ROWS}
