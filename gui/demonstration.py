"""The demonstration where nobody watches: a sample photo, clean and with a patch, kept as picture and report."""

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QAbstractButton

from engine.errors import OutputError
from engine.outputs import make_folder, write_output
from gui.app import create_window
from gui.export import export_figure
from gui.main_window import MainWindow
from gui.state import Phase

__all__ = ["save_demonstration"]

_PATIENCE_S = 600
_WIDTH, _HEIGHT = 1280, 800


def save_demonstration(folder: Path) -> list[str]:
    """Inspect the sample photo without and with the sample patch in the real window, and save what it shows.

    Returns
    -------
    list of str
        What came out and where it lies, a line each.

    Raises
    ------
    OutputError
        If something cannot be written, or the engine comes to no verdict.
    """
    make_folder(folder)
    window = create_window()
    try:
        window.resize(_WIDTH, _HEIGHT)
        window.show()
        reports, lines = [], []
        for name, patched in (("clean", False), ("with a patch", True)):
            report = _inspect(window, patched)
            reports.append(report)
            lines.append(f"{window.windowTitle().partition(' – ')[0]}, {name}: {_verdict(window)}")
            export_figure(window, folder / f"window-{name.split()[-1]}.png", 2)
        text = json.dumps(reports, indent=2, allow_nan=False)
        write_output(folder / "report.json", f"{text}\n".encode())
    finally:
        window.close()
    return [*lines, f"Pictures of the window and report.json are in {folder.resolve()}."]


def _inspect(window: MainWindow, patched: bool) -> dict[str, object]:
    switch = window.findChild(QAbstractButton, "patchToggle")
    if patched and switch is not None:
        switch.setChecked(True)
    _wait(lambda: _settled(window))
    verdict = window.state.verdict
    if window.state.phase is not Phase.VERDICT or verdict is None:
        problem = window.state.problem
        raise OutputError(problem.sentence if problem else "The engine came to no verdict in time; try again.")
    return verdict.report


def _settled(window: MainWindow) -> bool:
    state, shown = window.state, window.state.snapshot
    if state.phase is Phase.ERROR:
        return True
    return state.phase is Phase.VERDICT and shown is not None and shown.request.document == state.document


def _verdict(window: MainWindow) -> str:
    verdict = window.state.verdict
    assert verdict is not None
    return f"{verdict.word}. {verdict.reason}"


def _wait(done: Callable[[], bool]) -> None:
    loop, look, late = QEventLoop(), QTimer(), QTimer()
    look.timeout.connect(lambda: loop.quit() if done() else None)
    late.setSingleShot(True)
    late.timeout.connect(loop.quit)
    look.start(20)
    late.start(_PATIENCE_S * 1000)
    loop.exec()
    look.stop()
    late.stop()
