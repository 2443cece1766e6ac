"""How each phase of the window looks on the canvas."""

from dataclasses import dataclass

from gui.state import Phase, State

__all__ = ["Look", "look_of"]

_DIMMED = 0.35


@dataclass(frozen=True)
class Look:
    """What a phase does to the canvas.

    Parameters
    ----------
    badge : str
        What it says over the photo; empty where everything shown is up to date.
    overlays, picture : float
        How strongly marks and photo are drawn, in [0, 1].
    """

    badge: str = ""
    overlays: float = 1.0
    picture: float = 1.0


def look_of(state: State) -> Look:
    """The look of the state's phase."""
    if state.phase is Phase.PARTIAL:
        return Look(_progress(state))
    looks = {
        Phase.LOADING: Look(f"Loading {state.loading} …", _DIMMED),
        Phase.COMPUTING: Look("updating", _DIMMED),
        Phase.STALE: Look("not up to date: Live is off", _DIMMED),
        Phase.CANCELLED: Look("stopped: of an earlier run, or in part", _DIMMED),
        Phase.ERROR: Look("failed: of an earlier run", _DIMMED, 0.5),
    }
    return looks.get(state.phase, Look())


def _progress(state: State) -> str:
    windows = state.snapshot.windows if state.snapshot else None
    if windows is None:
        return "preview, before the first window"
    return f"preview, {int(windows.done.sum())} of {len(windows)} windows"
