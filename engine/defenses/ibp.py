"""Interval bound propagation (IBP) over every place of the patch (Chiang et al., ICLR 2020)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.classifiers.preprocessing import Normalized
from engine.defenses.base import Config, Defense, Tables, require
from engine.defenses.interval import Interval, interval_steps, margin_bounds, propagate
from engine.defenses.result import Prediction, Proof
from engine.defenses.subject import NO_MASK, Subject
from engine.errors import ModelError
from engine.predictions import read_logits
from engine.superficial import to_pixels
from engine.threat import PatchThreat

__all__ = ["IBP", "IBPConfig", "IBPTables"]

_LEAST = 1e-6  # a margin that bounds without outward rounding must exceed


@dataclass(frozen=True)
class IBPConfig(Config):
    """Knobs of interval bound propagation.

    Parameters
    ----------
    chunk : int
        Places of the patch that are bounded together; memory grows with it and results do not change.
    """

    chunk: int = 32

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(self.chunk >= 1, f"At least 1 place is bounded at a time, not {self.chunk}; try 32.")

    @classmethod
    def published(cls) -> Mapping[str, "IBPConfig"]:
        """The certificate has no knobs."""
        return {"paper": cls()}


@dataclass(frozen=True, eq=False, kw_only=True)
class IBPTables(Tables):
    """Logits of the photo, and bounds for one patch size; they serve every label.

    Parameters
    ----------
    logits : float32 array (1, K), read-only
    margins : float array (places, K), read-only
        For each place and class, the least by which its logit is ahead of every other.
    sure : bool array (places, K), read-only
        Whether it is ahead by more than rounding can take away.
    """

    logits: NDArray[np.float32] = field(repr=False)
    margins: NDArray[np.float64] = field(repr=False)
    sure: NDArray[np.bool_] = field(repr=False)

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.margins, self.sure):
            array.setflags(write=False)


class IBP(Defense[IBPConfig, IBPTables]):
    """A plain network; bounds on its logits hold for any content of the patch."""

    name = "ibp"
    title = "Interval bound propagation"
    kind = "recovery"
    citation = "Chiang, Ni, Abdelkader, Zhu, Studer, Goldstein: Certified Defenses for Adversarial Patches, ICLR 2020"
    requires = (
        "It needs a network of Conv2d, Linear, ReLU and Flatten that ends in a linear layer, trained for interval "
        "bounds."
    )
    configuration = IBPConfig

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:  # noqa: ARG002
        """The first layer that bounds cannot pass."""
        try:
            interval_steps(_network(subject).network)
        except ModelError as error:
            return f"it needs a network of Conv2d, Linear, ReLU and Flatten. {error}"
        return None

    def most_passes(self, subject: Subject, threat: PatchThreat) -> int:  # noqa: ARG002
        """A forward pass, and a pass of bounds for each place, which costs two."""
        return 1 + 2 * threat.places[0] * threat.places[1]

    def tables(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        stop: Callable[[], bool] | None = None,
    ) -> IBPTables:
        """A forward pass, and a pass of bounds for each place, which costs two."""
        found = subject.masked(view, [NO_MASK], "neutral", stop)
        steps = interval_steps(_network(subject).network)
        places = threat.places[0] * threat.places[1]
        classes = found.logits.shape[1]
        margins, sure = np.full((places, classes), -np.inf), np.zeros((places, classes), dtype=bool)
        done = 0
        with torch.inference_mode():
            for bounds in _patched(_network(subject), to_pixels(view).double(), threat, self.config.chunk):
                if not found.complete or (stop is not None and stop()):
                    break
                features = propagate(steps[:-1], bounds)
                least, scale = margin_bounds(cast(nn.Linear, steps[-1]), features)
                needed = (subject.guard.margin * scale).clamp(min=_LEAST)
                rows = slice(done, done + len(least))
                margins[rows] = least.amin(dim=2).numpy()
                sure[rows] = (least > needed).all(dim=2).numpy()
                done = rows.stop
        return IBPTables(
            passes=self.most_passes(subject, threat),
            complete=done == places,
            guard=subject.guard,
            logits=found.logits,
            margins=margins,
            sure=sure,
        )

    def predict(self, tables: IBPTables, threat: PatchThreat) -> Prediction:  # noqa: ARG002
        """The network's own class."""
        read = read_logits(tables.logits, tables.guard)
        label = int(read.label[0])
        return Prediction(label, label, label >= 0, float(read.margin[0]), 1, "The network's own answer.")

    def certify(self, tables: IBPTables, label: int, threat: PatchThreat) -> Proof:
        """Proved where the label's lower bound is ahead of every other class, beyond rounding."""
        return Proof(
            tables.sure[:, label].astype(np.int64).reshape(threat.places),
            tables.margins[:, label].reshape(threat.places).copy(),
        )

    def assumptions(self) -> tuple[str, ...]:
        """What a certificate rests on."""
        return (
            "The logits differ from exact ones by less than the guard's share of their summands, a ten-thousandth.",
        )


def _network(subject: Subject) -> Normalized:
    network = subject.classifier.network
    assert isinstance(network, Normalized)
    return network


def _patched(network: Normalized, pixels: Tensor, threat: PatchThreat, chunk: int) -> Iterator[Interval]:
    """Bounds on the normalised input, a chunk of places at a time: [0, 1] inside the patch, the photo outside."""
    mean, std = network.mean.double(), network.std.double()
    down, across = threat.places
    offsets = [(row, column) for row in range(down) for column in range(across)]
    for start in range(0, len(offsets), chunk):
        some = offsets[start : start + chunk]
        lower = pixels.clamp(0.0, 1.0).repeat(len(some), 1, 1, 1)
        upper = lower.clone()
        for index, (row, column) in enumerate(some):
            lower[index, :, row : row + threat.height, column : column + threat.width] = 0.0
            upper[index, :, row : row + threat.height, column : column + threat.width] = 1.0
        yield Interval((lower - mean) / std, (upper - mean) / std)
