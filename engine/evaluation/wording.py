"""What the measures of an evaluation are called and mean: with labels, and without."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it imports torch, and a window reads this
    from engine.defenses.result import Kind

__all__ = ["Wording", "wording"]


@dataclass(frozen=True)
class Wording:
    """The words of a report.

    Parameters
    ----------
    title : str
    measures : mapping of str to str
        What those of ``METRICS`` are called that mean something here, in the order of a table.
    meanings : mapping of str to str
        A sentence on each of them.
    kinds : mapping of str to str
        What certified means of a recovery and of a detection.
    notes : tuple of str
        Sentences that stand below the tables.
    """

    title: str
    measures: Mapping[str, str]
    meanings: Mapping[str, str]
    kinds: "Mapping[Kind, str]"
    notes: tuple[str, ...]


_PASSES = (
    "Passes: forward passes a photo for answer and certificate together, and at inference alone. Recovery and "
    "detection promise different things and are not ranked together."
)
_LABELLED = Wording(
    title="Certified accuracy",
    measures={
        "vanilla": "vanilla",
        "pruned": "pruned",
        "clean": "clean",
        "certified": "certified",
        "guaranteed": "guaranteed",
        "false_alert": "false alert",
    },
    meanings={
        "vanilla": "The undefended model is right",
        "pruned": "What the defense leans to is right",
        "clean": "Right and silent: an alert on a clean photo counts as wrong",
        "certified": "Clean, and proved at every place of the patch",
        "guaranteed": "Proved for the true label, silent or not",
        "false_alert": "An alert, or undecided, on a clean photo",
    },
    kinds={
        "recovery": "Recovery: certified means that the answer is the label, whatever the patch",
        "detection": "Detection: certified means that the answer is the label or an alert, whatever the patch",
    },
    notes=(
        "Clean: right and silent; an alert on a clean photo counts as wrong. Certified: clean, and proved at every "
        "place of the patch. Guaranteed: proved for the true label, silent or not. Pruned: what the defense leans to "
        "is right.",
        _PASSES,
    ),
)
_UNLABELLED = Wording(
    title="Certified answers",
    measures={
        "certified": "certified",
        "clean": "silent",
        "false_alert": "alert",
        "vanilla": "as undefended",
    },
    meanings={
        "certified": "Silent, and its answer proved at every place of the patch",
        "clean": "It answers a class",
        "false_alert": "An alert, or undecided",
        "vanilla": "It leans to the class that the model says without a defense",
    },
    kinds={
        "recovery": "Recovery: certified means that the answer stays, whatever the patch",
        "detection": "Detection: certified means that the answer stays or an alert is raised, whatever the patch",
    },
    notes=(
        "These photos have no labels: nothing here says whether an answer is right. Each defense certifies the "
        "class that it leans to. Certified: silent, and proved at every place of the patch. As undefended: it leans "
        "to what the model says without a defense.",
        _PASSES,
    ),
)


def wording(labelled: bool) -> Wording:
    """The words for photos with labels, or for photos without."""
    return _LABELLED if labelled else _UNLABELLED
