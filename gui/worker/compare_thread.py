"""The thread that runs every defense on the photo that is shown."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from gui.worker.side_thread import Serve, SideThread

__all__ = ["CompareThread"]


class CompareThread(SideThread):
    """Serves a :class:`CompareRequest` with a :class:`CompareView` whenever it has come further."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("defenses", _make_comparer, parent)


def _make_comparer(announce: Callable[[str], None]) -> Serve:
    from gui.worker.comparer import Comparer

    return Comparer(announce).compare
