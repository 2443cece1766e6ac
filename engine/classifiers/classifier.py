"""A loaded classifier: pixels in, logits out, with all that a report must say about it."""

from dataclasses import dataclass

from torch import nn

from engine.classifiers.families import Family
from engine.classifiers.preprocessing import Preprocessing

__all__ = ["Classifier"]


@dataclass(frozen=True, eq=False)
class Classifier:
    """An image classifier ready to be cut.

    Parameters
    ----------
    name : str
        The name it was asked for by, as in ``sinscope models``.
    network : nn.Module
        In eval mode; maps pixels in [0, 1], shape ``(B, 3, H, W)``, to logits ``(B, K)``. The normalisation
        is its first operation, so that nothing else needs to know it.
    preprocessing : Preprocessing
        How a photo becomes the model's input.
    labels : tuple of str
        K class names.
    weights_sha256 : str
        Digest of all parameters and buffers: cache keys and reports rest on it.
    family : Family
        The usual superficial layers and top-ranking rates of this kind of network.
    code : str
        Library, version and name that the network's code goes by; empty for the user's own, which may change.
    adapted : str
        What its weights were adapted to; empty for the original ones.
    """

    name: str
    network: nn.Module
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    weights_sha256: str
    family: Family
    code: str = ""
    adapted: str = ""

    @property
    def title(self) -> str:
        """Its name for readers, from which nobody takes adapted weights for the original's."""
        return f"{self.name}, {self.adapted}" if self.adapted else self.name
