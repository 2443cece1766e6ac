"""How a long-lived thread is brought to its end."""

from PySide6.QtCore import QThread

__all__ = ["end_thread"]


def end_thread(thread: QThread, patience_ms: int | None = None) -> None:
    """Let a thread end that has been told to stop.

    Parameters
    ----------
    thread : QThread
    patience_ms : int, optional
        How long to wait for it; as long as it takes if ``None``. A thread that is still running afterwards must
        not be deleted: the process has to end.
    """
    thread.quit()
    if patience_ms is None:
        thread.wait()
    else:
        thread.wait(patience_ms)
