"""What happened in this window, line by line, and the report that a user can copy from it."""

import importlib.metadata
import logging
import platform
from collections import deque
from datetime import datetime

from PySide6.QtCore import QObject, Slot, qVersion

from gui.state import State

__all__ = ["Journal"]

log = logging.getLogger(__name__)
_LINES = 300
_LIBRARIES = (
    *("torch", "torchvision", "timm", "openvino", "numpy", "pillow", "scikit-learn"),
    *("PySide6-Essentials", "pyqtgraph"),
)


class Journal(QObject):
    """Keeps the last lines of ``state.logged`` and hands each on to the log.

    Parameters
    ----------
    state : State
    """

    def __init__(self, state: State, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._lines: deque[str] = deque(maxlen=_LINES)
        state.logged.connect(self._note)

    def report(self) -> str:
        """What to send with a report of a fault; it leaves the machine only by the user's own hand."""
        from engine.cli.version import version  # reads a file

        state = self._state
        verdict, problem, snapshot = state.verdict, state.problem, state.snapshot
        facts = [
            f"SINscope {version()}",
            f"Python {platform.python_version()} on {platform.platform()}, Qt {qVersion()}",
            ", ".join(f"{name} {_installed(name)}" for name in _LIBRARIES),
            f"Phase: {state.phase.value}, stage: {state.stage}",
            f"Model: {snapshot.model.name}, layer {snapshot.layer}, {snapshot.computation}"
            if snapshot
            else "Model: none",
            f"Asked: {state.document}",
            f"Verdict: {verdict.word}: {verdict.reason}" if verdict else "Verdict: none",
        ]
        if problem is not None:
            facts.append(f"Problem: {problem.sentence}\n{problem.details}".rstrip())
        return "\n".join([*facts, "", "Log:", *self._lines]) + "\n"

    @Slot(str)
    def _note(self, line: str) -> None:
        self._lines.append(f"{datetime.now():%H:%M:%S}  {line}")
        log.info("%s", line)


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "-"
