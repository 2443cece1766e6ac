"""Alert rules, the certificate, the location map, and the verdict."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.predictions import Guard, Predictions, read_logits
from engine.settings import Rule, Selection
from engine.sweep import Sweep
from engine.windows import WindowFamily

__all__ = ["Certificate", "Verdict", "Word", "alert_stands", "alerting", "doubtful", "judge", "supporting"]

Word = Literal["certified", "consistent", "alert", "undecided"]


@dataclass(frozen=True, eq=False)
class Certificate:
    """For which places of the patch it is proved that the output is the label, or an alert.

    Parameters
    ----------
    label : int
        The label it is about.
    label_given : bool
        Whether the user named the label; else it is the base prediction.
    locations : int array (H - ph + 1, W - pw + 1), read-only
        The location map: how many windows prove each place (top-left corner of the patch); 0 is not certified.
    computed : bool
        Whether all that the proof needs was computed.
    """

    label: int
    label_given: bool
    locations: NDArray[np.int64] = field(repr=False)
    computed: bool

    @property
    def holds(self) -> bool:
        """Whether it holds at every place."""
        return self.computed and bool((self.locations > 0).all())

    @property
    def certified_places(self) -> int:
        """Number of places at which it holds."""
        return int((self.locations > 0).sum()) if self.computed else 0


@dataclass(frozen=True, eq=False)
class Verdict:
    """The answer for one photo.

    Parameters
    ----------
    word : str
        ``certified``: no alert, and the certificate holds everywhere. ``consistent``: no alert, and it fails
        somewhere or was not computed in full. ``alert``: the rule fires. ``undecided``: stopped, or a margin
        in doubt; whoever acts on the answer must treat it as an alert.
    reason : str
        One sentence.
    base, full, windows : Predictions
        Of the pruned model, the unpruned model (one row each) and under every window.
    firing : bool array (windows,), read-only
        The windows that made the rule fire.
    certificate : Certificate
    min_margin : float
        Smallest margin of base and windows.
    rule, tau, selection : str, float, str
        What it was judged by.
    """

    word: Word
    reason: str
    base: Predictions
    full: Predictions
    windows: Predictions
    firing: NDArray[np.bool_] = field(repr=False)
    certificate: Certificate
    min_margin: float
    rule: Rule
    tau: float
    selection: Selection


def alerting(windows: Predictions, base: int, rule: Rule, tau: float) -> NDArray[np.bool_]:
    """Which windows make the rule fire, shape ``(windows,)``; ``>=`` at tau, as in :func:`supporting`.

    - ``consistency``: the label differs from the base prediction.
    - ``confident``: it differs, with confidence at or above tau.
    - ``hicert``: it differs; and, of the windows that agree, the least confident one if it is below tau.

    A row with a logit that is not finite always fires.
    """
    differs: NDArray[np.bool_] = windows.label != base
    if rule == "consistency":
        return differs
    if rule == "confident":
        sure: NDArray[np.bool_] = (windows.confidence >= tau) | (windows.label < 0)
        return differs & sure
    agreeing = np.where(differs, np.inf, windows.confidence)
    timid = np.zeros(len(windows), dtype=bool)
    if len(windows) and agreeing.min() < tau:
        timid[agreeing.argmin()] = True
    return differs | timid


def supporting(windows: Predictions, label: int, rule: Rule, tau: float, guard: Guard) -> NDArray[np.bool_]:
    """Which windows, if they hide the patch, prove that the output is the label or an alert.

    A window that hides the patch shows the same prediction whatever the patch is. ``consistency``: it says
    the label, so a base prediction that does not is contradicted. ``confident``: it says so with confidence at
    or above tau. ``hicert``: it says the label, or says another with confidence below tau: silence would need
    the base prediction to agree with it, and its confidence to be at least tau.

    A prediction in doubt (see :class:`Guard`) supports nothing.
    """
    says: NDArray[np.bool_] = (windows.label == label) & windows.clear
    if rule == "consistency":
        return says
    gap = windows.confidence - tau
    doubt = np.maximum(windows.slack, guard.confidence)
    if rule == "confident":
        sure: NDArray[np.bool_] = gap >= doubt
        return says & sure
    timid: NDArray[np.bool_] = (gap < 0) & (gap <= -doubt) & (windows.label >= 0)
    return says | timid


def alert_stands(sweep: Sweep, rule: Rule, tau: float, guard: Guard) -> bool:
    """Whether the rule fires whatever the windows say that are not done; none of this hangs on a near tie.

    No rule takes back what a window has fired for: of those of ``hicert`` that agree, the least confident one can
    only become less confident.
    """
    base = _one_row(sweep.base, guard)
    if not base.clear[0] or not sweep.done.any():
        return False
    windows, label = read_logits(sweep.logits[sweep.done], guard), int(base.label[0])
    fired = alerting(windows, label, rule, tau) & ~doubtful(windows, label, rule, tau, guard)
    return bool(fired.any())


def judge(
    sweep: Sweep,
    rule: Rule,
    tau: float,
    label: int | None = None,
    guard: Guard | None = None,
    *,
    until_alert: bool = False,
    coarse: bool = False,
) -> Verdict:
    """The verdict of a sweep.

    Parameters
    ----------
    sweep : Sweep
    rule, tau : str, float
    label : int, optional
        The label to certify; the base prediction if ``None``.
    guard : Guard, optional
    until_alert : bool
        Whether a sweep that has not come to its end may give an alert that already stands
        (:func:`alert_stands`); its certificate is not computed.
    coarse : bool
        Whether the sweep is a preview: it is ``undecided`` and certifies nothing, whatever was found.
    """
    guard = guard or Guard()
    base, full = (_one_row(row, guard) for row in (sweep.base, sweep.full))
    windows = read_logits(sweep.logits[sweep.done], guard)
    predicted = int(base.label[0])
    fired = np.zeros(len(sweep.family), dtype=bool)
    fired[sweep.done] = alerting(windows, predicted, rule, tau)
    fired.setflags(write=False)
    certificate = _certify(
        sweep, predicted if label is None else label, label is not None, rule, tau, guard, not coarse
    )
    margins = np.concatenate([base.margin, windows.margin])
    if coarse:
        word, reason = _preview(sweep, fired)
    elif until_alert and not sweep.complete and alert_stands(sweep, rule, tau, guard):
        word, reason = _early_alert(sweep, fired)
    else:
        word, reason = _word(sweep, base, windows, fired[sweep.done], certificate, rule, tau, guard)
    return Verdict(
        word,
        reason,
        base,
        full,
        windows,
        fired,
        certificate,
        float(margins.min()),
        rule,
        tau,
        sweep.selection,
    )


def _one_row(row: NDArray[np.float32] | None, guard: Guard) -> Predictions:
    return read_logits(np.full((1, 2), np.nan, dtype=np.float32) if row is None else row[None], guard)


def _certify(
    sweep: Sweep, label: int, given: bool, rule: Rule, tau: float, guard: Guard, wanted: bool
) -> Certificate:
    supports = np.zeros(len(sweep.family), dtype=bool)
    computed = wanted and sweep.complete and label >= 0
    if sweep.selection == "per_window":
        supports[sweep.done] = supporting(read_logits(sweep.logits[sweep.done], guard), label, rule, tau, guard)
    elif sweep.family_logits is None:
        computed = False
    else:
        # A patch inside the window can bring about any input of its family: all of them must support.
        for index, logits in enumerate(sweep.family_logits):
            supports[index] = supporting(read_logits(logits, guard), label, rule, tau, guard).all()
    locations = location_map(sweep.family, supports & computed)
    return Certificate(label, given, locations, computed)


def location_map(family: WindowFamily, supports: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For every place of the patch, the number of supporting windows that hide it there."""
    locations = family.covering(supports.astype(np.int64))
    locations.setflags(write=False)
    return locations


