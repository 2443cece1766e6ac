"""The recipe of every network that is trained here: one row each."""

from dataclasses import dataclass, field

from engine.training.bands import Band
from engine.training.evidence import MaskedEvidence
from engine.training.interval import IntervalBounds
from engine.training.objectives import Objective
from engine.training.occlusion import Occlusion
from engine.training.pruning import Pruning

__all__ = ["RECIPES", "Recipe"]

WARM = 0.2  # share of a rise and fall over which the learning rate rises


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Parameters
    ----------
    model : str
        A row of ``engine.classifiers.cifar10``.
    objective : Objective
    epochs : int
    peak : float
        Highest learning rate: reached after a fifth of the steps, and 0 at the end.
    later : tuple of (epochs, peak)
        Further rises and falls of the learning rate after the first (Loshchilov & Hutter, 2017).
    batch : int
    decay : float
        Weight decay.
    optimizer : str
        ``sgd`` (momentum 0.9, Nesterov) or ``adam``.
    half : bool
        Whether convolutions run in bfloat16, where the hardware has it; elsewhere it takes three times as long.
    start : str, optional
        The model whose weights the training starts from; random ones if none.
    frozen : tuple of str
        Parts of the network that keep their weights.
    seed : int
    """

    model: str
    objective: Objective = field(repr=True)
    epochs: int
    peak: float = 0.2
    later: tuple[tuple[int, float], ...] = ()
    batch: int = 256
    decay: float = 5e-4
    optimizer: str = "sgd"
    half: bool = True
    start: str | None = None
    frozen: tuple[str, ...] = ()
    seed: int = 0

    @property
    def all_epochs(self) -> int:
        """Of all rises and falls together."""
        return self.epochs + sum(epochs for epochs, _ in self.later)

    def rate(self, epochs: float) -> float:
        """The learning rate after some epochs, as a fraction."""
        cycles = ((self.epochs, self.peak), *self.later)
        for length, peak in cycles:
            if epochs < length:
                share = epochs / length
                return peak * min(share / WARM, (1 - share) / (1 - WARM))
            epochs -= length
        return 0.0


_ROWS = (
    Recipe("cifar10_resnet_occlusion", Occlusion(), epochs=10, later=((18, 0.15),)),
    Recipe(
        "cifar10_resnet_sin",
        Pruning(),
        epochs=6,
        peak=0.1,
        later=((3, 0.05), (18, 0.1), (14, 0.08)),
        start="cifar10_resnet_occlusion",
        frozen=("network.stem",),
    ),
    Recipe("cifar10_resnet_band", Band(), epochs=10, later=((12, 0.1),)),
    Recipe("cifar10_bagnet", MaskedEvidence(), epochs=12),
    Recipe("cifar10_ibp", IntervalBounds(), epochs=10, peak=4e-3, batch=128, decay=0.0, optimizer="adam"),
)
RECIPES = {row.model: row for row in _ROWS}
