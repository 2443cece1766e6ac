"""Closing the window while something long runs in it: asks first, and keeps what is finished."""

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from gui.kept_results import kept_folder
from gui.training import TrainingView

if TYPE_CHECKING:
    from gui.main_window import MainWindow

__all__ = ["Leaving"]

_BATCH_PATIENCE_MS = 60_000  # a photo under work is given up at its next batch of windows, and rows are written


class Leaving(QObject):
    """Asks whether to leave, and brings an attack and a batch to their ends.

    Parameters
    ----------
    window : MainWindow
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.is_asked = True

    def agreed(self) -> bool:
        """Whether the window may be closed: nothing long runs, or it may be stopped."""
        sentences = self._running()
        if not sentences or not self.is_asked:
            return True
        question = " ".join(sentences)
        return self._window.dialogs.ask("Close the window", question, "Stop and close", "Go on")

    def end_work(self, patience_ms: int | None) -> None:
        """Stop what runs and keep what is finished.

        Parameters
        ----------
        patience_ms : int, optional
            How long to wait for each thread; as long as it takes if ``None``. A batch that has begun with its photos
            is given longer, for its rows are still to be written.
        """
        window = self._window
        if window.attack.is_busy and window.attack.view is not None:
            self._keep_patch(window.attack.view)
        window.attack.close(patience_ms)
        is_writing = window.batch.is_busy and window.batch.view is not None
        if is_writing and patience_ms is not None:
            patience_ms = max(patience_ms, _BATCH_PATIENCE_MS)
        window.batch.close(patience_ms)

    def _running(self) -> list[str]:
        attack, batch = self._window.attack, self._window.batch
        sentences = []
        if attack.is_busy:
            view = attack.view
            kept = f"; its best patch so far will be saved in {kept_folder()}" if view is not None else ""
            far = f" (step {view.step} of {view.steps})" if view is not None else ""
            sentences.append(f"An attack is running{far}{kept}.")
        if batch.is_busy:
            seen = batch.view
            far = f" ({seen.done} of {seen.photos} photos)" if seen is not None else ""
            kept = f"; what is finished is kept in {seen.request.out}, and goes on from there" if seen else ""
            sentences.append(f"A batch is running{far}{kept}.")
        return sentences

    def _keep_patch(self, view: TrainingView) -> None:
        """Write the best patch under a name that no other has."""
        window = self._window
        work = functools.partial(window.filing.keep_patch, view)
        window.aside.run(work, lambda _path: None, window.state.log)