def _preview(sweep: Sweep, fired: NDArray[np.bool_]) -> tuple[Word, str]:
    return (
        "undecided",
        f"A preview of {int(sweep.done.sum())} of {len(sweep.family)} windows, of which {int(fired.sum())} "
        f"contradict the base prediction: it decides nothing.",
    )


def _early_alert(sweep: Sweep, fired: NDArray[np.bool_]) -> tuple[Word, str]:
    done = int(sweep.done.sum())
    return (
        "alert",
        f"{int(fired.sum())} of the first {done} windows contradict the base prediction; the other "
        f"{len(sweep.family) - done}, and with them the certificate, were not computed.",
    )


def _word(
    sweep: Sweep,
    base: Predictions,
    windows: Predictions,
    fired: NDArray[np.bool_],
    certificate: Certificate,
    rule: Rule,
    tau: float,
    guard: Guard,
) -> tuple[Word, str]:
    total = len(sweep.family)
    if not sweep.complete:
        return "undecided", f"Stopped after {int(sweep.done.sum())} of {total} windows."
    if not base.clear[0]:
        return "undecided", "The base prediction is too close to a tie to rest on."
    doubt = doubtful(windows, int(base.label[0]), rule, tau, guard)
    if (fired & ~doubt).any():
        return "alert", f"{int(fired.sum())} of {total} windows contradict the base prediction."
    if doubt.any():
        return "undecided", f"{int(doubt.sum())} of {total} windows are too close to a tie to rest on."
    if certificate.holds:
        threat = sweep.family.threat
        return "certified", (
            f"Wherever one patch of {threat.height} x {threat.width} px is put on this photo, the output stays this "
            f"label or an alert is raised."
        )
    if not certificate.computed:
        return "consistent", "The rule stays silent, but the certificate was not computed for this selection."
    weak = certificate.locations.size - certificate.certified_places
    return (
        "consistent",
        f"The rule stays silent, but {weak} of {certificate.locations.size} places are not certified.",
    )


def doubtful(windows: Predictions, base: int, rule: Rule, tau: float, guard: Guard) -> NDArray[np.bool_]:
    """Windows for which arithmetic, and not the network, decides whether they make the rule fire."""
    tied = ~windows.clear
    if rule == "consistency":
        return tied
    doubt = np.maximum(windows.slack, guard.confidence)
    near: NDArray[np.bool_] = np.abs(windows.confidence - tau) < doubt
    if rule == "confident":
        differs: NDArray[np.bool_] = windows.label != base
        # Two labels that are nearly tied are nearly equally confident: clearly below tau, neither can fire.
        sure: NDArray[np.bool_] = (windows.confidence >= tau - 2 * doubt) | (windows.label < 0)
        return (tied & sure) | (differs & near)
    return tied | near
