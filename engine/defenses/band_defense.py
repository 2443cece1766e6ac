"""What the defenses on bands and blocks share: one forward pass a band, whatever the patch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.defenses.bands import band_masks, block_masks
from engine.defenses.base import Config, Defense, Tables, require
from engine.defenses.masked_forward import Mask
from engine.defenses.subject import Subject
from engine.predictions import Guard
from engine.threat import PatchThreat

__all__ = ["BandConfig", "BandDefense", "BandTables", "Bands", "confidences"]


@dataclass(frozen=True)
class BandConfig(Config):
    """Which bands are shown to the network.

    Parameters
    ----------
    band : int
        Width of a band in px; 0 takes an eighth of the input's width, 4 px of 32.
    stride : int
        Step between bands in px.
    """

    band: int = 0
    stride: int = 1

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(self.band >= 0, f"A band cannot be {self.band} px wide; give at least 1, or 0 for an eighth.")
        require(self.stride >= 1, f"Bands cannot be {self.stride} px apart; give at least 1.")

    def width(self, extent: int) -> int:
        """Width of a band in px, at most the input's."""
        return min(extent, self.band or max(1, round(extent / 8)))


@dataclass(frozen=True)
class Bands:
    """How bands or blocks lie in the input.

    Parameters
    ----------
    shape : str
        ``column`` or ``block``.
    height, width : int
        Of the input in px.
    band, stride : int
    """

    shape: Literal["column", "block"]
    height: int
    width: int
    band: int
    stride: int


@dataclass(frozen=True, eq=False, kw_only=True)
class BandTables(Tables):
    """Logits of every band; they serve every patch and threshold.

    Parameters
    ----------
    bands : Bands
    logits : float32 array (bands, K), read-only
    """

    bands: Bands
    logits: NDArray[np.float32] = field(repr=False)

    @cached_property
    def confidences(self) -> NDArray[np.float64]:
        """Softmax of every band ``(bands, K)``; 0 where a logit is not finite."""
        return confidences(self.logits)[0]

    @cached_property
    def slack(self) -> NDArray[np.float64]:
        """How far a confidence may move by arithmetic alone, ``(bands,)``."""
        return confidences(self.logits, self.guard)[1]


AnyConfig = TypeVar("AnyConfig", bound=BandConfig)


class BandDefense(Defense[AnyConfig, BandTables]):
    """A defense that shows the network one band of the photo at a time."""

    kind = "recovery"
    requires = (
        "It runs on any classifier, but only one that was trained on bands of photos answers well from them; one "
        "with HiddenPixels as its first module is told what is hidden, any other sees mid-grey there."
    )

    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:  # noqa: ARG002
        """One for each band."""
        return len(self._masks(self._bands(threat.input_height, threat.input_width)))

    def tables(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,  # noqa: ARG002
        stop: Callable[[], bool] | None = None,
    ) -> BandTables:
        """One forward pass for each band."""
        bands = self._bands(*view.shape[:2])
        masks = self._masks(bands)
        found = subject.masked(view, masks, "hidden" if subject.knows_hidden else "neutral", stop)
        return BandTables(
            passes=len(masks), complete=found.complete, guard=subject.guard, bands=bands, logits=found.logits
        )

    @staticmethod
    def _masks(bands: Bands) -> tuple[Mask, ...]:
        make = block_masks if bands.shape == "block" else band_masks
        return make(bands.height, bands.width, bands.band, bands.stride)

    def _bands(self, height: int, width: int) -> Bands:
        return Bands("column", height, width, self.config.width(width), self.config.stride)


def confidences(
    logits: NDArray[np.float32], guard: Guard | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Softmax of logit rows ``(n, K)`` in float64, and how far rounding may move it, ``(n,)``.

    If every logit moves by at most m, no confidence moves by more than ``tanh(m / 2)``. Rows that are not finite
    have confidence 0 in every class.
    """
    guard = guard or Guard()
    usable = np.asarray(np.isfinite(logits).all(axis=1))
    values = np.where(usable[:, None], logits, 0.0).astype(np.float64)
    shares = np.exp(values - values.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    moved = guard.margin * np.abs(values).max(axis=1)
    return np.where(usable[:, None], shares, 0.0), np.maximum(np.tanh(moved / 2), guard.confidence)
