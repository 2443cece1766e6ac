"""Interval bound propagation (IBP) over every place of the patch (Chiang et al., ICLR 2020)."""

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.classifiers.preprocessing import Normalized
from engine.defenses.base import Config, Defense, Tables, require
from engine.defenses.interval import PASSED, Interval, interval_steps, margin_bounds, propagate
from engine.defenses.result import Prediction, Proof
from engine.defenses.subject import NO_MASK, PIXELS, Subject
from engine.defenses.table_store import KeptTable
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
    complete : bool
        Bound every place, also where one has settled already that the prediction is not certified: for a full
        location map.
    """

    chunk: int = 32
    complete: bool = False

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        require(self.chunk >= 1, f"At least 1 place is bounded at a time, not {self.chunk}; try 32.")

    @classmethod
    def published(cls) -> Mapping[str, "IBPConfig"]:
        """All places, as the paper has it: they decide no less, and take longer."""
        return {"paper": cls(complete=True)}


@dataclass(frozen=True, eq=False, kw_only=True)
class IBPTables(Tables):
    """Logits of the photo, and bounds for one patch size; complete ones serve every label.

    Parameters
    ----------
    logits : float32 array (1, K), read-only
    margins : float array (places, K), read-only
        For each place and class, the least by which its logit is ahead of every other; -inf where nobody asked.
    sure : bool array (places, K), read-only
        Whether it is ahead by more than rounding can take away; never where nobody asked.
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
    requires = f"It needs a network of {PASSED} that ends in a linear layer, trained for interval bounds."
    configuration = IBPConfig

    def refusal(self, subject: Subject, threat: PatchThreat) -> str | None:  # noqa: ARG002
        """The first layer that bounds cannot pass."""
        try:
            interval_steps(_network(subject).network)
        except ModelError as error:
            return f"it needs a network of {PASSED}. {error}"
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
        """A forward pass, and a pass of bounds for each place, which costs two.

        Places in the middle come first, where a patch does most; the first that does not prove the prediction
        settles that it is not certified, and ends it.
        """
        found = subject.masked(view, [NO_MASK], "neutral", stop)
        places = threat.places[0] * threat.places[1]
        classes = found.logits.shape[1]
        key = self._key(subject, view, threat)
        if found.complete and (kept := subject.kept(key)) is not None and kept.values.shape == (places, 2 * classes):
            margins, sure = kept.values[:, :classes].copy(), kept.values[:, classes:] > 0
            return self._tables(subject, found.logits, margins, sure, True)
        started = time.perf_counter()
        margins, sure = np.full((places, classes), -np.inf), np.zeros((places, classes), dtype=bool)
        settled = self._bound(subject, view, threat, found.logits, margins, sure, stop) if found.complete else False
        if settled and subject.store:
            values = np.concatenate((margins, sure), axis=1)
            subject.store.put(key, KeptTable(values, time.perf_counter() - started))
        return self._tables(subject, found.logits, margins, sure, settled)

    def _bound(
        self,
        subject: Subject,
        view: NDArray[np.uint8],
        threat: PatchThreat,
        logits: NDArray[np.float32],
        margins: NDArray[np.float64],
        sure: NDArray[np.bool_],
        stop: Callable[[], bool] | None,
    ) -> bool:
        """Fill margins and ``sure`` in; whether they are settled, and it was not stopped before."""
        network = copy.deepcopy(_network(subject)).double()
        steps = interval_steps(network.network)
        label = int(read_logits(logits, subject.guard).label[0])
        order = _middle_first(threat)
        with torch.inference_mode():
            for start in range(0, len(order), self.config.chunk):
                if stop is not None and stop():
                    return False
                some = order[start : start + self.config.chunk]
                bounds = _patched(network, to_pixels(view).double(), threat, some)
                least, scale = margin_bounds(cast(nn.Linear, steps[-1]), propagate(steps[:-1], bounds))
                needed = (subject.guard.margin * scale).clamp(min=_LEAST)
                margins[some] = least.amin(dim=2).numpy()
                sure[some] = (least > needed).all(dim=2).numpy()
                if not self.config.complete and not (label >= 0 and sure[some, label].all()):
                    return True
        return True

    def _tables(
        self,
        subject: Subject,
        logits: NDArray[np.float32],
        margins: NDArray[np.float64],
        sure: NDArray[np.bool_],
        settled: bool,
    ) -> IBPTables:
        asked = int((margins > -np.inf).any(axis=1).sum())
        return IBPTables(
            passes=1 + 2 * asked, complete=settled, guard=subject.guard, logits=logits, margins=margins, sure=sure
        )

    def _key(self, subject: Subject, view: NDArray[np.uint8], threat: PatchThreat) -> str:
        cut, _ = subject.inspector.cut(PIXELS)
        return subject.key(cut, view, "interval bounds", threat, subject.guard, _LEAST, self.config)

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


def _middle_first(threat: PatchThreat) -> NDArray[np.int64]:
    """Places of the patch in flat order, the nearest to the middle first."""
    rows, columns = np.indices(threat.places)
    middle = [(count - 1) / 2 for count in threat.places]
    distance = (rows - middle[0]) ** 2 + (columns - middle[1]) ** 2
    return np.argsort(distance.ravel(), kind="stable")


def _patched(network: Normalized, pixels: Tensor, threat: PatchThreat, places: NDArray[np.int64]) -> Interval:
    """Bounds on the normalised input at some places: [0, 1] inside the patch, the photo outside."""
    lower = pixels.clamp(0.0, 1.0).repeat(len(places), 1, 1, 1)
    upper = lower.clone()
    for index, place in enumerate(places.tolist()):
        row, column = divmod(place, threat.places[1])
        lower[index, :, row : row + threat.height, column : column + threat.width] = 0.0
        upper[index, :, row : row + threat.height, column : column + threat.width] = 1.0
    return Interval((lower - network.mean) / network.std, (upper - network.mean) / network.std)
