"""The attack that is running or has run: what the tab shows, and what the thread is asked."""

from pathlib import Path

from PySide6.QtCore import QObject

from engine.attacks.settings import AttackSettings
from engine.settings import Settings
from gui.long_work import LongWork
from gui.state import State
from gui.training import TrainingRequest, TrainingView
from gui.worker import TrainingThread

__all__ = ["Attack"]


class Attack(LongWork):
    """One attack at a time; its view is a :class:`TrainingView`, and stopped, its best patch is kept.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(state, TrainingThread(), parent)

    def start(self, source: str, limit: int, attack: AttackSettings, settings: Settings) -> None:
        """Begin an attack, unless one is running."""
        if self.is_busy:
            return
        self._number += 1
        self._begin(f"Attack on {Path(source).name}: {attack.steps} steps.")
        self._thread.begin(TrainingRequest(self._number, source, limit, attack, settings))
        self.changed.emit()

    @staticmethod
    def write(path: Path, view: TrainingView) -> None:
        """Write a patch and how it was made; may run in any thread.

        Raises
        ------
        SinscopeError
            If it cannot be written there.
        """
        TrainingThread.write(path, view)

    def _is_whole(self, view: TrainingView) -> bool:
        return view.step == view.steps

    def _ending(self, view: TrainingView) -> tuple[str, ...]:
        return (
            f"Attack ended after {view.step} of {view.steps} steps: loss {view.loss:.3g}, "
            f"success {view.success:.0%}.",
        )
