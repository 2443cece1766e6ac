"""What each occluding window says, and which one lies under a point."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gui.snapshot import Snapshot, WindowsView

__all__ = ["WindowState", "covering", "next_under", "window_states"]


class WindowState(IntEnum):
    """How a window is drawn; later ones over earlier ones."""

    WAITING = 0
    SKIPPED = 1
    AGREES = 2
    DIFFERS = 3
    FIRES = 4


def window_states(snapshot: Snapshot) -> NDArray[np.int64]:
    """The state of each window, shape ``(windows,)``; empty before there are any.

    A window fires if it makes the alert rule fire. Under rules with a threshold one can differ from the base
    prediction and not fire.
    """
    windows = snapshot.windows
    if windows is None:
        return np.zeros(0, dtype=np.int64)
    base = snapshot.base.label if snapshot.base else -1
    states = np.full(len(windows), WindowState.WAITING, dtype=np.int64)
    states[windows.done] = WindowState.AGREES
    states[windows.done & (windows.label != base)] = WindowState.DIFFERS
    states[windows.skipped & (states != WindowState.DIFFERS)] = WindowState.SKIPPED
    states[windows.firing] = WindowState.FIRES
    return states


def covering(windows: WindowsView, x: float, y: float) -> NDArray[np.int64]:
    """The windows that cover a point, the one whose middle is nearest first."""
    top, left, bottom, right = windows.boxes_px.T
    found = np.flatnonzero((left <= x) & (x < right) & (top <= y) & (y < bottom))
    apart = np.hypot((left + right)[found] / 2 - x, (top + bottom)[found] / 2 - y)
    ordered: NDArray[np.int64] = found[np.argsort(apart, kind="stable")]
    return ordered


def next_under(windows: WindowsView, x: float, y: float, selected: int | None) -> int | None:
    """The window that a click at a point selects: the nearest, or the one after it if it is selected already."""
    found = covering(windows, x, y).tolist()
    if not found:
        return None
    return int(found[(found.index(selected) + 1) % len(found)] if selected in found else found[0])
