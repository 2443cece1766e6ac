"""Accuracy over a data set: the six figures that always stand side by side, with their intervals."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from engine.defenses.result import Result

__all__ = ["METRICS", "Outcome", "Share", "outcome", "summarise", "wilson_interval"]

METRICS = ("vanilla", "pruned", "clean", "certified", "guaranteed", "false_alert")


@dataclass(frozen=True)
class Outcome:
    """What one labelled, clean photo counts towards.

    Parameters
    ----------
    vanilla : bool
        The unpruned, undefended model is right.
    pruned : bool
        The base prediction is right; of a recovery, the answer.
    clean : bool
        The base prediction is right and the rule is silent: an alert on a clean photo counts as wrong.
    certified : bool
        Clean, and the certificate holds everywhere; never without ``clean``.
    guaranteed : bool
        The certificate holds everywhere for the true label, silent or not.
    false_alert : bool
        The rule fires, or cannot decide, on this clean photo.
    """

    vanilla: bool
    pruned: bool
    clean: bool
    certified: bool
    guaranteed: bool
    false_alert: bool


@dataclass(frozen=True)
class Share:
    """A share of photos with its 95 % Wilson interval.

    Parameters
    ----------
    hits, images : int
    """

    hits: int
    images: int

    @property
    def value(self) -> float:
        """The share in [0, 1]; 0 of no photos."""
        return self.hits / self.images if self.images else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval."""
        return wilson_interval(self.hits, self.images)

    def __str__(self) -> str:
        """Percent with interval, such as ``83.0 (77.2-87.6)``."""
        low, high = self.interval
        return f"{100 * self.value:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def outcome(result: Result, label: int, vanilla: int) -> Outcome:
    """What a defense's answer to a clean photo of a known class counts towards.

    Parameters
    ----------
    result : Result
        With ``label`` as the label to certify.
    label : int
        The true class; of a photo without a label, the class that the certificate is about, or -1 if there is none.
    vanilla : int
        The undefended model's class.

    Raises
    ------
    ValueError
        If the certificate is about another label.
    """
    if result.certificate.label != label:
        raise ValueError(f"The certificate is about class {result.certificate.label}, not {label}.")
    clean = result.silent and result.output == label
    return Outcome(
        vanilla=vanilla == label and label >= 0,
        pruned=result.prediction.label == label and label >= 0,
        clean=clean,
        certified=clean and result.certificate.holds,
        guaranteed=result.certificate.holds,
        false_alert=not result.silent,
    )


def summarise(outcomes: Iterable[Outcome]) -> dict[str, Share]:
    """The share of each metric, by its name in ``METRICS``."""
    rows = list(outcomes)
    return {name: Share(sum(getattr(row, name) for row in rows), len(rows)) for name in METRICS}


def wilson_interval(hits: int, images: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share; (0, 1) of no photos."""
    if images == 0:
        return 0.0, 1.0
    z = 1.959963984540054
    share = hits / images
    centre = share + z * z / (2 * images)
    spread = z * math.sqrt(share * (1 - share) / images + z * z / (4 * images * images))
    scale = 1 + z * z / images
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
