"""What each window says against the base prediction, laid out on the family's grid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from engine.pipeline import Inspection
from engine.verdict import Verdict
from engine.windows import AxisWindow

__all__ = ["Agreement", "State", "Vote", "read_agreement", "tile_edges"]


class State(IntEnum):
    """What a window does to the verdict."""

    MISSING = 0  # not computed
    AGREES = 1
    TIMID = 2  # says the base label, but so unsurely that the rule fires
    DIFFERS = 3  # says another label, below the rule's threshold
    FIRES = 4  # says another label, and the rule fires


@dataclass(frozen=True)
class Vote:
    """One label among the windows.

    Parameters
    ----------
    label : int
        -1 where a window's logits were not finite.
    windows : int
        How many say it.
    confidence : float
        The highest among them.
    """

    label: int
    windows: int
    confidence: float


@dataclass(frozen=True, eq=False)
class Agreement:
    """The windows' labels on their grid.

    Parameters
    ----------
    base : int
        The base prediction; -1 if there is none.
    label : int64 array (rows, columns)
        -2 where a window is not computed.
    state : int64 array (rows, columns)
        Of :class:`State`.
    votes : tuple of Vote
        The base label first, then the others, the most frequent first.
    """

    base: int
    label: NDArray[np.int64] = field(repr=False)
    state: NDArray[np.int64] = field(repr=False)
    votes: tuple[Vote, ...]

    def count(self, *states: State) -> int:
        """Number of windows in any of some states."""
        return int(np.isin(self.state, states).sum())


def read_agreement(inspection: Inspection, verdict: Verdict) -> Agreement:
    """Lay out the windows of a verdict on their grid."""
    assert inspection.sweep is not None
    done, base = inspection.sweep.done, int(verdict.base.label[0])
    label = np.full(len(done), -2, dtype=np.int64)
    label[done] = verdict.windows.label
    differs = label != base
    state = np.where(
        differs,
        np.where(verdict.firing, State.FIRES, State.DIFFERS),
        np.where(verdict.firing, State.TIMID, State.AGREES),
    ).astype(np.int64)
    state[~done] = State.MISSING
    votes = [
        Vote(
            int(each),
            int((said := verdict.windows.label == each).sum()),
            float(verdict.windows.confidence[said].max()),
        )
        for each in np.unique(verdict.windows.label)
    ]
    votes.sort(key=lambda vote: (vote.label != base, -vote.windows, -vote.confidence, vote.label))
    grid = len(inspection.family.rows), len(inspection.family.columns)
    return Agreement(base, label.reshape(grid), state.reshape(grid), tuple(votes))


def tile_edges(windows: Sequence[AxisWindow]) -> NDArray[np.float64]:
    """Edges, in pixels, of tiles around the windows' centres along one axis, shape ``(windows + 1,)``.

    Tiles meet half-way between centres, and the outermost reach as far outwards as inwards, or a quarter of
    their window where there are but a few; a single window is its own tile.
    """
    spans = np.array([window.pixels for window in windows], dtype=np.float64)
    centres = spans.mean(axis=1)
    if len(centres) == 1:
        return np.asarray(spans[0])
    between = (centres[:-1] + centres[1:]) / 2
    least = np.diff(spans, axis=1).mean() / 4 if len(centres) <= 6 else 0.0
    first = centres[0] - max(between[0] - centres[0], least)
    last = centres[-1] + max(centres[-1] - between[-1], least)
    return np.concatenate([[first], between, [last]])
