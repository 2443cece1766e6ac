"""Detection by contradiction: some view that hides the patch says another class, with confidence of at least tau."""

import numpy as np

from engine.defenses.cover import Cover
from engine.defenses.result import ALERT, Prediction, Proof
from engine.predictions import Guard, Predictions
from engine.settings import Rule
from engine.verdict import alerting, doubtful, supporting

__all__ = ["contradiction", "supported"]

RULE: Rule = "confident"


def contradiction(base: Predictions, views: Predictions, tau: float, guard: Guard, passes: int) -> Prediction:
    """The base prediction, or an alert where a view contradicts it.

    Parameters
    ----------
    base : Predictions
        One row.
    views : Predictions
        A row for each view.
    tau : float
    guard : Guard
    passes : int
    """
    label = int(base.label[0])
    fired = alerting(views, label, RULE, tau)
    doubt = doubtful(views, label, RULE, tau, guard)
    margin = float(min(base.margin[0], views.margin.min()))
    if not base.clear[0]:
        reason = "The base prediction is too close to a tie to rest on."
        return Prediction(label, ALERT, False, margin, passes, reason)
    if (fired & ~doubt).any():
        reason = f"{int(fired.sum())} of {len(views)} views contradict the base prediction."
        return Prediction(label, ALERT, True, margin, passes, reason)
    if doubt.any():
        reason = f"{int(doubt.sum())} of {len(views)} views are too close to a tie to rest on."
        return Prediction(label, ALERT, False, margin, passes, reason)
    return Prediction(label, label, True, margin, passes, "No view contradicts the base prediction.")


def supported(views: Predictions, label: int, tau: float, guard: Guard, cover: Cover) -> Proof:
    """Proved where some view that hides the patch says the label with confidence of at least tau.

    That view says so whatever the patch is; a base prediction of another class is then contradicted.
    """
    supports = supporting(views, label, RULE, tau, guard)
    margins = np.where(views.label == label, views.confidence - tau, -np.inf)
    return Proof(cover.count(supports), cover.best(margins))
