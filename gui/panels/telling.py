"""What the verdict panel says in each phase: a badge, a sentence, and whether the numbers belong to what is asked."""

from dataclasses import dataclass

from gui.panels.fault import cause
from gui.panels.words import count
from gui.snapshot import Snapshot
from gui.state import Phase, State
from gui.theme import VERDICTS
from gui.widgets.badge import Badge

__all__ = ["Telling", "tell"]


@dataclass(frozen=True)
class Telling:
    """What to show.

    Parameters
    ----------
    badge : Badge
    sentence : str
    belongs : bool
        Whether the numbers are those of what is asked; if not, they are dimmed.
    """

    badge: Badge
    sentence: str
    belongs: bool = False


def tell(state: State) -> Telling:
    """What to say of a state."""
    snapshot = state.snapshot
    match state.phase:
        case Phase.EMPTY if state.document.image is not None:
            return Telling(Badge("Not run yet", "hourglass"), "Live is off. Press F5 to inspect this photo.")
        case Phase.EMPTY:
            return Telling(
                Badge("No photo", "photo"),
                "Drop a photo on the window, open one (Ctrl+O), or take a sample (Ctrl+Shift+O).",
            )
        case Phase.LOADING:
            return Telling(Badge("Loading model", "hourglass"), f"{state.loading} is being loaded and prepared.")
        case Phase.COMPUTING:
            return _former(snapshot, "updating", Badge("Computing", "hourglass"), "Computing what is asked for now …")
        case Phase.STALE:
            sentence = "Something changed since. Live is off: press F5 to run."
            return _former(snapshot, "out of date", Badge("Not run yet", "hourglass"), sentence)
        case Phase.CANCELLED:
            return Telling(Badge("Stopped", "stop"), _stopped(snapshot))
        case Phase.ERROR:
            return Telling(Badge("No verdict", "cross"), cause(state.problem.sentence) if state.problem else "")
        case Phase.VERDICT if snapshot is not None and snapshot.verdict is not None:
            style = VERDICTS[snapshot.verdict.word]
            return Telling(Badge(style.word, style.icon, style), snapshot.verdict.reason, belongs=True)
    return _preview(snapshot, belongs=True)


def _former(snapshot: Snapshot | None, tag: str, otherwise: Badge, sentence: str) -> Telling:
    """What was shown before, weakly."""
    if snapshot is None:
        return Telling(otherwise, sentence)
    if snapshot.verdict is None or snapshot.request.preview:
        told = _preview(snapshot, belongs=False)
        return Telling(Badge(told.badge.word, told.badge.icon, tag=tag), sentence)
    style = VERDICTS[snapshot.verdict.word]
    return Telling(Badge(style.word, style.icon, faded=style, tag=tag), sentence)


def _preview(snapshot: Snapshot | None, belongs: bool) -> Telling:
    """How far the engine has come; it never reads like a verdict."""
    windows = snapshot.windows if snapshot is not None else None
    if snapshot is None or windows is None:
        return Telling(Badge("Preview", "hourglass"), "Neurons are ranked; the windows come next.", belongs)
    done = int(windows.done.sum())
    word = f"Preview, {count(done)} of {count(len(windows))}"
    differing = 0
    if snapshot.base is not None:
        differing = int((windows.done & (windows.label != snapshot.base.label)).sum())
    so_far = f"{count(differing)} of them differ" if differing else "none of them differs"
    if snapshot.request.preview:
        sentence = (
            f"A rough look while you drag: {count(done)} of {count(len(windows))} windows, {so_far} so far. "
            f"Let go for the verdict."
        )
    else:
        sentence = f"{count(done)} of {count(len(windows))} windows are done; {so_far} so far."
    return Telling(Badge(word, "hourglass"), sentence, belongs)


def _stopped(snapshot: Snapshot | None) -> str:
    windows = snapshot.windows if snapshot is not None else None
    if snapshot is None or windows is None or snapshot.verdict is not None:
        return "Stopped before there was a verdict. Press F5 to run again."
    done = count(int(windows.done.sum()))
    return f"Stopped after {done} of {count(len(windows))} windows. Press F5 to run again."
